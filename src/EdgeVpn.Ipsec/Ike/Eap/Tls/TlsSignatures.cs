using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Org.BouncyCastle.Tls;
using SignatureScheme = EdgeVpn.Ipsec.Crypto.SignatureScheme;
using TlsHash = Org.BouncyCastle.Tls.HashAlgorithm;
using TlsScheme = Org.BouncyCastle.Tls.SignatureAndHashAlgorithm;
using TlsSignature = Org.BouncyCastle.Tls.SignatureAlgorithm;

namespace EdgeVpn.Ipsec.Ike.Eap.Tls;

/// <summary>TLS's names for the signatures that are made and verified here (RFC 8446 §4.2.3): what IKE takes, and no SHA-1.</summary>
internal static class TlsSignatures
{
    private static readonly SignatureHashAlgorithm[] Hashes = [SignatureHashAlgorithm.Sha256, SignatureHashAlgorithm.Sha384, SignatureHashAlgorithm.Sha512];

    /// <summary>What we verify, best first.</summary>
    public static IList<TlsScheme> Accepted { get; } =
    [
        .. Hashes.Select(static h => Of(SignatureScheme.Ecdsa(h))), Of(SignatureScheme.Ed25519),
        .. Hashes.Select(static h => Of(SignatureScheme.RsaPss(h))), .. Hashes.Select(static h => Of(SignatureScheme.RsaPkcs1(h))),
    ];

    /// <summary>What our key signs with, given what the server verifies; null if it verifies nothing that the key can make.</summary>
    public static (SignatureScheme Scheme, TlsScheme Name)? For(SignatureKeyKind key, IEnumerable<TlsScheme> verified, bool isTls13)
    {
        var offered = verified.ToList();
        foreach (var scheme in Schemes(key, isTls13))
            if (offered.Contains(Of(scheme))) return (scheme, Of(scheme));
        return null;
    }

    /// <summary>TLS 1.3 ties a curve to its hash and knows PKCS #1 v1.5 in certificates only.</summary>
    private static IEnumerable<SignatureScheme> Schemes(SignatureKeyKind key, bool isTls13) => key switch
    {
        SignatureKeyKind.Ed25519 => [SignatureScheme.Ed25519],
        SignatureKeyKind.Rsa => [.. Hashes.Select(SignatureScheme.RsaPss), .. isTls13 ? [] : Hashes.Select(SignatureScheme.RsaPkcs1)],
        SignatureKeyKind.EcP384 when isTls13 => [SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha384)],
        SignatureKeyKind.EcP521 when isTls13 => [SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha512)],
        _ when isTls13 => [SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha256)],
        _ => Hashes.Select(SignatureScheme.Ecdsa),
    };

    private static TlsScheme Of(SignatureScheme scheme) => scheme.Algorithm switch
    {
        Crypto.SignatureAlgorithm.Ed25519 => TlsScheme.ed25519,
        Crypto.SignatureAlgorithm.RsaPss => scheme.Hash switch
        {
            SignatureHashAlgorithm.Sha384 => TlsScheme.rsa_pss_rsae_sha384,
            SignatureHashAlgorithm.Sha512 => TlsScheme.rsa_pss_rsae_sha512,
            _ => TlsScheme.rsa_pss_rsae_sha256,
        },
        _ => TlsScheme.GetInstance(
            scheme.Hash switch
            {
                SignatureHashAlgorithm.Sha384 => TlsHash.sha384,
                SignatureHashAlgorithm.Sha512 => TlsHash.sha512,
                _ => TlsHash.sha256,
            },
            scheme.Algorithm == Crypto.SignatureAlgorithm.Ecdsa ? TlsSignature.ecdsa : TlsSignature.rsa),
    };
}
