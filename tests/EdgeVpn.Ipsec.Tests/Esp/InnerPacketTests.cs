using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Tests.Crypto;
using EdgeVpn.Ipsec.Wire.Payloads;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Esp;

public sealed class InnerPacketTests
{
    private const string IPv4Addresses = "0a0a0001 0a140001";
    private const string IPv6Addresses = "20010db8000000000000000000000001 20010db8000200000000000000000001";

    [Fact]
    public void Ipv4_udp_is_read()
    {
        var packet = Parse("45 b9 0020 0001 0000 40 11 0000" + IPv4Addresses + "0fa0 0035 000c 0000 01020304");
        Assert.False(packet.IsIPv6);
        Assert.Equal(IpAddress.Parse("10.10.0.1"), packet.SourceAddress);
        Assert.Equal(IpAddress.Parse("10.20.0.1"), packet.DestinationAddress);
        Assert.Equal((17, 20, 32), (packet.Protocol, packet.TransportOffset, packet.TotalOctets));
        Assert.Equal((4000, 53, true, false), (packet.SourcePort, packet.DestinationPort, packet.HasPorts, packet.IsFragment));
        Assert.Equal((46, EcnCodepoint.Capable1), (packet.Dscp, packet.Ecn));
    }

    [Fact]
    public void Ipv4_options_move_the_ports()
    {
        var packet = Parse("46 00 001c 0001 0000 40 06 0000" + IPv4Addresses + "01010100 01bb c000");
        Assert.Equal((24, 443, 49152), (packet.TransportOffset, packet.SourcePort, packet.DestinationPort));
    }

    [Theory]
    [InlineData("2000", true, true)] // first fragment: more to come, ports here
    [InlineData("2001", true, false)]
    [InlineData("0001", true, false)] // last
    [InlineData("4000", false, true)] // don't fragment is no fragment
    public void Ipv4_fragments_are_told_apart(string flagsAndOffset, bool isFragment, bool hasPorts)
    {
        var packet = Parse($"45 00 001c 0001 {flagsAndOffset} 40 11 0000" + IPv4Addresses + "0fa0 0035 0008 0000");
        Assert.Equal((isFragment, hasPorts), (packet.IsFragment, packet.HasPorts));
    }

    [Fact]
    public void Icmp_type_and_code_stand_for_both_ports()
    {
        var packet = Parse("45 00 001c 0001 0000 40 01 0000" + IPv4Addresses + "0301 0000 00000000");
        Assert.Equal((0x0301, 0x0301, true), (packet.SourcePort, packet.DestinationPort, packet.HasPorts));
    }

    [Fact]
    public void Ipv6_extension_headers_are_walked()
    {
        var packet = Parse(
            "6b912345 001c 00 40" + IPv6Addresses +
            "3c 00 0104 00000000" + // hop-by-hop, then destination options
            "3a 00 0104 00000000" + // destination options, then ICMPv6
            "80 00 0000 0001 0001 00000000");
        Assert.Equal((58, 56, 0x8000, true), (packet.Protocol, packet.TransportOffset, packet.SourcePort, packet.HasPorts));
        Assert.Equal((46, EcnCodepoint.Capable1), (packet.Dscp, packet.Ecn));
        Assert.Equal(0xB9, packet.TrafficClass);
    }

    /// <summary>RFC 4301 §4.4.1.1: AH and ESP are next layer protocols, and a mobility header's type stands where ports do.</summary>
    [Theory]
    [InlineData("33", "0604 0000 00000001 00000001 00000000 00000000 00000000 0fa0 0035 0000", 51, false, 0)] // AH, and TCP that is the AH's business
    [InlineData("32", "00000001 00000001 0000000000000000", 50, false, 0)]
    [InlineData("87", "3b 00 05 00 0000 0000", 135, true, 0x0500)] // binding update
    [InlineData("3c", "8700 0104 00000000 3b 00 06 00 0000 0000", 135, true, 0x0600)] // binding acknowledgement behind destination options
    public void What_a_selector_names_is_not_walked_over(string next, string payload, int protocol, bool hasPorts, int port)
    {
        var octets = Hex.Octets(payload);
        var packet = Parse($"60000000 {octets.Length:x4} {next} 40" + IPv6Addresses + payload);
        Assert.Equal((protocol, hasPorts, port, port), (packet.Protocol, packet.HasPorts, packet.SourcePort, packet.DestinationPort));
    }

    [Theory]
    [InlineData("0000", false, true)] // atomic: still a fragment header
    [InlineData("0001", true, true)] // first
    [InlineData("0008", true, false)] // second, last
    [InlineData("0009", true, false)]
    public void Ipv6_fragments_are_told_apart(string offsetAndMore, bool moreOrLater, bool hasPorts)
    {
        var packet = Parse("60000000 0010 2c 40" + IPv6Addresses + $"11 00 {offsetAndMore} 00000001" + "0fa0 0035 0008 0000");
        Assert.True(packet.IsFragment);
        Assert.Equal((hasPorts, 17, 48), (packet.HasPorts, packet.Protocol, packet.TransportOffset));
        Assert.Equal(moreOrLater, offsetAndMore != "0000");
    }

    [Fact]
    public void An_endless_chain_of_extension_headers_ends()
    {
        var octets = new byte[40 + (8 * 200)];
        octets[0] = 0x60;
        (octets[4], octets[5]) = ((8 * 200) >> 8, (8 * 200) & 255);
        octets[6] = 60;
        for (var i = 40; i < octets.Length; i += 8)
            octets[i] = 60;
        Assert.True(InnerPacket.TryParse(octets, out var packet));
        Assert.False(packet.HasPorts);
    }

    [Theory]
    [InlineData("")]
    [InlineData("45")]
    [InlineData("44 00 0014 0001 0000 40 11 0000" + IPv4Addresses)] // header length 16
    [InlineData("46 00 0014 0001 0000 40 11 0000" + IPv4Addresses)] // header longer than the packet
    [InlineData("45 00 0013 0001 0000 40 11 0000" + IPv4Addresses)] // total length below the header
    [InlineData("45 00 0015 0001 0000 40 11 0000" + IPv4Addresses)] // total length beyond the octets
    [InlineData("55 00 0014 0001 0000 40 11 0000" + IPv4Addresses)] // version 5
    [InlineData("60000000 0001 3b 40" + IPv6Addresses)] // payload beyond the octets
    public void What_does_not_hold_together_is_refused(string hex)
    {
        Assert.False(InnerPacket.TryParse(Hex.Octets(hex), out _));
        Assert.Equal(-1, InnerPacket.Measure(Hex.Octets(hex)));
    }

    [Fact]
    public void No_octets_make_it_throw()
    {
        var random = new Random(17);
        for (var i = 0; i < 100_000; i++)
        {
            var octets = new byte[random.Next(0, 100)];
            random.NextBytes(octets);
            if (octets.Length > 6)
            {
                octets[0] = (byte)((random.Next(2) == 0 ? 0x40 : 0x60) | random.Next(4, 8));
                octets[random.Next(2) == 0 ? 2 : 4] = 0;
                octets[6] = (byte)(random.Next(3) == 0 ? octets[6] : new[] { 0, 43, 44, 51, 60, 6, 17, 58 }[random.Next(8)]);
            }

            if (InnerPacket.TryParse(octets, out var packet))
                Assert.InRange(packet.TransportOffset, 20, packet.TotalOctets);
        }
    }

    [Theory]
    [InlineData(17, 50, 60, true)]
    [InlineData(17, 54, 60, false)] // port outside
    [InlineData(6, 0, 65535, false)] // protocol differs
    [InlineData(17, 65535, 0, false)] // OPAQUE wants a packet without ports
    [InlineData(0, 0, 65535, true)]
    public void Selectors_look_at_protocol_and_port(byte protocol, ushort start, ushort end, bool fits)
    {
        var packet = Parse("45 00 001c 0001 0000 40 11 0000" + IPv4Addresses + "0fa0 0035 0008 0000");
        var selector = TrafficSelector.AnyIPv4 with { IpProtocol = protocol, StartPort = start, EndPort = end };
        Assert.Equal(fits, EspSelectors.Fits(selector, packet, isSource: false));
    }

    [Theory]
    [InlineData(0, 0, 65535, true)]
    [InlineData(0, 65535, 0, true)]
    [InlineData(0, 0, 65534, false)]
    [InlineData(17, 0, 65535, true)]
    [InlineData(17, 65535, 0, true)]
    [InlineData(6, 0, 65535, false)] // another protocol's, ports or not
    [InlineData(6, 65535, 0, false)]
    public void A_later_fragment_fits_only_its_protocol_and_where_ports_do_not_matter(byte protocol, ushort start, ushort end, bool fits)
    {
        var packet = Parse("45 00 001c 0001 0001 40 11 0000" + IPv4Addresses + "0fa0 0035 0008 0000");
        Assert.Equal(fits, EspSelectors.Fits(TrafficSelector.AnyIPv4 with { IpProtocol = protocol, StartPort = start, EndPort = end }, packet, isSource: false));
    }

    [Theory]
    [InlineData("10.10.0.1", "10.20.0.1", true)]
    [InlineData("10.10.0.2", "10.20.0.1", false)]
    [InlineData("10.10.0.1", "10.20.0.0", false)]
    public void Selectors_look_at_both_ends(string local, string remote, bool fits)
    {
        var packet = Parse("45 00 001c 0001 0000 40 11 0000" + IPv4Addresses + "0fa0 0035 0008 0000");
        var selectors = new EspSelectors(
            [TrafficSelector.Prefix(IpAddress.Parse(local), 32)], [TrafficSelector.Prefix(IpAddress.Parse(remote), 32)]);
        Assert.Equal(fits, selectors.AllowsOutbound(packet));
        Assert.Equal(fits, new EspSelectors(selectors.Remote, selectors.Local).AllowsInbound(packet));
    }

    private static InnerPacket Parse(string hex)
    {
        Assert.True(InnerPacket.TryParse(Hex.Octets(hex), out var packet));
        return packet;
    }
}
