using System.Formats.Asn1;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>What a key can sign with.</summary>
public enum SignatureKeyKind
{
    Rsa = 1,
    EcP256,
    EcP384,
    EcP521,
    Ed25519,
}

/// <summary>The key's AlgorithmIdentifier, alike in SubjectPublicKeyInfo and PKCS #8 (RFC 5280 §4.1.2.7, RFC 5958).</summary>
internal static class SignatureKeyIdentifier
{
    private const string Rsa = "1.2.840.113549.1.1.1";
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string Ed25519 = "1.3.101.112";

    /// <returns>Null for a key of another kind; a curve must be named, for one given by its numbers could be anybody's.</returns>
    /// <exception cref="AsnContentException">Not an AlgorithmIdentifier.</exception>
    public static SignatureKeyKind? Read(AsnReader reader)
    {
        var identifier = reader.ReadSequence();
        var oid = identifier.ReadObjectIdentifier();
        SignatureKeyKind? kind = oid switch
        {
            Rsa => SignatureKeyKind.Rsa,
            Ed25519 => SignatureKeyKind.Ed25519,
            EcPublicKey when identifier.HasData && identifier.PeekTag().HasSameClassAndValue(Asn1Tag.ObjectIdentifier) => Curve(identifier.ReadObjectIdentifier()),
            _ => null,
        };
        if (kind is null)
            return null;

        if (kind == SignatureKeyKind.Rsa)
            identifier.ReadNull(); // required (RFC 3279 §2.3.1)
        identifier.ThrowIfNotEmpty();
        return kind;
    }

    /// <summary>The scheme's family fits the key; any curve goes with any hash (RFC 7427 §3).</summary>
    public static bool Fits(this SignatureKeyKind kind, SignatureAlgorithm algorithm) => algorithm switch
    {
        SignatureAlgorithm.RsaPkcs1 or SignatureAlgorithm.RsaPss => kind == SignatureKeyKind.Rsa,
        SignatureAlgorithm.Ecdsa => kind is SignatureKeyKind.EcP256 or SignatureKeyKind.EcP384 or SignatureKeyKind.EcP521,
        SignatureAlgorithm.Ed25519 => kind == SignatureKeyKind.Ed25519,
        _ => false,
    };

    /// <summary>Curve and hash of authentication methods 9, 10 and 11 (RFC 4754 §3).</summary>
    public static (SignatureKeyKind Kind, HashAlgorithmName Hash)? Rfc4754(AuthenticationMethod method) => method switch
    {
        AuthenticationMethod.EcdsaSha256P256 => (SignatureKeyKind.EcP256, HashAlgorithmName.SHA256),
        AuthenticationMethod.EcdsaSha384P384 => (SignatureKeyKind.EcP384, HashAlgorithmName.SHA384),
        AuthenticationMethod.EcdsaSha512P521 => (SignatureKeyKind.EcP521, HashAlgorithmName.SHA512),
        _ => null,
    };

    private static SignatureKeyKind? Curve(string oid) => oid switch
    {
        "1.2.840.10045.3.1.7" => SignatureKeyKind.EcP256,
        "1.3.132.0.34" => SignatureKeyKind.EcP384,
        "1.3.132.0.35" => SignatureKeyKind.EcP521,
        _ => null,
    };
}
