using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVpn.Appliance.Tests.Pki;

/// <summary>An authority of one test, ECDSA P-256; its life is told, not read from a clock.</summary>
internal sealed class TestAuthority
{
    public static readonly DateTimeOffset Now = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestAuthority(string name = "Root", TestAuthority? parent = null, DateTimeOffset? notAfter = null)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var (from, to) = (Now - TimeSpan.FromDays(365), notAfter ?? Now + TimeSpan.FromDays(365));
        Certificate = parent is null
            ? request.CreateSelfSigned(from, to)
            : request.Create(parent.Certificate, from, to < parent.Certificate.NotAfter ? to : parent.Certificate.NotAfter, [1, 2, 3, 4]).CopyWithPrivateKey(_key);
    }

    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem();

    /// <param name="change">What makes it unlike others.</param>
    public (X509Certificate2 Certificate, ECDsa Key) Issue(
        string name, DateTimeOffset? from = null, DateTimeOffset? to = null, Action<CertificateRequest>? change = null, Action<SubjectAlternativeNameBuilder>? names = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var san = new SubjectAlternativeNameBuilder();
        if (names is null) san.AddDnsName(name);
        else names(san);
        request.CertificateExtensions.Add(san.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        change?.Invoke(request);
        var serial = RandomNumberGenerator.GetBytes(8);
        serial[0] = 0x42;
        return (request.Create(
            Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), from ?? Now - TimeSpan.FromDays(10), to ?? Now + TimeSpan.FromDays(10), serial), key);
    }

    public byte[] List(DateTimeOffset? thisUpdate = null, DateTimeOffset? nextUpdate = null, params X509Certificate2[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked) list.AddEntry(certificate, Now - TimeSpan.FromDays(3));
        return list.Build(
            Certificate, BigInteger.One, nextUpdate ?? Now + TimeSpan.FromDays(1), HashAlgorithmName.SHA256, thisUpdate: thisUpdate ?? Now - TimeSpan.FromDays(1));
    }
}
