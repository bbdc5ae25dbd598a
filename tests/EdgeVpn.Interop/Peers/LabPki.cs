using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BouncyEd25519 = Org.BouncyCastle.Math.EC.Rfc8032.Ed25519;

namespace EdgeVpn.Interop.Peers;

/// <summary>What a certificate's key is.</summary>
public enum LabKey
{
    EcP256,
    EcP384,
    EcP521,
    Rsa2048,
    Rsa3072,
    Rsa4096,
    Ed25519,
}

/// <summary>How a certificate differs from the usual one.</summary>
public sealed record LabCertificate
{
    public LabKey Key { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>Where its revocation list is, over HTTP.</summary>
    public string? CrlUrl { get; init; }

    /// <summary>Who answers OCSP about it.</summary>
    public string? OcspUrl { get; init; }
}

/// <summary>A certification authority for one test: ECDSA P-256, valid for a day around now.</summary>
public sealed class LabPki : IDisposable
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(1);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private readonly LabPki? _parent;

    public LabPki()
        : this(null)
    {
    }

    private LabPki(LabPki? parent)
    {
        _parent = parent;
        var request = new CertificateRequest(
            $"C=CH, O=Lab, CN=Lab {(parent is null ? "Root" : "Intermediate")} " + Convert.ToHexString(RandomNumberGenerator.GetBytes(4)), _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (parent is null)
        {
            _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow - Validity, DateTimeOffset.UtcNow + Validity);
        }
        else
        {
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(parent._authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
            using var signed = request.Create(parent._authority, parent._authority.NotBefore, parent._authority.NotAfter, RandomNumberGenerator.GetBytes(8));
            _authority = signed.CopyWithPrivateKey(_key);
        }
    }

    public string AuthorityPem => _authority.ExportCertificatePem();

    public string AuthorityKeyPem => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>An authority between this root and what it issues.</summary>
    public LabPki Intermediate() => new(this);

    /// <summary>A certificate for <paramref name="name"/>, which is also its only subjectAltName (dNSName).</summary>
    /// <param name="notAfter">When it ends; within the authority's own validity.</param>
    public Authentication.Certificate Issue(string name, DateTimeOffset? notAfter = null) => Issue(name, new LabCertificate { NotAfter = notAfter });

    /// <inheritdoc cref="Issue(string, DateTimeOffset?)"/>
    public Authentication.Certificate Issue(string name, LabCertificate how)
    {
        var (publicKey, keyPem) = MakeKey(how.Key);
        var request = new CertificateRequest(new X500DistinguishedName($"C=CH, O=Lab, CN={name}"), publicKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (how.CrlUrl is { } list) request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([list]));
        if (how.OcspUrl is { } responder) request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([responder], []));
        using var certificate = request.Create(
            _authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), how.NotBefore ?? _authority.NotBefore, how.NotAfter ?? _authority.NotAfter, Serial());
        return new Authentication.Certificate(certificate.ExportCertificatePem(), keyPem, (_parent ?? this).AuthorityPem)
        {
            Intermediates = _parent is null ? [] : [AuthorityPem],
        };
    }

    /// <summary>This authority's revocation list, in DER.</summary>
    public byte[] RevocationList(params ReadOnlySpan<Authentication.Certificate> revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var one in revoked)
        {
            using var certificate = X509Certificate2.CreateFromPem(one.CertificatePem);
            list.AddEntry(certificate, DateTimeOffset.UtcNow - TimeSpan.FromHours(1));
        }

        return list.Build(_authority, BigInteger.One, DateTimeOffset.UtcNow + Validity, HashAlgorithmName.SHA256, thisUpdate: DateTimeOffset.UtcNow - TimeSpan.FromHours(1));
    }

    /// <summary>One line of OpenSSL's index of issued certificates.</summary>
    public static string IndexLine(Authentication.Certificate one, bool revoked)
    {
        using var certificate = X509Certificate2.CreateFromPem(one.CertificatePem);
        var end = certificate.NotAfter.ToUniversalTime().ToString("yyMMddHHmmss'Z'");
        var at = (DateTime.UtcNow - TimeSpan.FromHours(1)).ToString("yyMMddHHmmss'Z'");
        return $"{(revoked ? "R" : "V")}\t{end}\t{(revoked ? at : "")}\t{certificate.SerialNumber}\tunknown\t/C=CH/O=Lab/CN=x";
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(8);
        serial[0] = (byte)((serial[0] & 0x3f) | 0x40); // positive, and of one length
        return serial;
    }

    private static (PublicKey Public, string Pem) MakeKey(LabKey kind)
    {
        switch (kind)
        {
            case LabKey.Rsa2048 or LabKey.Rsa3072 or LabKey.Rsa4096:
                using (var rsa = RSA.Create(kind switch { LabKey.Rsa2048 => 2048, LabKey.Rsa3072 => 3072, _ => 4096 }))
                    return (PublicKey.CreateFromSubjectPublicKeyInfo(rsa.ExportSubjectPublicKeyInfo(), out _), rsa.ExportPkcs8PrivateKeyPem());
            case LabKey.Ed25519:
                return MakeEd25519();
            default:
                using (var ec = ECDsa.Create(kind switch
                {
                    LabKey.EcP384 => ECCurve.NamedCurves.nistP384,
                    LabKey.EcP521 => ECCurve.NamedCurves.nistP521,
                    _ => ECCurve.NamedCurves.nistP256,
                }))
                    return (PublicKey.CreateFromSubjectPublicKeyInfo(ec.ExportSubjectPublicKeyInfo(), out _), ec.ExportPkcs8PrivateKeyPem());
        }
    }

    // The platform has no class for these keys: their two encodings are put together by hand (RFC 8410 §4, §7).
    private static (PublicKey Public, string Pem) MakeEd25519()
    {
        var seed = RandomNumberGenerator.GetBytes(BouncyEd25519.SecretKeySize);
        var point = new byte[BouncyEd25519.PublicKeySize];
        BouncyEd25519.GeneratePublicKey(seed, 0, point, 0);
        byte[] spki = [.. Convert.FromHexString("302a300506032b6570032100"), .. point];
        byte[] pkcs8 = [.. Convert.FromHexString("302e020100300506032b657004220420"), .. seed];
        return (PublicKey.CreateFromSubjectPublicKeyInfo(spki, out _), PemEncoding.WriteString("PRIVATE KEY", pkcs8));
    }
}
