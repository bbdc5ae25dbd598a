using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;
using Xunit;
using static EdgeVpn.Appliance.Tests.Network.Plans;

namespace EdgeVpn.Appliance.Tests.Network;

public class NetworkApplierTests
{
    public NetworkApplierTests() => Bench.SkipUnlessPossible();

    [Fact]
    public void Applying_twice_changes_nothing_the_second_time()
    {
        using var bench = new Bench();
        var plan = From(
            $$"""{{Wan}}, { "name": "lan0", "role": "lan", "ipv4": { "method": "static", "address": "10.10.0.1/24" }, "ipv6": { "method": "static", "address": "fd10:10::1/64" } }""",
            $"{Connection("hub", "10.20.0.0/24 0.0.0.0/0 fd10:20::/64 ::/0", "10.10.0.0/24 fd10:10::/64")}, {Connection("b", "10.0.0.0/8")}");
        Assert.NotEmpty(bench.Apply(plan).Done);
        Assert.Empty(bench.Apply(plan).Done);
        using var tun = GuardTests.Tunnel(bench, "evpn-hub");
        Assert.Empty(bench.Apply(plan).Done);
        Assert.Empty(bench.Box.Run(() => bench.Applier.Refresh()).Done);
    }

    /// <summary>IPv6 is switched off on many ports, a port may not take the size that is asked for, an adapter is pulled out between two questions.</summary>
    [Fact]
    public void What_the_kernel_refuses_of_a_port_is_told_stops_nothing_else_and_is_done_when_it_can_be()
    {
        using var bench = new Bench();
        bench.Box.Run(() => Sysctl.Write("net/ipv6/conf/wan0/disable_ipv6", "1"));
        var plan = From(
            """{ "name": "wan0", "role": "wan", "ipv4": { "address": "192.0.2.2/24", "gateway": "192.0.2.1" }, "ipv6": { "address": "2001:db8::2/64" } }, """ + Lan,
            Connection("hub", "10.20.0.0/24"));
        var changes = bench.Apply(plan);
        Assert.StartsWith("+ 2001:db8::2/64 dev wan0: RTM_NEWADDR(", Assert.Single(changes.Refused), StringComparison.Ordinal);
        Assert.Contains("192.0.2.2/24", bench.Tool("ip", "address"));
        Assert.Contains("default via 192.0.2.1", bench.Tool("ip", "route"));
        Assert.Contains("unreachable 10.20.0.0/24", bench.Tool("ip", "route", "show", "table", "4556"));
        Assert.Contains(changes.Done, static line => line.StartsWith("+ packet filter", StringComparison.Ordinal));

        Assert.Single(bench.Apply(plan).Refused);
        bench.Box.Run(() => Sysctl.Write("net/ipv6/conf/wan0/disable_ipv6", "0"));
        Assert.Empty(bench.Box.Run(() => bench.Applier.Refresh()).Refused);
        Assert.Contains("2001:db8::2/64", bench.Tool("ip", "address"));
    }

    [Fact]
    public void What_somebody_took_away_is_put_back()
    {
        using var bench = new Bench();
        var plan = Box(Connection("hub", "10.20.0.0/24"));
        bench.Apply(plan);
        bench.Tool("nft", "flush", "chain", "inet", "edgevpn", "guard");
        bench.Tool("ip", "rule", "del", "priority", "4556");
        bench.Tool("ip", "route", "flush", "table", "4556");
        Assert.Equal(3, bench.Apply(plan).Done.Length);
        Assert.Empty(bench.Apply(plan).Done);
    }

    [Fact]
    public void What_others_put_there_stays()
    {
        using var bench = new Bench();
        bench.Tool("ip", "address", "add", "10.99.0.1/24", "dev", "lan0");
        bench.Tool("ip", "link", "set", "lan0", "up");
        bench.Tool("ip", "route", "add", "10.98.0.0/24", "via", "10.99.0.2", "proto", "static");
        bench.Tool("ip", "route", "add", "10.97.0.0/24", "dev", "lan0", "table", "4556", "proto", "static");
        bench.Tool("ip", "rule", "add", "priority", "4556", "from", "10.99.0.0/24", "table", "99");
        bench.Tool("nft", "add", "table", "inet", "others");
        bench.Apply(Box(Connection("hub", "10.20.0.0/24")));
        Assert.NotEmpty(bench.Box.Run(() => bench.Applier.Clear()).Done);
        Assert.Contains("10.99.0.1/24", bench.Tool("ip", "address"));
        Assert.Contains("10.98.0.0/24", bench.Tool("ip", "route"));
        Assert.Contains("10.97.0.0/24", bench.Tool("ip", "route", "show", "table", "4556"));
        Assert.Contains("lookup 99", bench.Tool("ip", "rule"));
        Assert.Equal("table inet others", bench.Tool("nft", "list", "tables").Trim());
        Assert.DoesNotContain("10.10.0.1", bench.Tool("ip", "address"));
        Assert.DoesNotContain("10.20.0.0", bench.Tool("ip", "route", "show", "table", "all"));
        Assert.DoesNotContain("default", bench.Tool("ip", "route"));
    }

    [Fact]
    public void A_new_address_takes_the_place_of_the_old_and_its_routes_come_back()
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "10.20.0.0/24")));
        using var tun = GuardTests.Tunnel(bench, "evpn-hub");
        Assert.Contains("src 10.10.0.1", bench.Tool("ip", "route", "show", "table", "4556"));
        var lan = Lan.Replace("10.10.0.1", "10.10.0.2", StringComparison.Ordinal);
        var wan = Wan.Replace("192.0.2.2", "192.0.2.3", StringComparison.Ordinal);
        bench.Apply(From($"{wan}, {lan}", Connection("hub", "10.20.0.0/24")));
        var addresses = bench.Tool("ip", "-o", "-4", "address");
        Assert.Contains("192.0.2.3/24", addresses);
        Assert.Contains("10.10.0.2/24", addresses);
        Assert.DoesNotContain("10.10.0.1/24", addresses);
        Assert.Contains("src 10.10.0.2", bench.Tool("ip", "route", "show", "table", "4556"));
        Assert.Contains("default via 192.0.2.1", bench.Tool("ip", "route"));
    }

    [Fact]
    public void Removing_a_connection_leaves_the_others_routes_untouched()
    {
        using var bench = new Bench();
        bench.Apply(Box($"{Connection("a", "10.20.0.0/24")}, {Connection("b", "10.30.0.0/24")}"));
        using var a = GuardTests.Tunnel(bench, "evpn-a");
        using var b = GuardTests.Tunnel(bench, "evpn-b");
        using var monitor = bench.Box.Run(() => NetlinkMonitor.Open(NetlinkTopics.Routes | NetlinkTopics.Rules));
        bench.Box.Run(() => bench.Applier.RemoveConnection("a"));
        var events = monitor.Take();
        Assert.DoesNotContain(events, e => e is NetlinkEvent.RuleChanged);
        var ours = events.OfType<NetlinkEvent.RouteChanged>().Where(e => e.Route.Table == NetworkNumbers.TunnelTable).ToList();
        Assert.Equal(2, ours.Count); // its route, its twin
        Assert.All(ours, e => Assert.Equal((Net("10.20.0.0/24"), true), (e.Route.Destination, e.IsRemoved)));
        Assert.True(Bench.TrySend(bench.InBox(Bench.Udp), Bench.Protected, "free"));
        Assert.Equal(["free"], bench.HeardBeyond("free").Select(h => h.Text));
        Assert.Contains("dev evpn-b", bench.Tool("ip", "route", "get", "10.30.0.1"));
    }

    [Fact]
    public void An_interface_that_comes_later_is_named_until_then_and_applied_when_it_appears()
    {
        using var bench = new Bench(withWan: false);
        using var watch = bench.Box.Run(() => new NetworkWatch());
        Assert.Equal(["wan0"], bench.Apply(Box(Connection("hub", "10.20.0.0/24"))).Missing);
        Assert.True(watch.TakeChanges()); // our own
        bench.AddWanLate();
        Assert.True(watch.TakeChanges());
        var changes = bench.Box.Run(() => bench.Applier.Refresh());
        Assert.Empty(changes.Missing);
        Assert.Contains("+ 192.0.2.2/24 dev wan0", changes.Done);
        Bench.TrySend(bench.InLan(Bench.Udp), Bench.Internet, "internet");
        Assert.Equal(["internet"], bench.HeardBeyond("internet").Select(h => h.Text));
    }

    [Theory]
    [InlineData("nat", "192.0.2.2")]
    [InlineData("routed", "10.10.0.10")]
    [InlineData("off", null)]
    public void The_LAN_reaches_the_internet_as_the_configuration_says(string access, string? seenAs)
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "10.20.0.0/24"), access));
        Bench.TrySend(bench.InLan(Bench.Udp), Bench.Internet, "internet");
        Assert.Equal(seenAs is null ? [] : [("internet", seenAs)], seenAs is null ? bench.HeardBeyond() : bench.HeardBeyond("internet"));
        var dropped = seenAs is null ? 1 : 0;
        Assert.Equal(dropped, bench.Dropped(FilterCounters.Internet, dropped));
    }

    [Fact]
    public void An_IPsec_client_of_the_LAN_does_not_come_out_of_our_ports()
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "10.20.0.0/24")));
        var client = bench.InLan(() =>
        {
            var socket = Bench.Udp();
            socket.Bind(new IPEndPoint(IPAddress.Any, 4500));
            return socket;
        });
        Bench.TrySend(client, Bench.Internet, "ike");
        Assert.Equal(["ike"], bench.HeardBeyond("ike").Select(h => h.Text));
        Assert.InRange(bench.PortOf("ike"), 10_000, 65_535);
    }

    [Fact]
    public void The_WAN_is_closed_but_for_IKE_and_ESP_and_answers()
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "10.20.0.0/24")));
        Assert.Equal(["192.0.2.2:500", "192.0.2.2:4500"], Knock(bench, "192.0.2.2", 500, 4500, 8080));
        Assert.Equal(1, bench.Dropped(FilterCounters.Unasked, 1));

        var outside = bench.InBeyond(Bench.Udp); // into the LAN, straight: 10.10.0.0/24 is routed to the box beyond
        Bench.TrySend(outside, "10.10.0.10", "intruder");
        bench.HeardBeyond();
        Assert.Equal(2, bench.Dropped(FilterCounters.Unasked, 2));

        var liar = bench.InBeyond(() =>
        {
            var socket = Bench.Udp();
            socket.Bind(new IPEndPoint(IPAddress.Parse(Bench.Protected), 0)); // in clear, with the address of a protected host
            return socket;
        });
        Bench.TrySend(liar, "10.10.0.10", "liar");
        Bench.TrySend(liar, "192.0.2.2", "liar", 8080);
        bench.HeardBeyond();
        Assert.Equal((2, 2), (bench.Dropped(FilterCounters.Spoofed, 2), bench.Dropped(FilterCounters.Unasked, 2)));
    }

    [Fact]
    public void Reverse_path_filtering_lets_the_tunnel_work_and_keeps_watch_elsewhere()
    {
        using var bench = new Bench();
        bench.Box.Run(() => Sysctl.Write("net/ipv4/conf/all/rp_filter", "1"));
        bench.Apply(Box(Connection("hub", "203.0.113.0/24"))); // the peer itself is inside what it protects
        using var tun = GuardTests.Tunnel(bench, "evpn-hub");
        string Read(string name) => bench.Box.Run(() => Sysctl.Read($"net/ipv4/conf/{name}/rp_filter"));
        Assert.Equal(("0", "0", "1"), (Read("all"), Read("wan0"), Read("lan0")));

        bench.Tool("ip", "link", "set", "evpn-hub", "up");
        bench.InBeyond(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Addresses.Add(1, IPAddress.Parse("203.0.113.2"), 32);
            return true;
        });
        var peer = bench.InBeyond(() =>
        {
            var socket = Bench.Udp();
            socket.Bind(new IPEndPoint(IPAddress.Parse("203.0.113.2"), 0));
            return socket;
        });
        var ike = bench.InBox(Bench.MarkedUdp);
        ike.Bind(new IPEndPoint(IPAddress.Any, 500));
        Bench.TrySend(peer, "192.0.2.2", "ike", 500);
        Assert.True(ike.Poll(2_000_000, SelectMode.SelectRead));
    }

    [Fact]
    public void Segment_sizes_are_lowered_in_the_first_packet_both_ways()
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "10.20.0.0/24")));
        using var tun = GuardTests.Tunnel(bench, "evpn-hub", mtu: 1400);
        var client = bench.InLan(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false });
        Assert.Throws<SocketException>(() => client.Connect(IPAddress.Parse(Bench.Protected), 80)); // in progress
        var buffer = new byte[TunDevice.ReadBufferOctets];
        byte[] syn;
        do syn = buffer.AsSpan(VirtioNetHeader.Size, tun.Read(buffer).Count - VirtioNetHeader.Size).ToArray();
        while (syn[0] >> 4 != 4); // the interface's own IPv6 greetings
        Assert.Equal(1360, MssOf(syn));

        // The same segment comes back as the answer, with the size a LAN at the other end would name.
        var ears = bench.InLan(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp));
        Assert.True(bench.Box.Run(() => tun.WritePacket(Answer(syn, mss: 1460))).IsOk);
        Assert.True(ears.Poll(2_000_000, SelectMode.SelectRead));
        var length = ears.Receive(buffer);
        Assert.Equal(1360, MssOf(buffer.AsSpan(0, length)));
    }

    [Fact]
    public void Facts_tell_carrier_addresses_and_gateway()
    {
        using var bench = new Bench();
        bench.Apply(Box(Connection("hub", "10.20.0.0/24")));
        var wan = bench.Box.Run(() => bench.Applier.Facts()).Find("wan0")!;
        Assert.Equal((InterfaceUse.Wan, true, true, 1500), (wan.Role, wan.IsUp, wan.HasCarrier, wan.Mtu));
        Assert.Contains(wan.Addresses, a => $"{a}" == "192.0.2.2/24");
        Assert.Equal([IPAddress.Parse("192.0.2.1")], wan.Gateways);
        Assert.Equal(InterfaceUse.Lan, bench.Applier.Facts().Find("lan0")!.Role);
        bench.InBeyond(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Links.SetUp(netlink.Links.Get("isp0").Index, isUp: false); // the cable is pulled
            return true;
        });
        Assert.False(bench.Applier.Facts().Find("wan0")!.HasCarrier);
    }

    /// <summary>Which of the ports at <paramref name="address"/> of the box hear a datagram from beyond.</summary>
    private static List<string> Knock(Bench bench, string address, params int[] ports)
    {
        var sockets = ports.Select(port => bench.InBox(() =>
        {
            var socket = Bench.Udp();
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return socket;
        })).ToList();
        foreach (var port in ports) Bench.TrySend(bench.InBeyond(Bench.Udp), address, "knock", port);
        // The first knock may wait for a neighbour to be found; those behind it on the same wire are then not far.
        var patience = 5_000_000;
        var heard = new List<string>();
        foreach (var (socket, port) in sockets.Zip(ports))
        {
            if (socket.Poll(patience, SelectMode.SelectRead)) heard.Add($"{address}:{port}");
            patience = 500_000;
        }

        return heard;
    }

    /// <summary>The MSS option of a TCP segment with its IPv4 header (RFC 9293 §3.2).</summary>
    private static int MssOf(ReadOnlySpan<byte> packet)
    {
        var options = OptionsOf(packet);
        for (var i = 0; i < options.Length && options[i] != 0; i += options[i] == 1 ? 1 : options[i + 1])
            if (options[i] == 2) return BinaryPrimitives.ReadUInt16BigEndian(options[(i + 2)..]);
        throw new InvalidOperationException("no MSS option");
    }

    private static ReadOnlySpan<byte> OptionsOf(ReadOnlySpan<byte> packet)
    {
        var tcp = packet[((packet[0] & 0xf) * 4)..];
        return tcp[20..((tcp[12] >> 4) * 4)];
    }

    /// <summary>A SYN, ACK made of a SYN: ends exchanged, checksums right.</summary>
    private static byte[] Answer(byte[] syn, ushort mss)
    {
        var packet = syn.ToArray();
        var header = (packet[0] & 0xf) * 4;
        var tcp = packet.AsSpan(header);
        syn.AsSpan(12, 4).CopyTo(packet.AsSpan(16));
        syn.AsSpan(16, 4).CopyTo(packet.AsSpan(12));
        syn.AsSpan(header, 2).CopyTo(tcp[2..]);
        syn.AsSpan(header + 2, 2).CopyTo(tcp);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]) + 1); // acknowledges the SYN
        tcp[13] = 0x12;
        tcp[20..][..4].Clear();
        new byte[] { 2, 4, (byte)(mss >> 8), (byte)mss }.CopyTo(tcp[20..]); // Linux puts the MSS option first
        tcp[16..18].Clear();
        var sum = Sum(packet.AsSpan(12, 8)) + 6 + (uint)tcp.Length + Sum(tcp); // pseudo-header, protocol 6
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], (ushort)~sum);
        packet.AsSpan(10, 2).Clear();
        var head = Sum(packet.AsSpan(0, header));
        while (head > 0xffff) head = (head & 0xffff) + (head >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), (ushort)~head);
        return packet;
    }

    private static uint Sum(ReadOnlySpan<byte> octets)
    {
        var sum = 0u;
        for (var i = 0; i < octets.Length; i++) sum += (uint)(octets[i] << (i % 2 == 0 ? 8 : 0));
        return sum;
    }
}
