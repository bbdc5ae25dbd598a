using System.Diagnostics.CodeAnalysis;
using EdgeVpn.Ipsec.Wire.Registry;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace EdgeVpn.Ipsec.Crypto.KeyExchange;

/// <summary>Curve25519 and Curve448 (RFC 8031, RFC 7748): values are little-endian, any value of the right length is a point.</summary>
/// <remarks>A peer's point of small order gives an all-zero secret, and is refused by that (RFC 8031 §2, RFC 7748 §6).</remarks>
internal abstract class XdhKeyExchange(KeyExchangeMethod method, int size) : IKeyExchange
{
    private readonly int _size = size;

    public static XdhKeyExchange Curve25519 { get; } = new X25519Method();

    public static XdhKeyExchange Curve448 { get; } = new X448Method();

    public KeyExchangeMethod Method => method;

    public IKeyExchangeInitiation Initiate(IEntropy entropy) => new Initiation(this, DrawPrivate(entropy));

    public bool TryRespond(
        ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared)
    {
        publicValue = null;
        using var scalar = DrawPrivate(entropy);
        if (!TryAgree(scalar, peer, out shared))
            return false;

        publicValue = PublicValue(scalar);
        return true;
    }

    protected abstract void MultiplyBase(ReadOnlySpan<byte> scalar, Span<byte> publicValue);

    /// <returns>False if the shared secret is all zero.</returns>
    protected abstract bool Multiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> peer, Span<byte> shared);

    private Secret DrawPrivate(IEntropy entropy)
    {
        var scalar = new Secret(_size); // clamped when it is used (RFC 7748 §5)
        entropy.Fill(scalar.Fill);
        return scalar;
    }

    private byte[] PublicValue(Secret scalar)
    {
        var publicValue = new byte[_size];
        MultiplyBase(scalar.Octets, publicValue);
        return publicValue;
    }

    private bool TryAgree(Secret scalar, ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared)
    {
        shared = null;
        if (peer.Length != _size)
            return false;

        var z = new Secret(_size);
        if (!Multiply(scalar.Octets, peer, z.Fill))
        {
            z.Dispose();
            return false;
        }

        shared = z;
        return true;
    }

    private sealed class X25519Method() : XdhKeyExchange(KeyExchangeMethod.Curve25519, X25519.PointSize)
    {
        protected override void MultiplyBase(ReadOnlySpan<byte> scalar, Span<byte> publicValue) => X25519.ScalarMultBase(scalar, publicValue);

        protected override bool Multiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> peer, Span<byte> shared) =>
            X25519.CalculateAgreement(scalar, peer, shared);
    }

    private sealed class X448Method() : XdhKeyExchange(KeyExchangeMethod.Curve448, X448.PointSize)
    {
        protected override void MultiplyBase(ReadOnlySpan<byte> scalar, Span<byte> publicValue) => X448.ScalarMultBase(scalar, publicValue);

        protected override bool Multiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> peer, Span<byte> shared) =>
            X448.CalculateAgreement(scalar, peer, shared);
    }

    private sealed class Initiation(XdhKeyExchange method, Secret scalar) : IKeyExchangeInitiation
    {
        public byte[] PublicValue { get; } = method.PublicValue(scalar);

        public bool TryFinish(ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared) => method.TryAgree(scalar, peer, out shared);

        public void Dispose() => scalar.Dispose();
    }
}
