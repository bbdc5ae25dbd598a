using System.Net;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Linux;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

/// <summary>DSCP and ECN of outer packets, as the cable sees them (RFC 2983, RFC 6040 §4.1).</summary>
public class TrafficClassTests
{
    private const int Rounds = 8;
    private static readonly byte[] Classes = [0xb8, 0x00, 0x29, 0x02]; // EF; best effort; AF11 with ECT(1); ECT(0)

    [Theory, InlineData(true, false, true), InlineData(true, true, true), InlineData(false, false, true), InlineData(false, true, true), InlineData(true, false, false)]
    public void Every_outer_packet_has_the_class_of_its_own_inner_packet(bool udp, bool ipv6Outer, bool copyDscp)
    {
        using var lab = new TunnelLab(new DataPlaneOptions { CopyDscp = copyDscp }, wireSize: true);
        lab.Connect(TunnelLab.Gcm, udp, ipv6Outer);
        Assert.Equal(1, lab.Near.Ping(count: 1)); // neighbours know each other
        using var observer = lab.Far.Space.Run(() => PacketSocket.Open(TimeSpan.FromSeconds(5)));
        using var sender = lab.Near.Space.Run(() => UdpSocket.Open(new DatagramSocketOptions { Local = new IPEndPoint(IPAddress.Parse("10.1.0.1"), 7000) }));
        using var batch = new SendBatch(Rounds * Classes.Length);
        for (var i = 0; i < Rounds * Classes.Length; i++) batch.Commit(900, 0, Sockaddr.Parse("10.2.0.1:7000"), trafficClass: Classes[i % Classes.Length]); // of one length, as a run wants them
        Assert.Equal(Rounds * Classes.Length, sender.Send(batch).Sent);

        var buffer = new byte[65_536];
        var seen = new List<byte>();
        while (seen.Count < Rounds * Classes.Length)
        {
            Assert.True(observer.TryReceive(buffer, out var octets, out var sighting));
            var isIPv6 = buffer[0] >> 4 == 6;
            var isSealed = buffer[isIPv6 ? 6 : 9] == (udp ? 17 : 50) && isIPv6 == ipv6Outer && octets > 940;
            if (isSealed && !sighting.IsOutgoing) seen.Add((byte)(isIPv6 ? (buffer[0] << 4) | (buffer[1] >> 4) : buffer[1]));
        }

        var outer = Classes.Select(inner => copyDscp ? inner : (byte)(inner & 3));
        Assert.Equal(Enumerable.Repeat(outer, Rounds).SelectMany(static round => round), seen);
    }
}
