using System.Diagnostics.CodeAnalysis;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Linux.Libcrypto;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>Curve25519 and Curve448 (RFC 8031) over libcrypto; the scalar is drawn from <see cref="IEntropy"/>.</summary>
internal sealed class LibcryptoXdh(KeyExchangeMethod method, MontgomeryCurve curve) : IKeyExchange
{
    private readonly MontgomeryCurve _curve = curve;

    public static LibcryptoXdh Curve25519 => new(KeyExchangeMethod.Curve25519, MontgomeryCurve.X25519());

    public static LibcryptoXdh Curve448 => new(KeyExchangeMethod.Curve448, MontgomeryCurve.X448());

    public KeyExchangeMethod Method => method;

    public IKeyExchangeInitiation Initiate(IEntropy entropy) => new Initiation(this, Draw(entropy));

    public bool TryRespond(
        ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared)
    {
        publicValue = null;
        using var scalar = Draw(entropy);
        if (!TryAgree(scalar, peer, out shared)) return false;
        publicValue = PublicValue(scalar);
        return true;
    }

    private Secret Draw(IEntropy entropy)
    {
        var scalar = new Secret(_curve.Octets); // clamped when it is used (RFC 7748 §5)
        entropy.Fill(scalar.Fill);
        return scalar;
    }

    private byte[] PublicValue(Secret scalar)
    {
        var value = new byte[_curve.Octets];
        _curve.PublicValue(scalar.Octets, value);
        return value;
    }

    private bool TryAgree(Secret scalar, ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared)
    {
        var agreed = new Secret(_curve.Octets);
        shared = _curve.TryAgree(scalar.Octets, peer, agreed.Fill) ? agreed : null;
        if (shared is null) agreed.Dispose();
        return shared is not null;
    }

    private sealed class Initiation(LibcryptoXdh method, Secret scalar) : IKeyExchangeInitiation
    {
        public byte[] PublicValue { get; } = method.PublicValue(scalar);

        public bool TryFinish(ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared) => method.TryAgree(scalar, peer, out shared);

        public void Dispose() => scalar.Dispose();
    }
}
