using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace EdgeVpn.Model.Jose;

/// <summary>A public key on P-256: a fleet's, which signs, or a box's, to which secrets are sealed.</summary>
/// <remarks>Immutable, a point of the curve. Two are equal if their points are.</remarks>
public sealed class P256Key : IEquatable<P256Key>
{
    private const int CoordinateOctets = 32;
    private readonly byte[] _x;
    private readonly byte[] _y;

    private P256Key(byte[] x, byte[] y)
    {
        (_x, _y) = (x, y);
        Thumbprint = Base64Text.Encode(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{X}}","y":"{{Y}}"}""")));
    }

    /// <summary>Base64url of the coordinate (RFC 7518 §6.2.1.2).</summary>
    public string X => Base64Text.Encode(_x);

    /// <summary>Base64url of the coordinate.</summary>
    public string Y => Base64Text.Encode(_y);

    /// <summary>SHA-256 JWK thumbprint (RFC 7638), base64url: 43 characters; the <c>kid</c> wherever this key is named.</summary>
    public string Thumbprint { get; }

    /// <summary>The thumbprint's first 20 octets as people compare them: eight groups of five hex digits.</summary>
    public string Fingerprint
    {
        get
        {
            _ = Base64Text.TryDecode(Thumbprint, out var hash);
            var hex = Convert.ToHexStringLower(hash!, 0, 20);
            return string.Join('-', Enumerable.Range(0, 8).Select(i => hex.Substring(i * 5, 5)));
        }
    }

    /// <summary>The public half of a key.</summary>
    public static P256Key Of(ECDsa key) => Of(key.ExportParameters(includePrivateParameters: false));

    /// <summary>The public half of a key.</summary>
    public static P256Key Of(ECDiffieHellman key) => Of(key.ExportParameters(includePrivateParameters: false));

    /// <summary>False unless both are canonical base64url of 32 octets and their point is on the curve.</summary>
    public static bool TryCreate(string? x, string? y, [NotNullWhen(true)] out P256Key? key)
    {
        key = null;
        if (!Base64Text.TryDecode(x, out var xs) || !Base64Text.TryDecode(y, out var ys) || xs.Length != CoordinateOctets || ys.Length != CoordinateOctets) return false;
        var candidate = new P256Key(xs, ys);
        try
        {
            // The provider refuses a point that is not on the curve: without that a stranger's point could read the private key bit by bit.
            using var _ = candidate.ToVerifier();
        }
        catch (CryptographicException)
        {
            return false;
        }

        key = candidate;
        return true;
    }

    public bool Equals(P256Key? other) => other is not null && _x.AsSpan().SequenceEqual(other._x) && _y.AsSpan().SequenceEqual(other._y);

    public override bool Equals(object? obj) => Equals(obj as P256Key);

    public override int GetHashCode() => Thumbprint.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Thumbprint;

    /// <summary>To verify signatures with; the caller disposes it.</summary>
    public ECDsa ToVerifier() => ECDsa.Create(Parameters());

    /// <summary>To agree with; the caller disposes it.</summary>
    public ECDiffieHellman ToAgreement() => ECDiffieHellman.Create(Parameters());

    private static P256Key Of(ECParameters parameters)
    {
        if (parameters.Q is not { X.Length: CoordinateOctets, Y.Length: CoordinateOctets }) throw new ArgumentException("The key is not on P-256.", nameof(parameters));
        return new P256Key(parameters.Q.X!, parameters.Q.Y!);
    }

    private ECParameters Parameters() => new() { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = [.. _x], Y = [.. _y] } };
}
