using System.Buffers.Binary;
using System.Net;
using System.Text;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Linux;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Capture;

public class CaptureFilterTests
{
    private const int Tunnel = 7;

    private static CaptureFilter Read(string json)
    {
        var filter = CaptureFilter.Read(Encoding.UTF8.GetBytes(json), out var problem);
        Assert.True(filter is not null, problem);
        return filter;
    }

    private static byte[] Packet(string from, string to, byte protocol, ushort source = 0, ushort destination = 0, byte flags = 0, int length = 60)
    {
        var packet = new byte[length];
        packet[0] = 0x45;
        packet[9] = protocol;
        IPAddress.Parse(from).TryWriteBytes(packet.AsSpan(12), out _);
        IPAddress.Parse(to).TryWriteBytes(packet.AsSpan(16), out _);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), source);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), destination);
        packet[33] = flags;
        return packet;
    }

    [Fact]
    public void Azures_own_example_is_understood()
    {
        var filter = Read("""
            {"TracingFlags":11,"MaxPacketBufferSize":120,"MaxFileSize":500,"Filters":[{"SourceSubnets":["10.10.0.0/24"],"DestinationSubnets":["10.20.0.4/32","10.20.0.5/32"],
             "SourcePort":[500,5001],"DestinationPort":[443],"TcpFlags":16,"Protocol":[6],"CaptureSingleDirectionTrafficOnly":true}]}
            """);
        Assert.Equal((120, LiveCapture.MaxOctets, true, true), (filter.PacketOctets, filter.FileOctets, filter.TakesEsp, filter.TakesIke));
        Assert.True(filter.TakesInner(Packet("10.10.0.9", "10.20.0.4", 6, 500, 443, 0x18)));
        Assert.False(filter.TakesInner(Packet("10.10.0.9", "10.20.0.4", 6, 500, 443, 0x02)), "ACK is not set");
        Assert.False(filter.TakesInner(Packet("10.20.0.4", "10.10.0.9", 6, 443, 500, 0x10)), "one direction only");
        Assert.False(filter.TakesInner(Packet("10.10.0.9", "10.20.0.6", 6, 500, 443, 0x10)));
        Assert.False(filter.TakesInner(Packet("10.10.0.9", "10.20.0.4", 17, 500, 443)));
        Assert.False(filter.TakesSealed(Packet("198.51.100.7", "203.0.113.20", 50)), "a filter looks inside; what is sealed says nothing");
    }

    [Fact]
    public void The_way_back_is_taken_unless_forbidden()
    {
        var filter = Read("""{"Filters":[{"SourceSubnets":["10.10.0.0/24"],"DestinationPort":[443]}]}""");
        Assert.True(filter.TakesInner(Packet("10.10.0.9", "10.20.0.4", 6, 1_000, 443)));
        Assert.True(filter.TakesInner(Packet("10.20.0.4", "10.10.0.9", 6, 443, 1_000)));
        Assert.False(filter.TakesInner(Packet("10.20.0.4", "10.10.0.9", 6, 1_000, 443)));
    }

    [Fact]
    public void Flags_choose_between_esp_and_ike()
    {
        Assert.Equal((true, false), (Read("""{"TracingFlags":1}""").TakesEsp, Read("""{"TracingFlags":1}""").TakesIke));
        Assert.Equal((false, true), (Read("""{"TracingFlags":2}""").TakesEsp, Read("""{"TracingFlags":2}""").TakesIke));
        Assert.False(Read("""{"TracingFlags":2}""").TakesInner(Packet("10.10.0.9", "10.20.0.4", 6)));
    }

    [Fact]
    public void Sealed_is_protocol_50_and_what_is_no_ike_on_4500()
    {
        var filter = new CaptureFilter();
        Assert.True(filter.TakesSealed(Packet("198.51.100.7", "203.0.113.20", 50)));
        var esp = Packet("198.51.100.7", "203.0.113.20", 17, 4500, 4500);
        Assert.False(filter.TakesSealed(esp), "four zero octets are IKE");
        esp[28] = 0xc0;
        Assert.True(filter.TakesSealed(esp));
        Assert.False(filter.TakesSealed(Packet("198.51.100.7", "203.0.113.20", 6, 22, 22)));
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("[]", "should be an object")]
    [InlineData("""{"TracingFlag":1}""", "no \"TracingFlag\"")]
    [InlineData("""{"MaxPacketBufferSize":-1}""", "MaxPacketBufferSize should be")]
    [InlineData("""{"Filters":[{},{},{},{},{},{}]}""", "at most 5")]
    [InlineData("""{"Filters":[{"SourceSubnets":["10.1"]}]}""", "networks such as")]
    [InlineData("""{"Filters":[{"Protocol":[300]}]}""", "Protocol should be")]
    [InlineData("""{"Filters":[{"Ports":[1]}]}""", "no \"Ports\"")]
    public void What_is_not_understood_is_refused_with_its_name(string json, string says)
    {
        Assert.Null(CaptureFilter.Read(Encoding.UTF8.GetBytes(json), out var problem));
        Assert.Contains(says, problem);
    }

    [Fact]
    public void Headers_that_are_cut_or_strange_match_nothing()
    {
        var filter = Read("""{"Filters":[{"Protocol":[6]}]}""");
        for (var length = 0; length < 20; length++) Assert.False(filter.TakesInner(new byte[length]));
        var options = Packet("10.10.0.9", "10.20.0.4", 6)[..24];
        options[0] = 0x4f; // a header longer than what there is
        Assert.False(filter.TakesInner(options));
    }

    [Fact]
    public void A_capture_ends_at_its_bound_and_keeps_the_beginning_of_each_packet()
    {
        var live = new LiveCapture(new CaptureFilter { PacketOctets = 40, FileOctets = 1_000 }, new HashSet<int> { Tunnel }, TimeProvider.System);
        var packet = Packet("10.10.0.9", "10.20.0.4", 17, length: 1_400);
        for (var i = 0; i < 100 && live.Bound is null; i++) live.See(packet, new PacketSighting(Tunnel, IsOutgoing: i % 2 == 0, packet.Length));
        Assert.Equal("1000 octets", live.Bound);
        Assert.Equal(14, live.Packets.Count);
        Assert.All(live.Packets, p => Assert.Equal((40, 1_400), (p.Octets.Length, p.Length)));
        Assert.Equal(PacketDirection.Out, live.Packets[0].Direction);
    }
}
