using System.Buffers.Binary;
using System.Net;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Linux;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

public class PacketTooBigTests
{
    [Fact]
    public void An_IPv4_sender_is_told_what_fits_by_the_address_it_talked_to()
    {
        var packet = IPv4(1400, protocol: 17);
        var answer = new byte[PacketTooBig.MaxOctets];
        var length = PacketTooBig.Write(packet, 1300, answer);
        Assert.Equal(576, length);
        Assert.Equal("10.2.0.1", new IPAddress(answer.AsSpan(12, 4)).ToString());
        Assert.Equal("10.1.0.1", new IPAddress(answer.AsSpan(16, 4)).ToString());
        Assert.Equal((3, 4), (answer[20], answer[21]));
        Assert.Equal(1300, BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(26)));
        Assert.Equal(packet[..548], answer[28..576]);
        Assert.Equal(0xffff, InternetChecksum.Fold(InternetChecksum.Sum(answer.AsSpan(0, 20))));
        Assert.Equal(0xffff, InternetChecksum.Fold(InternetChecksum.Sum(answer.AsSpan(20, 556))));
    }

    [Fact]
    public void An_IPv6_sender_is_told_with_as_much_of_its_packet_as_fits_1280()
    {
        var packet = IPv6(1400, next: 6);
        var answer = new byte[PacketTooBig.MaxOctets];
        Assert.Equal(1280, PacketTooBig.Write(packet, 1340, answer));
        Assert.Equal("fd02::1", new IPAddress(answer.AsSpan(8, 16)).ToString());
        Assert.Equal((2, 0), (answer[40], answer[41]));
        Assert.Equal(1340u, BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(44)));
        Assert.Equal(packet[..1232], answer[48..1280]);
        var sum = InternetChecksum.PseudoHeader(answer, 58) + InternetChecksum.Word(1240);
        Assert.Equal(0xffff, InternetChecksum.Fold(InternetChecksum.Sum(answer.AsSpan(40, 1240), sum)));
    }

    [Fact]
    public void An_ICMP_error_a_later_fragment_and_a_multicast_packet_get_no_answer()
    {
        var answer = new byte[PacketTooBig.MaxOctets];
        var error = IPv4(1400, protocol: 1);
        error[20] = 3;
        Assert.Equal(0, PacketTooBig.Write(error, 1300, answer));
        error[20] = 8; // an echo request is no error
        Assert.NotEqual(0, PacketTooBig.Write(error, 1300, answer));
        var fragment = IPv4(1400, protocol: 17);
        fragment[7] = 100;
        Assert.Equal(0, PacketTooBig.Write(fragment, 1300, answer));
        var multicast = IPv4(1400, protocol: 17);
        multicast[16] = 239;
        Assert.Equal(0, PacketTooBig.Write(multicast, 1300, answer));
        var error6 = IPv6(1400, next: 58);
        error6[40] = 1;
        Assert.Equal(0, PacketTooBig.Write(error6, 1300, answer));
        error6[40] = 128;
        Assert.NotEqual(0, PacketTooBig.Write(error6, 1300, answer));
        Assert.NotEqual(0, PacketTooBig.Write(IPv6(1400, next: 6), 1240, answer));
        Assert.Equal(1280, BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(44))); // no sender goes below
    }

    [Fact]
    public void No_more_than_100_answers_leave_in_a_second()
    {
        var limiter = new TooBigLimiter();
        Assert.Equal(100, Enumerable.Range(0, 500).Count(_ => limiter.TryTake(5_250)));
        Assert.True(limiter.TryTake(6_000));
    }

    [Fact]
    public void Fragments_of_a_fragment_put_together_are_the_packet()
    {
        var packet = IPv4(1400, protocol: 17);
        packet[6] = 0x20; // more fragments follow
        packet[7] = 10; // and 80 octets came before
        Assert.True(IPv4Fragments.TryCreate(packet, 500, out var fragments));
        var scratch = new byte[2000];
        var payload = new List<byte>();
        while (fragments.WriteNext(scratch) is > 0 and var length)
        {
            var flags = BinaryPrimitives.ReadUInt16BigEndian(scratch.AsSpan(6));
            Assert.InRange(length, 21, 500);
            Assert.Equal(length, BinaryPrimitives.ReadUInt16BigEndian(scratch.AsSpan(2)));
            Assert.Equal(80 + payload.Count, (flags & 0x1fff) * 8);
            Assert.Equal(0x2000, flags & 0xe000); // even the last: it was not the last before
            Assert.Equal(0xffff, InternetChecksum.Fold(InternetChecksum.Sum(scratch.AsSpan(0, 20))));
            payload.AddRange(scratch[20..length]);
        }

        Assert.Equal(packet[20..], payload);
    }

    [Fact]
    public void DF_options_IPv6_and_a_fragment_that_ends_beyond_64_KiB_are_not_fragmented()
    {
        var df = IPv4(1400, protocol: 17);
        df[6] = 0x40;
        Assert.False(IPv4Fragments.TryCreate(df, 500, out _));
        var options = IPv4(1400, protocol: 17);
        options[0] = 0x46;
        Assert.False(IPv4Fragments.TryCreate(options, 500, out _));
        Assert.False(IPv4Fragments.TryCreate(IPv6(1400, 17), 500, out _));
        var last = IPv4(1400, protocol: 17);
        (last[6], last[7]) = (0x1f, 0xff);
        Assert.False(IPv4Fragments.TryCreate(last, 500, out _));
        Assert.False(IPv4Fragments.TryCreate(IPv4(1400, 17), 27, out _));
    }

    private static byte[] IPv4(int octets, byte protocol)
    {
        var packet = new byte[octets];
        new Random(octets).NextBytes(packet);
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)octets);
        (packet[6], packet[7], packet[9]) = (0, 0, protocol);
        IPAddress.Parse("10.1.0.1").TryWriteBytes(packet.AsSpan(12), out _);
        IPAddress.Parse("10.2.0.1").TryWriteBytes(packet.AsSpan(16), out _);
        return packet;
    }

    private static byte[] IPv6(int octets, byte next)
    {
        var packet = new byte[octets];
        new Random(octets).NextBytes(packet);
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(octets - 40));
        packet[6] = next;
        IPAddress.Parse("fd01::1").TryWriteBytes(packet.AsSpan(8), out _);
        IPAddress.Parse("fd02::1").TryWriteBytes(packet.AsSpan(24), out _);
        return packet;
    }
}
