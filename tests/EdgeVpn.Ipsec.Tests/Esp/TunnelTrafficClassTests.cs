using System.Buffers.Binary;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Tests.Crypto;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Esp;

public sealed class TunnelTrafficClassTests
{
    private const EcnCodepoint Not = EcnCodepoint.NotCapable;
    private const EcnCodepoint Ect0 = EcnCodepoint.Capable0;
    private const EcnCodepoint Ect1 = EcnCodepoint.Capable1;
    private const EcnCodepoint Ce = EcnCodepoint.CongestionExperienced;

    [Theory] // RFC 6040 §4.2, figure 4: rows by the inner field, columns by the outer; null is drop
    [InlineData(Not, Not, Not)]
    [InlineData(Not, Ect0, Not)]
    [InlineData(Not, Ect1, Not)]
    [InlineData(Not, Ce, null)]
    [InlineData(Ect0, Not, Ect0)]
    [InlineData(Ect0, Ect0, Ect0)]
    [InlineData(Ect0, Ect1, Ect1)]
    [InlineData(Ect0, Ce, Ce)]
    [InlineData(Ect1, Not, Ect1)]
    [InlineData(Ect1, Ect0, Ect1)]
    [InlineData(Ect1, Ect1, Ect1)]
    [InlineData(Ect1, Ce, Ce)]
    [InlineData(Ce, Not, Ce)]
    [InlineData(Ce, Ect0, Ce)]
    [InlineData(Ce, Ect1, Ce)]
    [InlineData(Ce, Ce, Ce)]
    public void Ecn_leaves_the_tunnel_by_the_table_of_RFC_6040(EcnCodepoint inner, EcnCodepoint outer, EcnCodepoint? expected)
    {
        Assert.Equal(expected is not null, TunnelTrafficClass.TryDecapsulate(inner, outer, out var result));
        if (expected is not null)
            Assert.Equal(expected, result);
    }

    [Fact]
    public void Ecn_enters_the_tunnel_as_it_is_and_dscp_by_the_model()
    {
        for (var inner = 0; inner < 256; inner++)
        {
            Assert.Equal(inner, TunnelTrafficClass.Encapsulate((byte)inner, copyDscp: true));
            Assert.Equal((46 << 2) | (inner & 3), TunnelTrafficClass.Encapsulate((byte)inner, copyDscp: false, outerDscp: 46));
        }
    }

    [Fact]
    public void Writing_ecn_keeps_the_checksum_right_and_the_rest_as_it_was()
    {
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            var packet = TestSa.IPv4(40);
            random.NextBytes(packet.AsSpan(1, 1));
            random.NextBytes(packet.AsSpan(4, 5));
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), Checksum(packet));
            var ecn = (EcnCodepoint)random.Next(4);
            var before = packet[1];
            TunnelTrafficClass.SetEcn(packet, ecn);
            Assert.Equal((before & 0xFC) | (int)ecn, packet[1]);
            var written = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(10));
            packet.AsSpan(10, 2).Clear();
            Assert.Equal(Checksum(packet), written);
        }

        var ipv6 = TestSa.IPv6(60);
        Hex.Octets("6ab12345").CopyTo(ipv6, 0);
        TunnelTrafficClass.SetEcn(ipv6, Ce);
        Assert.Equal("6ab12345", Hex.Of(ipv6.AsSpan(0, 4)));
        TunnelTrafficClass.SetEcn(ipv6, Ect1);
        Assert.Equal("6a912345", Hex.Of(ipv6.AsSpan(0, 4)));
    }

    private static ushort Checksum(ReadOnlySpan<byte> header)
    {
        var sum = 0;
        for (var i = 0; i < 20; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(header[i..]);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~((sum & 0xFFFF) + (sum >> 16));
    }
}
