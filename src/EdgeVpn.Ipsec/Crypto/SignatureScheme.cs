using System.Security.Cryptography;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>The families of digital signatures that IKEv2 peers use.</summary>
public enum SignatureAlgorithm
{
    /// <summary>RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).</summary>
    RsaPkcs1,

    /// <summary>RSASSA-PSS with MGF1 over the same hash (RFC 8017 §8.1, RFC 4055 §3.1).</summary>
    RsaPss,

    /// <summary>ECDSA on the P-256, P-384 or P-521 curve.</summary>
    Ecdsa,

    /// <summary>Ed25519, which hashes by itself (RFC 8032, RFC 8420).</summary>
    Ed25519,
}

/// <summary>How octets are signed: what an AlgorithmIdentifier of RFC 7427 says.</summary>
/// <param name="SaltOctets">The salt of <see cref="SignatureAlgorithm.RsaPss"/>; 0 for all others.</param>
public readonly record struct SignatureScheme(SignatureAlgorithm Algorithm, SignatureHashAlgorithm Hash, int SaltOctets = 0)
{
    public static readonly SignatureScheme Ed25519 = new(SignatureAlgorithm.Ed25519, SignatureHashAlgorithm.Identity);

    public static SignatureScheme RsaPkcs1(SignatureHashAlgorithm hash) => new(SignatureAlgorithm.RsaPkcs1, hash);

    /// <summary>RSASSA-PSS with a salt as long as the hash, as RFC 4055 §3.1 recommends.</summary>
    public static SignatureScheme RsaPss(SignatureHashAlgorithm hash) => new(SignatureAlgorithm.RsaPss, hash, HashOctets(hash));

    public static SignatureScheme Ecdsa(SignatureHashAlgorithm hash) => new(SignatureAlgorithm.Ecdsa, hash);

    /// <summary>Length of the hash's output; 0 for a hash that is not computed apart.</summary>
    internal static int HashOctets(SignatureHashAlgorithm hash) => hash switch
    {
        SignatureHashAlgorithm.Sha1 => SHA1.HashSizeInBytes,
        SignatureHashAlgorithm.Sha256 => SHA256.HashSizeInBytes,
        SignatureHashAlgorithm.Sha384 => SHA384.HashSizeInBytes,
        SignatureHashAlgorithm.Sha512 => SHA512.HashSizeInBytes,
        _ => 0,
    };

    internal static HashAlgorithmName HashName(SignatureHashAlgorithm hash) => hash switch
    {
        SignatureHashAlgorithm.Sha1 => HashAlgorithmName.SHA1,
        SignatureHashAlgorithm.Sha256 => HashAlgorithmName.SHA256,
        SignatureHashAlgorithm.Sha384 => HashAlgorithmName.SHA384,
        SignatureHashAlgorithm.Sha512 => HashAlgorithmName.SHA512,
        _ => throw new ArgumentOutOfRangeException(nameof(hash), hash, "Not a hash that is computed apart."),
    };

    /// <summary>The padding of the two RSA families; that of the platform's RSASSA-PSS has a salt as long as the hash.</summary>
    internal RSASignaturePadding Padding() => Algorithm == SignatureAlgorithm.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

    /// <summary>False for RSASSA-PSS with another salt than the platform's library knows.</summary>
    internal bool HasUsualSalt => Algorithm != SignatureAlgorithm.RsaPss || SaltOctets == HashOctets(Hash);
}

/// <summary>What became of a signature. Only <see cref="Valid"/> lets a peer in; the others say why not.</summary>
public enum SignatureVerdict
{
    /// <summary>No verdict: the value of a forgotten variable must not let anyone in.</summary>
    None = 0,

    Valid,

    /// <summary>The Authentication Data is cut short, or its AlgorithmIdentifier is not DER.</summary>
    Malformed,

    /// <summary>The method, or the AlgorithmIdentifier, is none that we verify.</summary>
    UnsupportedAlgorithm,

    /// <summary>The scheme is known, but its hash is not among those accepted (RFC 7427 §4).</summary>
    HashNotAccepted,

    /// <summary>The scheme is not for a key of this kind, or of this curve.</summary>
    WrongKey,

    /// <summary>The signature does not verify.</summary>
    WrongSignature,
}
