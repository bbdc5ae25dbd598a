using System.Buffers.Binary;
using System.Numerics;
using EdgeVpn.Ipsec;
using Xunit;

namespace EdgeVpn.Simulation;

public sealed class ToyKeyExchangeTests
{
    private const ulong Prime = ulong.MaxValue - 58;

    [Theory]
    [InlineData(0x0123456789abcdefUL, 0xfedcba9876543210UL)]
    [InlineData(2UL, ulong.MaxValue)]
    [InlineData(0UL, 0UL)]
    public void Both_sides_compute_the_power_that_ordinary_arithmetic_gives(ulong initiatorDraw, ulong responderDraw)
    {
        var toy = new ToyKeyExchange();
        using var initiation = toy.Initiate(new OneDraw(initiatorDraw));
        Assert.True(toy.TryRespond(initiation.PublicValue, new OneDraw(responderDraw), out var answer, out var responderSecret));
        Assert.True(initiation.TryFinish(answer, out var initiatorSecret));

        var y = BigInteger.ModPow(2, initiatorDraw | 2, Prime);
        Assert.Equal(y, BinaryPrimitives.ReadUInt64BigEndian(initiation.PublicValue));
        Assert.Equal(BigInteger.ModPow(y, responderDraw | 2, Prime), BinaryPrimitives.ReadUInt64BigEndian(responderSecret.Octets));
        Assert.Equal(responderSecret.Octets, initiatorSecret.Octets);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(Prime - 1)]
    [InlineData(Prime)]
    [InlineData(ulong.MaxValue)]
    public void A_value_outside_2_to_p_minus_2_is_refused(ulong peer)
    {
        var octets = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(octets, peer);
        Assert.False(new ToyKeyExchange().TryRespond(octets, new OneDraw(5), out _, out _));
    }

    private sealed class OneDraw(ulong value) : IEntropy
    {
        public void Fill(Span<byte> destination) => BinaryPrimitives.WriteUInt64BigEndian(destination, value);
    }
}
