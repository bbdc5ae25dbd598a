using System.Net;
using System.Net.Sockets;
using EdgeVpn.Linux.Netlink;
using Xunit;

namespace EdgeVpn.Linux.Tests.Netlink;

public class RouteNetlinkTests
{
    [Fact]
    public void A_link_is_made_changed_listed_and_removed() => InNamespace(netlink =>
    {
        netlink.Links.CreateVeth("evl0", "evl1");
        var link = netlink.Links.Get("evl0");
        Assert.Equal(("veth", false), (link.Kind, link.IsUp));
        netlink.Links.SetUp(netlink.Links.Get("evl1").Index);
        netlink.Links.SetMtu(link.Index, 1400);
        netlink.Links.SetGsoMaxSize(link.Index, 60_000);
        netlink.Links.SetTransmitQueueLength(link.Index, 321);
        netlink.Links.SetMac(link.Index, System.Net.NetworkInformation.PhysicalAddress.Parse("02-00-00-00-00-42"));
        netlink.Links.SetUp(link.Index);
        link = netlink.Links.List().Single(l => l.Name == "evl0");
        Assert.Equal((1400, 60_000, 321, "020000000042"), (link.Mtu, link.GsoMaxSize, link.TransmitQueueLength, link.Mac.ToString()));
        Assert.True(link.IsUp && link.HasCarrier);
        Assert.Contains("mtu 1400", Tool.Run("ip", "link", "show", "evl0"));
        netlink.Links.Delete(link.Index);
        Assert.False(netlink.Links.TryGet("evl0", out _));
        Assert.Equal(["lo"], netlink.Links.List().Select(l => l.Name));
    });

    [Fact]
    public void A_missing_link_and_a_second_of_the_same_name_are_errors_with_names() => InNamespace(netlink =>
    {
        var missing = Assert.Throws<LinuxException>(() => netlink.Links.Get("nosuch"));
        Assert.Equal("RTM_GETLINK(nosuch): ENODEV, No such device", missing.Message);
        Plug(netlink);
        Assert.Equal(Errno.EEXIST, Assert.Throws<LinuxException>(() => netlink.Links.CreateVeth("evl0", "evl7")).Errno);
        var mtu = Assert.Throws<LinuxException>(() => netlink.Links.SetMtu(netlink.Links.Get("evl0").Index, -5));
        Assert.Contains("mtu", mtu.Message, StringComparison.OrdinalIgnoreCase); // the kernel's own words (extended acknowledgement)
    });

    [Fact]
    public void Carrier_and_state_follow_the_other_end_of_the_cable() => InNamespace(netlink =>
    {
        netlink.Links.CreateVeth("evl0", "evl1");
        var (near, far) = (netlink.Links.Get("evl0").Index, netlink.Links.Get("evl1").Index);
        netlink.Links.SetUp(near);
        var link = netlink.Links.Get("evl0");
        Assert.Equal((false, OperationalState.LowerLayerDown, far), (link.HasCarrier, link.State, link.Lower));
        netlink.Links.SetUp(far);
        link = netlink.Links.Get("evl0");
        Assert.True(link.HasCarrier);
    });

    [Fact]
    public void Who_answers_on_the_link_and_who_does_not_is_listed() => InNamespace(netlink =>
    {
        var index = Plug(netlink);
        netlink.Addresses.Add(index, IPAddress.Parse("10.1.2.3"), 24);
        netlink.Addresses.Add(index, IPAddress.Parse("fd00::3"), 64);
        Tool.Run("ip", "neighbour", "add", "10.1.2.9", "lladdr", "02:00:00:00:00:09", "dev", "evl0", "nud", "stale");
        Tool.Run("ip", "neighbour", "add", "10.1.2.10", "dev", "evl0", "nud", "failed");
        Tool.Run("ip", "neighbour", "add", "fd00::9", "lladdr", "02:00:00:00:00:09", "dev", "evl0", "nud", "permanent");
        var states = netlink.Neighbors.List().Where(n => n.InterfaceIndex == index).ToDictionary(n => n.Address.ToString(), n => n.State);
        Assert.Equal((NeighborState.Stale, NeighborState.Failed, NeighborState.Permanent), (states["10.1.2.9"], states["10.1.2.10"], states["fd00::9"]));
    });

    [Fact]
    public void Addresses_of_both_versions_come_and_go() => InNamespace(netlink =>
    {
        var index = Plug(netlink);
        netlink.Addresses.Add(index, IPAddress.Parse("10.1.2.3"), 24);
        netlink.Addresses.Add(index, IPAddress.Parse("fd00::3"), 64, protocol: 77);
        netlink.Addresses.Add(index, IPAddress.Parse("10.9.0.1"), 32, peer: IPAddress.Parse("10.9.0.2"));
        netlink.Addresses.Add(index, IPAddress.Parse("10.1.2.3"), 24); // again: no error
        var all = netlink.Addresses.List(index);
        Assert.Equal([0, 77], new[] { "10.1.2.3", "fd00::3" }.Select(own => (int)all.Single(a => a.Address.ToString() == own).Protocol));
        Assert.Contains(all, a => a.Address.ToString() == "10.1.2.3" && a.PrefixLength == 24 && a.Peer is null && !a.IsDynamic);
        Assert.Contains(all, a => a.Address.ToString() == "fd00::3" && a.PrefixLength == 64 && !a.IsTentative);
        Assert.Contains(all, a => a.Address.ToString() == "10.9.0.1" && Equals(a.Peer, IPAddress.Parse("10.9.0.2")));
        Assert.Contains("brd 10.1.2.255", Tool.Run("ip", "addr", "show", "evl0"));
        netlink.Addresses.Delete(index, IPAddress.Parse("10.1.2.3"), 24);
        netlink.Addresses.Delete(index, IPAddress.Parse("fd00::3"), 64);
        Assert.DoesNotContain(netlink.Addresses.List(index), a => a.Address.ToString() is "10.1.2.3" or "fd00::3");
        Assert.Equal(Errno.EADDRNOTAVAIL, Assert.Throws<LinuxException>(() => netlink.Addresses.Delete(index, IPAddress.Parse("10.1.2.3"), 24)).Errno);
    });

    [Theory, InlineData("10.7.0.0/16", "10.1.2.254", "10.1.2.3"), InlineData("fd07::/32", "fd00::254", "fd00::3")]
    public void Routes_are_added_replaced_listed_and_removed(string prefix, string gateway, string own) => InNamespace(netlink =>
    {
        var index = Plug(netlink);
        netlink.Addresses.Add(index, IPAddress.Parse(own), own.Contains(':') ? 64 : 24);
        var family = IPAddress.Parse(own).AddressFamily;
        var route = new Route
        {
            Destination = IPNetwork.Parse(prefix),
            Gateway = IPAddress.Parse(gateway),
            InterfaceIndex = index,
            Metric = 50,
            Table = 1234,
            Mtu = 1380,
            PreferredSource = IPAddress.Parse(own),
        };
        netlink.Routes.Add(route);
        Assert.Equal(route, Assert.Single(netlink.Routes.List(family, 1234)));
        Assert.Equal(Errno.EEXIST, Assert.Throws<LinuxException>(() => netlink.Routes.Add(route)).Errno);
        netlink.Routes.Replace(route with { Mtu = 1300 });
        Assert.Equal(1300u, Assert.Single(netlink.Routes.List(family, 1234)).Mtu);
        netlink.Routes.Delete(route);
        Assert.Empty(netlink.Routes.List(family, 1234));
        Assert.Equal(Errno.ESRCH, Assert.Throws<LinuxException>(() => netlink.Routes.Delete(route)).Errno);
    });

    [Theory, InlineData("10.20.0.0/16", "10.20.0.9"), InlineData("fd20::/16", "fd20::9"), InlineData("0.0.0.0/0", "198.51.100.1"), InlineData("::/0", "2001:db8::9")]
    public void An_unreachable_route_stands_behind_a_better_one_and_refuses_when_that_goes(string prefix, string host) => InNamespace(netlink =>
    {
        netlink.Links.SetUp(1);
        var index = Plug(netlink);
        var destination = IPNetwork.Parse(prefix);
        var family = destination.BaseAddress.AddressFamily;
        var own = IPAddress.Parse(family == AddressFamily.InterNetwork ? "10.1.2.3" : "fd00::3");
        netlink.Addresses.Add(index, own, family == AddressFamily.InterNetwork ? 24 : 64);
        var wall = new Route { Destination = destination, Type = RouteType.Unreachable, Metric = 4_000_000 };
        var tunnel = new Route { Destination = destination, InterfaceIndex = index, Metric = 10 };
        netlink.Routes.Add(wall);
        netlink.Routes.Add(tunnel);
        Assert.Contains(netlink.Routes.List(family), r => r.Destination.Equals(destination) && r.Type == RouteType.Unreachable && r.Metric == 4_000_000);
        using var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        socket.SendTo("x"u8, new IPEndPoint(IPAddress.Parse(host), 9));
        netlink.Links.SetUp(index, false); // takes the tunnel's route along
        var refused = Assert.Throws<SocketException>(() => socket.SendTo("x"u8, new IPEndPoint(IPAddress.Parse(host), 9)));
        Assert.Equal(SocketError.HostUnreachable, refused.SocketErrorCode);
        netlink.Routes.Delete(wall);
        Assert.DoesNotContain(netlink.Routes.List(family), r => r.Type == RouteType.Unreachable && r.Destination.Equals(destination) && r.Metric == 4_000_000);
    });

    [Theory, InlineData("10.1.2.3", "10.7.0.9", "10.7.0.0/16", "10.1.2.254"), InlineData("fd00::3", "fd07::9", "fd07::/32", "fd00::254")]
    public void A_lookup_tells_the_source_address_and_heeds_the_mark(string own, string host, string prefix, string gateway) => InNamespace(netlink =>
    {
        var index = Plug(netlink);
        var destination = IPAddress.Parse(host);
        netlink.Addresses.Add(index, IPAddress.Parse(own), own.Contains(':') ? 64 : 24);
        Assert.Null(netlink.Routes.Lookup(destination));
        netlink.Routes.Add(new Route { Destination = IPNetwork.Parse(prefix), Gateway = IPAddress.Parse(gateway), InterfaceIndex = index, Mtu = 1300 });
        var route = netlink.Routes.Lookup(destination)!;
        Assert.Equal((index, gateway, own), (route.InterfaceIndex, route.Gateway!.ToString(), route.PreferredSource!.ToString()));
        netlink.Routes.Add(new Route { Destination = IPNetwork.Parse(prefix), Type = RouteType.Unreachable, Table = 1234 });
        netlink.Rules.Add(new Rule { Family = destination.AddressFamily, Priority = 100, Mark = 5, Table = 1234 });
        Assert.Null(netlink.Routes.Lookup(destination, mark: 5));
        Assert.NotNull(netlink.Routes.Lookup(destination, mark: 6));
    });

    [Theory, InlineData(AddressFamily.InterNetwork), InlineData(AddressFamily.InterNetworkV6)]
    public void Rules_are_added_listed_and_removed(AddressFamily family) => InNamespace(netlink =>
    {
        var prefix = IPNetwork.Parse(family == AddressFamily.InterNetwork ? "10.3.0.0/16" : "fd03::/16");
        var marked = new Rule { Family = family, Priority = 100, Mark = 0x51, MarkMask = 0xff, Table = 254 };
        var fromTo = new Rule { Family = family, Priority = 200, Source = prefix, Destination = prefix, Table = 1234, IsInverted = true };
        var main = new Rule { Family = family, Priority = 300, Table = 254, SuppressPrefixLength = 0 };
        netlink.Rules.Add(fromTo);
        netlink.Rules.Add(main);
        netlink.Rules.Add(marked);
        Assert.Equal([marked, fromTo, main], netlink.Rules.List(family).Where(r => r.Priority is >= 100 and <= 300));
        Assert.Equal(Errno.EEXIST, Assert.Throws<LinuxException>(() => netlink.Rules.Add(marked)).Errno);
        Assert.Contains("fwmark 0x51/0xff", Tool.Run("ip", family == AddressFamily.InterNetwork ? "-4" : "-6", "rule", "show"));
        netlink.Rules.Delete(marked);
        netlink.Rules.Delete(fromTo);
        netlink.Rules.Delete(main);
        Assert.DoesNotContain(netlink.Rules.List(family), r => r.Priority is >= 100 and <= 300);
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => netlink.Rules.Delete(marked)).Errno);
    });

    [Fact]
    public void The_monitor_hears_of_links_addresses_routes_and_rules() => InNamespace(netlink =>
    {
        using var monitor = NetlinkMonitor.Open(NetlinkTopics.Links | NetlinkTopics.Addresses | NetlinkTopics.Routes | NetlinkTopics.Rules);
        Assert.Empty(monitor.Take());
        var index = Plug(netlink);
        netlink.Addresses.Add(index, IPAddress.Parse("10.1.2.3"), 24);
        netlink.Routes.Add(new Route { Destination = IPNetwork.Parse("10.7.0.0/16"), InterfaceIndex = index });
        netlink.Rules.Add(new Rule { Family = AddressFamily.InterNetwork, Priority = 100, Mark = 1, Table = 254 });
        netlink.Links.Delete(index);
        var events = monitor.Take();
        Assert.Contains(events, e => e is NetlinkEvent.LinkChanged { IsRemoved: false, Link.Name: "evl0", Link.IsUp: true });
        Assert.Contains(events, e => e is NetlinkEvent.AddressChanged { IsRemoved: false } changed && changed.Address.Address.ToString() == "10.1.2.3");
        Assert.Contains(events, e => e is NetlinkEvent.RouteChanged { IsRemoved: false } changed && changed.Route.Destination.ToString() == "10.7.0.0/16");
        Assert.Contains(events, e => e is NetlinkEvent.RuleChanged { IsRemoved: false, Rule.Mark: 1 });
        Assert.Contains(events, e => e is NetlinkEvent.LinkChanged { IsRemoved: true, Link.Name: "evl0" });
        Assert.Empty(monitor.Take());
    });

    [Fact]
    public void A_monitor_that_was_too_slow_says_that_it_lost_something() => InNamespace(netlink =>
    {
        using var monitor = NetlinkMonitor.Open(NetlinkTopics.Rules);
        for (var i = 0u; i < 2000; i++) netlink.Rules.Add(new Rule { Family = AddressFamily.InterNetwork, Priority = 100 + i, Mark = i + 1, Table = 254 });
        var events = monitor.Take();
        if (events.Count == 2000) Assert.Skip("this machine's socket buffers hold 2000 notifications");
        Assert.IsType<NetlinkEvent.Lost>(events[^1]);
        Assert.Equal(2000, netlink.Rules.List(AddressFamily.InterNetwork).Count(r => r.Mark is not null)); // many parts, one list
    });

    [Fact]
    public void A_dummy_link_takes_packets() => InNamespace(netlink =>
    {
        try
        {
            netlink.Links.CreateDummy("evl0");
        }
        catch (LinuxException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            Assert.Skip("this kernel has no dummy links");
        }

        Assert.Equal("dummy", netlink.Links.Get("evl0").Kind);
    });

    // A cable with both ends here; its index.
    private static int Plug(RouteNetlink netlink)
    {
        netlink.Links.CreateVeth("evl0", "evl1");
        var index = netlink.Links.Get("evl0").Index;
        netlink.Links.SetUp(index);
        netlink.Links.SetUp(netlink.Links.Get("evl1").Index);
        return index;
    }

    private static void InNamespace(Action<RouteNetlink> action)
    {
        Laboratory.SkipUnlessRoot();
        using var space = NetworkNamespace.Create();
        space.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            action(netlink);
        });
    }
}
