using System.Diagnostics.CodeAnalysis;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Linux.Libcrypto;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>The NIST curves (RFC 5903) over libcrypto's points; the scalar is drawn from <see cref="IEntropy"/>.</summary>
/// <remarks>
/// Two multiplications for an answer. The platform's classes do six: whatever key they import, they check that its order is the curve's, which on a curve
/// with cofactor 1 says no more than that the point is on it (RFC 6989 §2.3), and that is checked here.
/// </remarks>
internal sealed class LibcryptoEcp(KeyExchangeMethod method, EllipticCurve curve) : IKeyExchange
{
    private readonly EllipticCurve _curve = curve;

    /// <summary>Groups 19, 20 and 21.</summary>
    public static IEnumerable<IKeyExchange> All =>
    [
        new LibcryptoEcp(KeyExchangeMethod.Ecp256, new EllipticCurve(CurveName.P256)),
        new LibcryptoEcp(KeyExchangeMethod.Ecp384, new EllipticCurve(CurveName.P384)),
        new LibcryptoEcp(KeyExchangeMethod.Ecp521, new EllipticCurve(CurveName.P521)),
    ];

    public KeyExchangeMethod Method => method;

    public bool IsSlow => Method != KeyExchangeMethod.Ecp256;

    public IKeyExchangeInitiation Initiate(IEntropy entropy)
    {
        var (scalar, publicValue) = Draw(entropy);
        return new Initiation(this, scalar, publicValue);
    }

    public bool TryRespond(
        ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared)
    {
        var (scalar, ours) = Draw(entropy);
        using (scalar)
        {
            publicValue = TryAgree(scalar, peer, out shared) ? ours : null;
            return publicValue is not null;
        }
    }

    /// <summary>A scalar below the order; P-521's has 521 bits, so of its highest octet only one counts.</summary>
    private (Secret Scalar, byte[] PublicValue) Draw(IEntropy entropy)
    {
        var publicValue = new byte[2 * _curve.CoordinateOctets];
        var scalar = new Secret(_curve.CoordinateOctets);
        do
        {
            entropy.Fill(scalar.Fill);
            if (Method == KeyExchangeMethod.Ecp521) scalar.Fill[0] &= 1;
        }
        while (!_curve.TryPublicValue(scalar.Octets, publicValue));
        return (scalar, publicValue);
    }

    private bool TryAgree(Secret scalar, ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared)
    {
        var agreed = new Secret(_curve.CoordinateOctets);
        shared = _curve.TryAgree(scalar.Octets, peer, agreed.Fill) ? agreed : null;
        if (shared is null) agreed.Dispose();
        return shared is not null;
    }

    private sealed class Initiation(LibcryptoEcp method, Secret scalar, byte[] publicValue) : IKeyExchangeInitiation
    {
        public byte[] PublicValue => publicValue;

        public bool TryFinish(ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared) => method.TryAgree(scalar, peer, out shared);

        public void Dispose() => scalar.Dispose();
    }
}
