using EdgeVpn.Ipsec.Esp;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Esp;

/// <summary>RFC 4303 appendix A2: the high half of a sequence number is told from the window.</summary>
public sealed class SequenceNumberTests
{
    [Theory]
    // Case A: the window lies within one span.
    [InlineData(0x0000_0000_0000_1000UL, 64, 0x0000_1000u, 0x0000_0000_0000_1000UL)] // the top itself
    [InlineData(0x0000_0000_0000_1000UL, 64, 0x0000_1001u, 0x0000_0000_0000_1001UL)] // the next
    [InlineData(0x0000_0000_0000_1000UL, 64, 0x0000_0FC1u, 0x0000_0000_0000_0FC1UL)] // the window's left end
    [InlineData(0x0000_0000_0000_1000UL, 64, 0x0000_0FC0u, 0x0000_0001_0000_0FC0UL)] // left of it: the next span
    [InlineData(0x0000_0000_FFFF_FFFFUL, 64, 0x0000_0000u, 0x0000_0001_0000_0000UL)] // the wrap
    [InlineData(0x0000_0007_FFFF_FFFFUL, 64, 0x0000_0005u, 0x0000_0008_0000_0005UL)]
    // Case B: the window's left end lies in the span before.
    [InlineData(0x0000_0001_0000_0005UL, 64, 0x0000_0003u, 0x0000_0001_0000_0003UL)]
    [InlineData(0x0000_0001_0000_0005UL, 64, 0xFFFF_FFFFu, 0x0000_0000_FFFF_FFFFUL)]
    [InlineData(0x0000_0001_0000_0005UL, 64, 0xFFFF_FFC6u, 0x0000_0000_FFFF_FFC6UL)] // the window's left end
    [InlineData(0x0000_0001_0000_0005UL, 64, 0xFFFF_FFC5u, 0x0000_0001_FFFF_FFC5UL)] // left of it
    [InlineData(0x0000_0001_0000_003EUL, 64, 0xFFFF_FFFFu, 0x0000_0000_FFFF_FFFFUL)] // Tl = W − 2
    [InlineData(0x0000_0001_0000_003FUL, 64, 0xFFFF_FFFFu, 0x0000_0001_FFFF_FFFFUL)] // Tl = W − 1: case A again
    // The beginning: nothing lies before it.
    [InlineData(0UL, 64, 1u, 1UL)]
    [InlineData(5UL, 64, 0xFFFF_FFFFu, 0UL)]
    public void Low_half_becomes_the_whole_number(ulong top, int window, uint low, ulong expected) =>
        Assert.Equal(expected, SequenceNumber.Reconstruct(low, top, window));

    [Fact]
    public void Any_number_of_the_window_or_up_to_2_to_the_32_ahead_of_its_left_end_is_found_again()
    {
        var random = new Random(11);
        for (var i = 0; i < 200_000; i++)
        {
            var window = 64 * random.Next(1, 65);
            var top = (ulong)random.NextInt64(0, 1L << (34 + random.Next(20)));
            var left = (long)top - window + 1;
            var offset = random.Next(3) == 0 ? random.NextInt64(0, 200) : random.NextInt64(0, 1L << 32);
            var sequence = left + offset;
            if (sequence <= 0)
                continue;
            Assert.Equal((ulong)sequence, SequenceNumber.Reconstruct((uint)sequence, top, window));
        }
    }

    [Fact]
    public void Without_a_window_the_nearest_number_is_taken()
    {
        Assert.Equal(0x1_FFFF_FFF0UL, SequenceNumber.Reconstruct(0xFFFF_FFF0, 0x2_0000_1000, window: 0));
        Assert.Equal(0x2_0000_0010UL, SequenceNumber.Reconstruct(0x0000_0010, 0x2_0000_1000, window: 0));
        Assert.Equal(0x3_0000_0010UL, SequenceNumber.Reconstruct(0x0000_0010, 0x2_FFFF_0000, window: 0));
    }
}
