using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Pki;

/// <summary>What one connection proves itself with and whom it trusts, read once. Immutable; several threads use it at once.</summary>
public sealed class LoadedCredential
{
    /// <summary>Signing draws on one handle; the key's own thread safety is nobody's promise.</summary>
    private readonly Lock _signing = new();

    /// <summary>Our certificate and what is between it and its root, in DER; empty where only the peer has one.</summary>
    public ImmutableArray<byte[]> Chain { get; private init; } = [];

    public SignaturePrivateKey? Key { get; private init; }

    /// <summary>What our certificate calls us first: an e-mail address, a DNS name, or else the common name; empty without one (RFC 5216 §5.2).</summary>
    public string Name { get; private init; } = "";

    /// <summary>Self-signed: where a peer's chain must end.</summary>
    public X509Certificate2Collection Roots { get; private init; } = [];

    /// <summary>Helps to find the way to a root; trusted for nothing.</summary>
    public X509Certificate2Collection Intermediates { get; private init; } = [];

    public RevocationPolicy Revocation { get; private init; }

    /// <summary>No certificate of ours, and none of our authorities, begins later than this: an earlier clock is wrong.</summary>
    public DateTimeOffset ClockAtLeast { get; private init; }

    /// <summary>SHA-1 of the authorities' SubjectPublicKeyInfo: what CERTREQ lists (RFC 7296 §3.7).</summary>
    public ImmutableArray<byte[]> AuthorityHashes =>
        [.. Roots.Concat(Intermediates).Select(static c => SHA1.HashData(c.PublicKey.ExportSubjectPublicKeyInfo()))];

    /// <exception cref="PkiException">Something of it cannot be used.</exception>
    public static LoadedCredential Of(string certificate, SecretConfig secret, ImmutableArray<string> authorities, RevocationPolicy revocation, CertificateSource source)
    {
        var trust = Trust(authorities, revocation, source);
        var (chain, pkcs8) = source.ReadOwn(certificate, secret);
        try
        {
            var key = ImportKey(pkcs8);
            Fits(key, chain[0]);
            var begins = chain[0].NotBefore.ToUniversalTime();
            return new LoadedCredential
            {
                Chain = [.. chain.Where(static (c, i) => i == 0 || !IsSelfSigned(c)).Select(static c => c.RawData)],
                Key = key,
                Name = IdentityMatch.FirstName(chain[0]),
                Roots = trust.Roots,
                Intermediates = trust.Intermediates,
                Revocation = trust.Revocation,
                ClockAtLeast = begins > trust.ClockAtLeast ? begins : trust.ClockAtLeast,
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
            foreach (var one in chain) one.Dispose();
        }
    }

    /// <summary>Whom to trust, where we have no certificate ourselves.</summary>
    /// <exception cref="PkiException">An authority cannot be read, or none is a root.</exception>
    public static LoadedCredential Trust(ImmutableArray<string> authorities, RevocationPolicy revocation, CertificateSource source)
    {
        X509Certificate2Collection roots = [], intermediates = [];
        foreach (var certificate in authorities.SelectMany(entry => source.Read(entry)))
            (IsSelfSigned(certificate) ? roots : intermediates).Add(certificate);
        if (roots.Count == 0)
            throw new PkiException("None of the authorities is a root: list the self-signed certificate at the top of the chain too.");
        return new LoadedCredential
        {
            Roots = roots,
            Intermediates = intermediates,
            Revocation = revocation,
            ClockAtLeast = roots.Concat(intermediates).Max(static c => new DateTimeOffset(c.NotBefore.ToUniversalTime())),
        };
    }

    /// <summary>A bare signature by our key.</summary>
    public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> octets)
    {
        lock (_signing) return Own.Sign(scheme, octets);
    }

    /// <summary>Makes Authentication Data with our key.</summary>
    public byte[] Sign(Ipsec.Wire.Registry.AuthenticationMethod method, SignatureScheme scheme, ReadOnlySpan<byte> octets)
    {
        lock (_signing) return Own.Authenticate(method, scheme, octets);
    }

    private SignaturePrivateKey Own => Key ?? throw new InvalidOperationException("This connection has no key of its own.");

    internal static bool IsSelfSigned(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static SignaturePrivateKey ImportKey(byte[] pkcs8)
    {
        try
        {
            return SignaturePrivateKey.ImportPkcs8(pkcs8);
        }
        catch (CryptographicException fault)
        {
            throw new PkiException($"The private key cannot be used: {fault.Message}", fault);
        }
    }

    /// <summary>A key of another certificate would be found out by the peer only, in words that help nobody.</summary>
    private static void Fits(SignaturePrivateKey key, X509Certificate2 certificate)
    {
        var probe = "a signature that shows whose key it is"u8;
        var scheme = key.Kind switch
        {
            SignatureKeyKind.Rsa => SignatureScheme.RsaPkcs1(Ipsec.Wire.Registry.SignatureHashAlgorithm.Sha256),
            SignatureKeyKind.Ed25519 => SignatureScheme.Ed25519,
            _ => SignatureScheme.Ecdsa(Ipsec.Wire.Registry.SignatureHashAlgorithm.Sha256),
        };
        if (!SignaturePublicKey.TryImport(certificate.PublicKey.ExportSubjectPublicKeyInfo(), out var held))
            throw new PkiException("Our certificate's key is neither RSA of 1,024 to 8,192 bits, nor ECDSA on P-256, P-384 or P-521, nor Ed25519.");
        using (held)
        {
            if (held.Verify(scheme, key.Sign(scheme, probe), probe) != SignatureVerdict.Valid)
                throw new PkiException($"The private key does not belong to the certificate of {certificate.Subject}.");
        }
    }
}
