using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Simulation;

/// <summary>Diffie-Hellman modulo a 64-bit prime: a key exchange of a microsecond, so that 100,000 seeds take minutes. It protects nothing.</summary>
public sealed class ToyKeyExchange(KeyExchangeMethod method = ToyKeyExchange.Number) : IKeyExchange
{
    /// <summary>The first number of the range for private use (RFC 7296 §3.3.2).</summary>
    public const KeyExchangeMethod Number = (KeyExchangeMethod)1024;

    /// <summary>The same under a second number, for those who disagree about groups.</summary>
    public const KeyExchangeMethod OtherNumber = (KeyExchangeMethod)1025;

    /// <summary>And under a third, for additional key exchanges.</summary>
    public const KeyExchangeMethod ThirdNumber = (KeyExchangeMethod)1026;

    private const ulong Prime = ulong.MaxValue - 58; // 2^64 − 59, the largest prime below 2^64
    private const ulong Generator = 2;

    /// <summary>Told apart from its speed: so that what is slow in life is tried in a microsecond.</summary>
    public bool IsSlow { get; init; }

    public KeyExchangeMethod Method => method;

    public IKeyExchangeInitiation Initiate(IEntropy entropy) => new Initiation(DrawPrivate(entropy));

    public bool TryRespond(
        ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared)
    {
        var x = DrawPrivate(entropy);
        publicValue = null;
        if (!TryAgree(x, peer, out shared))
            return false;

        publicValue = Octets(Power(Generator, x));
        return true;
    }

    private static ulong DrawPrivate(IEntropy entropy) => entropy.NextUInt64() | 2; // never 0 or 1

    private static bool TryAgree(ulong x, ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared)
    {
        shared = null;
        if (peer.Length != sizeof(ulong))
            return false;

        var y = BinaryPrimitives.ReadUInt64BigEndian(peer);
        if (y is <= 1 or >= Prime - 1)
            return false;

        shared = new Secret(Octets(Power(y, x)));
        return true;
    }

    private static ulong Power(ulong value, ulong exponent)
    {
        var result = 1UL;
        for (; exponent != 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0)
                result = Multiply(result, value);
            value = Multiply(value, value);
        }

        return result;
    }

    private static ulong Multiply(ulong a, ulong b)
    {
        // 2^64 = 59 modulo the prime: fold the high half twice.
        var high = Math.BigMul(a, b, out var low);
        var folded = (UInt128)high * 59 + low;
        folded = (folded >> 64) * 59 + (ulong)folded;
        return (ulong)(folded >= Prime ? folded - Prime : folded);
    }

    private static byte[] Octets(ulong value)
    {
        var octets = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(octets, value);
        return octets;
    }

    private sealed class Initiation(ulong x) : IKeyExchangeInitiation
    {
        public byte[] PublicValue { get; } = Octets(Power(Generator, x));

        public bool TryFinish(ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared) => TryAgree(x, peer, out shared);

        public void Dispose()
        {
        }
    }
}
