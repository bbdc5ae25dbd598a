using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVpn.Interop.Peers;

/// <summary>A certification authority for one test: ECDSA P-256, valid for a day around now.</summary>
public sealed class LabPki : IDisposable
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(1);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;

    public LabPki()
    {
        var request = new CertificateRequest("C=CH, O=Lab, CN=Lab Root " + Convert.ToHexString(RandomNumberGenerator.GetBytes(4)), _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow - Validity, DateTimeOffset.UtcNow + Validity);
    }

    public string AuthorityPem => _authority.ExportCertificatePem();

    /// <summary>A certificate for <paramref name="name"/>, which is also its only subjectAltName (dNSName).</summary>
    /// <param name="notAfter">When it ends; within the authority's own validity.</param>
    public Authentication.Certificate Issue(string name, DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"C=CH, O=Lab, CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var certificate = request.Create(_authority, _authority.NotBefore, notAfter ?? _authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        return new Authentication.Certificate(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), AuthorityPem);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }
}
