using System.Diagnostics.CodeAnalysis;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Crypto.KeyExchange;

/// <summary>Diffie-Hellman modulo a prime (RFC 3526, RFC 2409 §6.2, RFC 5114 §2.3).</summary>
/// <remarks>Public values and the shared secret are as long as the prime, with leading zeros (RFC 7296 §2.14, §3.4).</remarks>
internal sealed class ModpKeyExchange(ModpGroup group, IModulus modulus) : IKeyExchange
{
    private readonly ModpGroup _group = group;
    private readonly IModulus _modulus = modulus;

    public ModpKeyExchange(ModpGroup group)
        : this(group, new MontgomeryModulus(group.Prime))
    {
    }

    public KeyExchangeMethod Method => _group.Method;

    public bool IsSlow => _group.Prime.Length >= 2048 / 8;

    public IKeyExchangeInitiation Initiate(IEntropy entropy) => new Initiation(this, DrawPrivate(entropy));

    public bool TryRespond(
        ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared)
    {
        publicValue = null;
        shared = null;
        if (!IsAcceptable(peer))
            return false;

        using var x = DrawPrivate(entropy);
        publicValue = PublicValue(x);
        shared = Agree(x, peer);
        return true;
    }

    /// <summary>1 &lt; y &lt; p − 1, and y^q = 1 where the group has small subgroups (RFC 6989 §2.1, §2.2).</summary>
    internal bool IsAcceptable(ReadOnlySpan<byte> y)
    {
        ReadOnlySpan<byte> prime = _group.Prime;
        if (y.Length != prime.Length)
            return false;

        if (y[..^1].IndexOfAnyExcept((byte)0) < 0 && y[^1] <= 1)
            return false;

        // p − 1 differs from the odd p in its last bit only.
        if (y.SequenceCompareTo(prime) >= 0 || (y[..^1].SequenceEqual(prime[..^1]) && y[^1] == (prime[^1] ^ 1)))
            return false;

        if (_group.Order is null)
            return true;

        var power = new byte[prime.Length];
        _modulus.Power(y, _group.Order, power);
        return power.AsSpan(..^1).IndexOfAnyExcept((byte)0) < 0 && power[^1] == 1;
    }

    private Secret DrawPrivate(IEntropy entropy)
    {
        if (_group.Order is not null)
            return PrivateScalar.Draw(entropy, _group.Order);

        var x = new Secret(_group.ExponentBits / 8);
        entropy.Fill(x.Fill);
        x.Fill[0] |= 0x80; // of full length, and never zero
        return x;
    }

    private byte[] PublicValue(Secret x)
    {
        var y = new byte[_group.Prime.Length];
        _modulus.Power(_group.Generator, x.Octets, y);
        return y;
    }

    private Secret Agree(Secret x, ReadOnlySpan<byte> peer)
    {
        var z = new Secret(_group.Prime.Length);
        _modulus.Power(peer, x.Octets, z.Fill);
        return z;
    }

    private sealed class Initiation(ModpKeyExchange method, Secret x) : IKeyExchangeInitiation
    {
        public byte[] PublicValue { get; } = method.PublicValue(x);

        public bool TryFinish(ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared)
        {
            shared = method.IsAcceptable(peer) ? method.Agree(x, peer) : null;
            return shared is not null;
        }

        public void Dispose() => x.Dispose();
    }
}
