using System.Net.Sockets;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;
using Xunit;
using static EdgeVpn.Appliance.Tests.Network.Plans;

namespace EdgeVpn.Appliance.Tests.Network;

/// <summary>Nothing protected leaves in clear: held against packets that really try.</summary>
public class GuardTests
{
    public GuardTests() => Bench.SkipUnlessPossible();

    [Fact]
    public void The_bench_sees_a_leak_when_nothing_guards()
    {
        using var bench = new Bench();
        bench.Apply(Box(""));
        Assert.True(Bench.TrySend(bench.InBox(Bench.Udp), Bench.Protected, "own"));
        Assert.True(Bench.TrySend(bench.InLan(Bench.Udp), Bench.Protected, "lan"));
        Assert.Equal(["own", "lan"], bench.HeardBeyond("own", "lan").Select(h => h.Text));
    }

    [Fact]
    public void Before_the_tunnel_exists_nothing_to_a_protected_network_leaves_and_the_internet_is_reached()
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "10.20.0.0/24")));
        Assert.False(Bench.TrySend(bench.InBox(Bench.Udp), Bench.Protected, "own"));
        Bench.TrySend(bench.InLan(Bench.Udp), Bench.Protected, "lan");
        Bench.TrySend(bench.InLan(Bench.Udp), Bench.Internet, "internet");
        Assert.Equal([("internet", "192.0.2.2")], bench.HeardBeyond("internet"));
    }

    [Fact]
    public void The_packet_filter_alone_holds_when_routes_and_rules_are_gone()
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "10.20.0.0/24")));
        bench.LeaveOnlyTheFilter();
        Assert.False(Bench.TrySend(bench.InBox(Bench.Udp), Bench.Protected, "own"));
        Bench.TrySend(bench.InLan(Bench.Udp), Bench.Protected, "lan");
        Assert.Empty(bench.HeardBeyond());
        Assert.Equal(2, bench.Dropped(FilterCounters.Clear, 2));

        Assert.True(Bench.TrySend(bench.InBox(Bench.MarkedUdp), Bench.Protected, "sealed")); // a peer may live inside a protected network
        Assert.Equal(["sealed"], bench.HeardBeyond("sealed").Select(h => h.Text));
    }

    [Fact]
    public void The_routes_alone_hold_when_the_packet_filter_is_gone()
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "10.20.0.0/24")));
        bench.Tool("nft", "flush", "ruleset");
        Assert.False(Bench.TrySend(bench.InBox(Bench.Udp), Bench.Protected, "own"));
        Bench.TrySend(bench.InLan(Bench.Udp), Bench.Protected, "lan");
        Assert.Empty(bench.HeardBeyond());
    }

    [Fact]
    public void Guard_alone_holds_and_takes_no_running_tunnels_route_away()
    {
        using var bench = new Bench();
        var plan = Box(Connection("hub", "10.20.0.0/24"));
        bench.Apply(plan);
        using var tun = Tunnel(bench, "evpn-hub");
        Assert.Contains("dev evpn-hub", bench.Tool("ip", "route", "get", Bench.Protected));
        Assert.Empty(bench.Box.Run(() => bench.Applier.Guard(plan)).Done);
        Assert.Contains("dev evpn-hub", bench.Tool("ip", "route", "get", Bench.Protected));

        using var fresh = new Bench();
        fresh.Box.Run(() => fresh.Applier.Guard(plan));
        Assert.DoesNotContain("192.0.2.2", fresh.Tool("ip", "address")); // it protects; it configures nothing
        Assert.Contains("unreachable 10.20.0.0/24", fresh.Tool("ip", "route", "show", "table", "4556"));
        Assert.Contains("protected networks never leave in clear", fresh.Tool("nft", "list", "table", "inet", "edgevpn"));
    }

    [Fact]
    public void After_the_tunnel_vanished_nothing_leaves_that_went_into_it_before()
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "10.20.0.0/24")));
        var lan = bench.InLan(Bench.Udp);
        using (var tun = Tunnel(bench, "evpn-hub"))
        {
            Bench.TrySend(lan, Bench.Protected, "in the tunnel");
            Assert.True(Carries(tun, "in the tunnel"));
        }

        Bench.TrySend(lan, Bench.Protected, "after");
        Assert.False(Bench.TrySend(bench.InBox(Bench.Udp), Bench.Protected, "own"));
        Assert.Empty(bench.HeardBeyond());
    }

    [Fact]
    public void A_default_route_through_the_tunnel_takes_the_LAN_and_leaves_the_boxs_own_names_and_broker()
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "0.0.0.0/0")));
        var lan = bench.InLan(Bench.Udp);
        Bench.TrySend(lan, Bench.Internet, "lan");
        Assert.True(Bench.TrySend(bench.InBox(Bench.Udp), Bench.Internet, "broker"));
        Assert.Equal(["broker"], bench.HeardBeyond("broker").Select(h => h.Text));
        Assert.Equal(0, bench.Dropped(FilterCounters.Clear)); // the route refused it before the filter had to

        using (var tun = Tunnel(bench, "evpn-hub"))
        {
            Bench.TrySend(lan, Bench.Internet, "in the tunnel");
            Assert.True(Carries(tun, "in the tunnel"));
            Assert.Contains("dev lan0", bench.Tool("ip", "route", "get", "10.10.0.10")); // the LAN is not captured
            Assert.Contains("dev wan0", bench.Tool("ip", "route", "get", "203.0.113.2", "mark", "0x4556")); // nor the way to the peer
            Assert.Contains("dev evpn-hub", bench.Tool("ip", "route", "get", Bench.Internet, "from", "10.10.0.1")); // a probe as one of the LAN
        }

        bench.LeaveOnlyTheFilter();
        Bench.TrySend(lan, Bench.Internet, "lan");
        var asLan = bench.InBox(() =>
        {
            var socket = Bench.Udp();
            socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.10.0.1"), 0));
            return socket;
        });
        Assert.False(Bench.TrySend(asLan, Bench.Internet, "own as LAN"));
        Assert.Empty(bench.HeardBeyond());
        Assert.Equal(2, bench.Dropped(FilterCounters.Clear, 2));
    }

    [Fact]
    public void IPv6_is_guarded_by_routes_and_by_the_filter_alone()
    {
        using var bench = new Bench();
        var wan = """{ "name": "wan0", "role": "wan", "ipv6": { "method": "static", "address": "2001:db8:1::2/64", "gateway": "2001:db8:1::1" } }""";
        var lan = """{ "name": "lan0", "role": "lan", "ipv6": { "method": "static", "address": "fd10:10::1/64" } }""";
        bench.Apply(From($"{wan}, {lan}", Connection("hub", "fd10:20::/64 ::/0", "fd10:10::/64")));
        bool Tries(string from, string to) => bench.Box.Run(() =>
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Parse(from), 0));
            return Bench.TrySend(socket, to, "clear");
        });
        Assert.False(Tries("2001:db8:1::2", "fd10:20::10"));
        Assert.False(Tries("fd10:10::1", "2001:db8:9::9"));
        Assert.True(Tries("2001:db8:1::2", "2001:db8:9::9")); // the box's own
        Assert.Equal(0, bench.Dropped(FilterCounters.Clear));
        bench.LeaveOnlyTheFilter();
        Assert.False(Tries("2001:db8:1::2", "fd10:20::10"));
        Assert.False(Tries("fd10:10::1", "2001:db8:9::9"));
        Assert.True(Tries("2001:db8:1::2", "2001:db8:9::9"));
    }

    [Fact]
    public void A_box_without_interfaces_guards_the_way_out_and_touches_nothing_else()
    {
        using var bench = new Bench();
        bench.Tool("ip", "address", "add", "192.0.2.2/24", "dev", "wan0");
        bench.Tool("ip", "link", "set", "wan0", "up");
        bench.Tool("ip", "route", "add", "default", "via", Bench.Router);
        var (addresses, main) = (bench.Tool("ip", "-4", "-o", "address"), bench.Tool("ip", "route", "show", "table", "main"));
        bench.Apply(From("", Connection("hub", "10.20.0.0/24", local: null)));
        Assert.Equal((addresses, main), (bench.Tool("ip", "-4", "-o", "address"), bench.Tool("ip", "route", "show", "table", "main")));
        Assert.False(Bench.TrySend(bench.InBox(Bench.Udp), Bench.Protected, "own"));
        bench.LeaveOnlyTheFilter();
        Assert.False(Bench.TrySend(bench.InBox(Bench.Udp), Bench.Protected, "own"));
        Assert.True(Bench.TrySend(bench.InBox(Bench.Udp), Bench.Internet, "internet"));
        Assert.Equal(["internet"], bench.HeardBeyond("internet").Select(h => h.Text));
        Assert.Equal(1, bench.Dropped(FilterCounters.Clear, 1));
    }

    [Fact]
    public void While_documents_are_exchanged_under_load_not_one_protected_packet_slips_through()
    {
        using var bench = new Bench();
        var plans = new[] { "1300", "1310" }.Select(mss => Box(Connection("hub", "10.20.0.0/24", tunnel: $$"""{ "mtu": 1400, "mssClamp": {{mss}} }"""))).ToArray();
        bench.Apply(plans[0]);
        bench.LeaveOnlyTheFilter();
        var lan = bench.InLan(Bench.Udp);
        using var stop = new CancellationTokenSource();
        var sent = 0L;
        var sender = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
                if (Bench.TrySend(lan, Bench.Protected, "leak")) sent++;
        });
        sender.Start();
        var documents = new HashSet<string>();
        var dropped = 0L;
        for (var i = 1; i <= 20; i++)
        {
            // The document alone: the rules stay away, so that the filter is all there is.
            bench.Box.Run(() =>
            {
                using var netlink = RouteNetlink.Open();
                using var filter = new Nftables();
                var document = NetworkTarget.Of(plans[i % 2], NetworkFacts.Read(netlink, plans[i % 2])).Filter!;
                documents.Add(document.Hash);
                filter.Apply(document.ToCommands());
            });
            Assert.InRange(bench.Dropped(FilterCounters.Clear), dropped, long.MaxValue); // the count outlives the exchange
            dropped = bench.Dropped(FilterCounters.Clear);
        }

        stop.Cancel();
        sender.Join();
        Assert.Empty(bench.HeardBeyond());
        Assert.Equal(2, documents.Count);
        Assert.True(sent > 100, $"only {sent} packets tried");
        Assert.InRange(bench.Dropped(FilterCounters.Clear, 100), 100, sent);
    }

    internal static TunDevice Tunnel(Bench bench, string name, int mtu = 1422)
    {
        var tun = bench.Box.Run(() => TunDevice.Open(name));
        bench.Tool("ip", "link", "set", name, "mtu", $"{mtu}");
        bench.Box.Run(() => bench.Applier.TunnelReady(name));
        return tun;
    }

    /// <summary>Whether a packet with this text comes out of the tunnel within two seconds.</summary>
    internal static bool Carries(TunDevice tun, string text)
    {
        using var poller = new Poller();
        poller.Add(tun.Handle, 0);
        var events = new PollEvent[1];
        var buffer = new byte[TunDevice.ReadBufferOctets];
        for (var patience = System.Diagnostics.Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromSeconds(2); poller.Wait(events, TimeSpan.FromMilliseconds(100), out _))
            while (tun.TryRead(buffer) is { IsOk: true } got)
                if (System.Text.Encoding.Latin1.GetString(buffer, 0, got.Count).Contains(text, StringComparison.Ordinal)) return true;
        return false;
    }
}
