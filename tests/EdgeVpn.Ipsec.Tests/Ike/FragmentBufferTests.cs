using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike;

/// <summary>RFC 7383 §2.6, and the bounds.</summary>
public sealed class FragmentBufferTests
{
    private static readonly Instant Now = new(TimeSpan.TicksPerDay);
    private readonly FragmentBuffer _buffer = new();

    [Theory]
    [InlineData(1, 2, 3)]
    [InlineData(3, 2, 1)]
    [InlineData(2, 3, 1)]
    public void In_any_order_the_fragments_make_the_message(int a, int b, int c)
    {
        Assert.False(Add(a, 3));
        Assert.False(Add(b, 3));
        Assert.True(Add(c, 3, out var whole));
        Assert.Equal([1, 1, 2, 2, 3, 3], whole);
        Assert.Equal(PayloadType.Notify, _buffer.First);
        Assert.Equal(Instant.Never, _buffer.Deadline);
    }

    [Fact]
    public void A_copy_counts_once()
    {
        Assert.False(Add(1, 2));
        Assert.False(Add(1, 2));
        Assert.True(Add(2, 2));
    }

    [Fact]
    public void More_fragments_begin_anew_and_fewer_are_of_the_sending_before()
    {
        Assert.False(Add(1, 2));
        Assert.False(Add(1, 3));
        Assert.False(Add(2, 2)); // would have completed it
        Assert.False(Add(2, 3));
        Assert.True(Add(3, 3));
    }

    [Fact]
    public void Another_message_takes_the_place()
    {
        Assert.False(Add(1, 2));
        Assert.False(Add(2, 2, out _, messageId: 8));
        Assert.True(Add(1, 2, out _, messageId: 8));
    }

    [Fact]
    public void What_waited_too_long_is_not_completed()
    {
        Assert.False(Add(1, 2));
        Assert.Equal(Now + FragmentBuffer.Patience, _buffer.Deadline);
        Assert.False(Add(2, 2, out _, at: Now + FragmentBuffer.Patience));
        Assert.True(Add(1, 2, out _, at: Now + FragmentBuffer.Patience));
    }

    [Fact]
    public void No_more_fragments_and_octets_than_the_bounds()
    {
        Assert.False(Add(1, FragmentBuffer.MaxFragments + 1));
        Assert.Equal(Instant.Never, _buffer.Deadline);
        var big = new byte[1500];
        var added = 0;
        for (ushort n = 1; n <= FragmentBuffer.MaxFragments; n++)
        {
            Assert.False(_buffer.Add(7, n, FragmentBuffer.MaxFragments, PayloadType.None, big, Now, out _));
            if (_buffer.Deadline == Instant.Never) break;
            added += big.Length;
        }

        Assert.InRange(added, FragmentBuffer.MaxOctets - big.Length, FragmentBuffer.MaxOctets);
    }

    private bool Add(int number, int total) => Add(number, total, out _);

    private bool Add(int number, int total, out byte[] whole, uint messageId = 7, Instant? at = null) => _buffer.Add(
        messageId, (ushort)number, (ushort)total, number == 1 ? PayloadType.Notify : PayloadType.None, [(byte)number, (byte)number], at ?? Now, out whole);
}
