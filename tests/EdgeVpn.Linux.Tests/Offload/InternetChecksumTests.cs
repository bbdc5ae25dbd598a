using System.Buffers.Binary;
using Xunit;

namespace EdgeVpn.Linux.Tests.Offload;

public class InternetChecksumTests
{
    // RFC 1071 §3, the example: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2.
    [Fact]
    public void The_example_of_RFC_1071_sums_to_ddf2()
    {
        var sum = InternetChecksum.Fold(InternetChecksum.Sum(Convert.FromHexString("0001f203f4f5f6f7")));
        Assert.Equal(0xddf2, BinaryPrimitives.ReverseEndianness(sum));
    }

    [Fact]
    public void Every_length_and_alignment_agrees_with_the_plain_loop()
    {
        var random = new Random(1071);
        var octets = new byte[2048];
        for (var length = 0; length < 1600; length++)
        {
            random.NextBytes(octets);
            if (length % 7 == 0) octets.AsSpan().Fill(0xff); // the most carries
            var part = octets.AsSpan(random.Next(64), length);
            var fast = BinaryPrimitives.ReverseEndianness(InternetChecksum.Fold(InternetChecksum.Sum(part)));
            Assert.Equal(Packet.Sum(part), fast);
        }
    }

    [Fact]
    public void The_longest_packet_of_all_ones_does_not_overflow()
    {
        var octets = new byte[65_535];
        octets.AsSpan().Fill(0xff);
        Assert.Equal(Packet.Sum(octets), BinaryPrimitives.ReverseEndianness(InternetChecksum.Fold(InternetChecksum.Sum(octets))));
    }
}
