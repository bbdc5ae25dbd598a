using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Linux.Netlink;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

/// <summary>A gateway: many connections share one interface, its threads and its buffers.</summary>
public class ManyChildrenTests
{
    private const int Connections = 200;

    [Fact]
    public void Two_hundred_connections_share_threads_and_each_packet_takes_its_own_SA()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm, selectors: [Network(0)]);
        var threads = Process.GetCurrentProcess().Threads.Count;
        for (var number = 1; number <= Connections; number++) Connect(lab, number);
        Assert.InRange(Process.GetCurrentProcess().Threads.Count, 0, threads + 4); // the test runner's own come and go
        lab.Far.Space.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            var tun = netlink.Links.Get(TunnelLab.Tun).Index;
            for (var number = 1; number <= Connections; number++) netlink.Addresses.Add(tun, Host(number), 32);
        });

        using var receiver = lab.Far.Space.Run(() => new UdpClient(new IPEndPoint(IPAddress.Any, 7000)));
        using var sender = lab.Near.Space.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse("10.1.0.1"), 0)));
        receiver.Client.ReceiveTimeout = 5_000;
        var from = new IPEndPoint(IPAddress.Any, 0);
        for (var number = 1; number <= Connections; number++)
        {
            var packets = 1 + (number % 3);
            for (var i = 0; i < packets; i++) sender.Send([(byte)number], new IPEndPoint(Host(number), 7000));
            for (var i = 0; i < packets; i++) Assert.Equal([(byte)number], receiver.Receive(ref from));
        }

        var carried = lab.Far.Status.Children.Where(child => child.Child.Value > 1000).ToDictionary(child => child.Child.Value - 1000, child => child.PacketsIn);
        Assert.Equal(Connections, carried.Count);
        Assert.All(carried, each => Assert.Equal((ulong)(1 + (each.Key % 3)), each.Value));
        Assert.Empty(lab.Near.Status.Drops);
    }

    [Fact]
    public void A_thousand_connections_have_a_child_each()
    {
        using var lab = new TunnelLab();
        for (var number = 1; number <= 1_000; number++) Connect(lab, number);
        Assert.Equal(1_000, lab.Near.Status.Children.Length);
    }

    private static void Connect(TunnelLab lab, int number)
    {
        ImmutableArray<TrafficSelector> near = [TrafficSelector.Prefix(Address(0x0A01_0000), 16)], far = [Network(number)];
        lab.Near.Install(TunnelLab.Gcm, udp: true, ipv6Outer: false, 1000 + number, null, use: true, near, far);
        lab.Far.Install(TunnelLab.Gcm, udp: true, ipv6Outer: false, 1000 + number, null, use: true, far, near);
    }

    // 10.2.1.0/28, 10.2.1.16/28 …
    private static TrafficSelector Network(int number) => TrafficSelector.Prefix(Address(0x0A02_0100 + (uint)(16 * number)), 28);

    private static IpAddress Address(uint value) => new(value, false);

    private static IPAddress Host(int number)
    {
        var value = 0x0A02_0101 + (16 * number);
        return new IPAddress([(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);
    }
}
