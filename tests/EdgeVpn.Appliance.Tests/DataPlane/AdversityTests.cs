using System.Net;
using System.Net.Sockets;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.DataPlane;

/// <summary>Alone, because what the whole process allocates is measured.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public class AdversityTests(ITestOutputHelper output)
{
    // 1300 − 20 IP − 8 UDP − 16 header and IV − 16 ICV = 1240, a multiple of 4; less 2 of trailer
    private const int FitsIn1300 = 1238;

    [Fact]
    public void A_flood_of_garbage_is_counted_and_takes_no_memory()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        Assert.Equal(2, lab.Near.Ping(count: 2));
        using var attacker = lab.Near.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        attacker.Connect(IPAddress.Parse("192.0.2.2"), 4500);
        var random = new Random(3);
        Flood(attacker, random, datagrams: 2000); // what is allocated once, is
        var before = (Allocated: GC.GetTotalAllocatedBytes(precise: true), Resident: Environment.WorkingSet);
        Flood(attacker, random, datagrams: 100_000);
        var grown = (Allocated: GC.GetTotalAllocatedBytes(precise: true) - before.Allocated, Resident: Environment.WorkingSet - before.Resident);
        var status = lab.Far.Status;
        output.WriteLine($"{grown.Allocated} octets allocated, {grown.Resident} resident; {string.Join(", ", status.Drops)}; {string.Join(", ", status.Children[0].Refused)}");
        Assert.InRange(grown.Allocated, 0, 200_000);
        Assert.InRange(grown.Resident, long.MinValue, 16 << 20);
        Assert.True(status.Drops["rx.unknownSpi"] > 1000);
        Assert.True(status.Drops["rx.invalid"] > 1000);
        Assert.True(status.Drops["ike.queueFull"] > 1000);
        Assert.True(status.Children[0].Refused["IcvMismatch"] > 1000);
        Assert.Equal(5, lab.Near.Ping());
    }

    [Fact]
    public void A_TCP_transfer_allocates_nothing_per_packet()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        TcpTransfer.Run(lab.Near.Space, lab.Far.Space, IPAddress.Parse("10.2.0.1"), octets: 1 << 20);
        var before = (Octets: GC.GetTotalAllocatedBytes(precise: true), Packets: Packets(lab));
        TcpTransfer.Run(lab.Near.Space, lab.Far.Space, IPAddress.Parse("10.2.0.1"), octets: 32 << 20);
        var octets = GC.GetTotalAllocatedBytes(precise: true) - before.Octets;
        var packets = Packets(lab) - before.Packets;
        output.WriteLine($"{packets} packets, {octets} octets");
        Assert.True(packets > 20_000);
        Assert.InRange(octets, 0, (1 << 20) + 200_000); // the transfer's own buffer and threads
    }

    [Fact]
    public void A_packet_too_long_for_the_path_is_answered_inside_and_one_without_DF_is_fragmented()
    {
        using var lab = new TunnelLab();
        lab.Narrow(1300);
        lab.Connect(TunnelLab.Gcm);
        Assert.Contains($"mtu = {FitsIn1300}", LongPing(lab), StringComparison.Ordinal);
        Assert.Equal(1, lab.Near.Status.Drops["tx.tooBig"]);
        Assert.Equal(3, lab.Near.Ping(count: 3, octets: FitsIn1300 - 28, more: ["-M", "do"]));
        Assert.Equal(3, lab.Near.Ping(count: 3, octets: 1300, more: ["-M", "dont"]));
        Assert.Equal(3, lab.Far.Ping(count: 3, octets: 1100, ipv6: true));
        var transfer = TcpTransfer.Run(lab.Near.Space, lab.Far.Space, IPAddress.Parse("10.2.0.1"), octets: 1 << 20);
        Assert.True(transfer.IsIntact);
        Assert.False(lab.Near.Status.Drops.ContainsKey("tx.pathMtu"));
    }

    /// <summary>RFC 8200 §5: a link that cannot carry 1,280 octets in one piece must cut them below IPv6.</summary>
    [Theory, InlineData(true, false), InlineData(true, true), InlineData(false, false), InlineData(false, true)]
    public void An_IPv6_packet_of_1280_octets_passes_a_path_that_is_too_narrow_for_it(bool udp, bool ipv6Outer)
    {
        using var lab = new TunnelLab();
        lab.Narrow(1300);
        lab.Connect(TunnelLab.Gcm, udp, ipv6Outer);
        Assert.Equal(3, lab.Near.Ping(ipv6: true, count: 3, octets: 1280 - 48, more: ["-M", "do"]));
        Assert.Empty(lab.Near.Status.Drops);
        Assert.Contains("mtu=1280", lab.Near.Space.Run(() => TunnelLab.Tool("ping", "-n", "-c", "1", "-W", "1", "-s", $"{1281 - 48}", "-M", "do", "fd02::1")), StringComparison.Ordinal);
        Assert.Equal(1, lab.Near.Status.Drops["tx.tooBig"]);
        Assert.Contains("mtu = ", LongPing(lab), StringComparison.Ordinal); // IPv4 hears what fits, and nothing of it goes in fragments
        Assert.Equal(2, lab.Near.Status.Drops["tx.tooBig"]);
        Assert.Equal([KeyValuePair.Create("tx.tooBig", 2L)], lab.Near.Status.Drops);
    }

    [Fact]
    public void A_path_that_becomes_narrow_costs_one_packet_and_one_that_becomes_wide_is_noticed()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        lab.Narrow(1300);
        Assert.DoesNotContain("mtu =", LongPing(lab), StringComparison.Ordinal); // the kernel refuses it, and says what would fit
        Assert.Equal(1, lab.Near.Status.Drops["tx.pathMtu"]);
        Assert.Contains($"mtu = {FitsIn1300}", LongPing(lab), StringComparison.Ordinal);
        Assert.Equal([KeyValuePair.Create(TunnelLab.Tun, FitsIn1300)], lab.Near.Plane.FittingMtus());
        lab.Narrow(1500);
        lab.Near.Poll(Instant.Zero + TimeSpan.FromMinutes(1));
        Assert.Equal([KeyValuePair.Create(TunnelLab.Tun, FitsIn1300 + 200)], lab.Near.Plane.FittingMtus());
        lab.Near.Space.Run(() => TunnelLab.Tool("ip", "route", "flush", "cache")); // what ICMP told the inner sender
        Assert.Contains("1 received", LongPing(lab), StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_IKE_message_passes_a_narrow_path_in_fragments_and_ESP_keeps_DF()
    {
        using var lab = new TunnelLab();
        lab.Narrow(1300);
        var message = new byte[5000];
        new Random(4).NextBytes(message);
        lab.Near.Plane.SendIke(lab.Near.PathTo(ipv6: false, 2), message);
        Assert.True(SpinWait.SpinUntil(() => lab.Far.Wakes > 0, TimeSpan.FromSeconds(5)));
        var buffer = new byte[65_536];
        Assert.True(lab.Far.Plane.TryTakeIke(buffer, out var length, out var path));
        Assert.Equal(message, buffer[..length]);
        Assert.Equal(lab.Far.PathTo(ipv6: false, 1), path);
        Assert.False(lab.Far.Plane.TryTakeIke(buffer, out _, out _));
        lab.Near.Plane.SendKeepalive(lab.Near.PathTo(ipv6: false, 2));
        lab.Near.Plane.SendIke(lab.Near.PathTo(ipv6: true, 2), [1, 2, 3, 4]);
        Assert.True(SpinWait.SpinUntil(() => lab.Far.Plane.TryTakeIke(buffer, out length, out path), TimeSpan.FromSeconds(5)));
        Assert.Equal((4, lab.Far.PathTo(ipv6: true, 1)), (length, path));
        Assert.Empty(lab.Far.Status.Drops);
        Assert.Empty(lab.Near.Status.Drops);
    }

    [Fact]
    public void Congestion_on_the_path_reaches_a_flow_that_can_hear_and_ends_a_packet_of_one_that_cannot()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        lab.Far.Space.Run(() =>
        {
            Assert.Empty(TunnelLab.Tool("nft", "add table ip evdp"));
            Assert.Empty(TunnelLab.Tool("nft", "add chain ip evdp in { type filter hook prerouting priority mangle; }"));
            Assert.Empty(TunnelLab.Tool("nft", "add rule ip evdp in udp dport 4500 ip ecn set ce"));
        });
        using var receiver = lab.Far.Space.Run(() => UdpSocket.Open(new DatagramSocketOptions { Local = new IPEndPoint(IPAddress.Parse("10.2.0.1"), 7000) }));
        using var sender = lab.Near.Space.Run(() => UdpSocket.Open(new DatagramSocketOptions { Local = new IPEndPoint(IPAddress.Parse("10.1.0.1"), 7000) }));
        using var send = new SendBatch(2);
        foreach (var trafficClass in (byte[])[0x28 << 2 | 0, 0x28 << 2 | 2])
        {
            send.Next[0] = trafficClass;
            send.Commit(1, 0, receiver.Local, trafficClass: trafficClass);
        }

        Assert.Equal(2, sender.Send(send).Sent);
        using var batch = new ReceiveBatch(2);
        Assert.Equal(1, receiver.Receive(batch).Count);
        Assert.Equal(0x28 << 2 | 2, batch[0].Octets[0]);
        Assert.Equal(0x28 << 2 | 3, batch[0].TrafficClass);
        Assert.Equal(1, lab.Far.Status.Drops["rx.congestion"]);
    }

    [Fact]
    public void A_tunnel_that_was_taken_away_is_revived_and_one_that_is_closed_drops()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        Assert.Equal(2, lab.Near.Ping(count: 2));
        lab.Far.Space.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Links.Delete(netlink.Links.Get(TunnelLab.Tun).Index);
            Assert.True(SpinWait.SpinUntil(() => lab.Far.Status.Drops.ContainsKey("tun.gone"), TimeSpan.FromSeconds(5)));
            lab.Far.Plane.OpenTunnel(TunnelLab.Tun, TunnelLab.Mtu);
            lab.Far.RouteTunnel(netlink);
        });
        Assert.Equal(2, lab.Near.Ping(count: 2));

        lab.Far.Space.Run(() => lab.Far.Plane.CloseTunnel(TunnelLab.Tun));
        Assert.Empty(lab.Far.Status.Tunnels);
        Assert.Equal(0, lab.Near.Ping(count: 1));
        Assert.Equal(1, lab.Far.Status.Drops["rx.noTunnel"]);
        lab.Far.Space.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            lab.Far.Plane.OpenTunnel(TunnelLab.Tun, 1380);
            lab.Far.RouteTunnel(netlink);
        });
        Assert.Equal(2, lab.Near.Ping(count: 2));
        Assert.Equal(1380, Assert.Single(lab.Far.Status.Tunnels).Mtu);
    }

    [Fact]
    public void A_tunnel_that_was_taken_down_drops_and_carries_on_when_it_is_up_again()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        lab.Far.Space.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            var tun = netlink.Links.Get(TunnelLab.Tun).Index;
            netlink.Links.SetUp(tun, isUp: false);
            Assert.Equal(0, lab.Near.Ping(count: 1));
            Assert.Equal(1, lab.Far.Status.Drops["rx.tunRefused"]);
            netlink.Links.SetUp(tun);
            lab.Far.RouteTunnel(netlink);
        });
        Assert.Equal(2, lab.Near.Ping(count: 2));
        Assert.False(lab.Far.Status.Drops.ContainsKey("tun.gone"));
    }

    [Fact]
    public void A_child_or_an_SPI_that_is_installed_already_is_refused_and_changes_nothing()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        Assert.Throws<ArgumentException>(() => lab.Connect(TunnelLab.Gcm));
        Assert.Equal(2, lab.Near.Ping(count: 2));
        Assert.Single(lab.Near.Status.Children);
    }

    [Fact]
    public void Packets_of_wire_size_without_any_offload_on_the_way_arrive_whole()
    {
        using var lab = new TunnelLab(wireSize: true);
        lab.Connect(TunnelLab.Gcm);
        var transfer = TcpTransfer.Run(lab.Near.Space, lab.Far.Space, IPAddress.Parse("10.2.0.1"), octets: 32 << 20);
        output.WriteLine($"{transfer.GigabitsPerSecond:F2} Gbit/s; {string.Join(", ", lab.Near.Status.Drops)}; {string.Join(", ", lab.Far.Status.Drops)}");
        Assert.True(transfer.IsIntact);
    }

    [Fact]
    public void Without_offloads_and_with_two_queues_everything_arrives_too()
    {
        using var lab = new TunnelLab(new DataPlaneOptions { Offloads = false, TunQueues = 2, IPv6 = false });
        lab.Connect(TunnelLab.Gcm);
        Assert.Equal(["tun: none", "udp4: none"], lab.Near.Status.Offloads);
        var transfer = TcpTransfer.Run(lab.Near.Space, lab.Far.Space, IPAddress.Parse("10.2.0.1"), octets: 8 << 20);
        Assert.True(transfer.IsIntact);
    }

    private static void Flood(Socket attacker, Random random, int datagrams)
    {
        var datagram = new byte[600];
        for (var i = 0; i < datagrams; i++)
        {
            random.NextBytes(datagram);
            switch (i % 4)
            {
                case 0: datagram.AsSpan(0, 4).Clear(); break; // IKE
                case 1: (datagram[0], datagram[1], datagram[2], datagram[3]) = (0, 2, 0, 1); break; // far's own SPI
                default: break;
            }

            attacker.Send(datagram.AsSpan(0, i % 4 == 2 ? 1 + random.Next(8) : 100 + random.Next(500)));
        }
    }

    private static long Packets(TunnelLab lab) => (long)(lab.Near.Status.Children[0].PacketsOut + lab.Near.Status.Children[0].PacketsIn);

    private static string LongPing(TunnelLab lab) =>
        lab.Near.Space.Run(() => TunnelLab.Tool("ping", "-n", "-c", "1", "-W", "1", "-s", "1300", "-M", "do", "10.2.0.1"));
}
