using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVpn.Fleet.Keys;

/// <summary>A fleet's own authority: it says to the broker who is a box, and to boxes who is the broker. RFC 5280, ECDSA on P-256.</summary>
/// <remarks>It vouches for connections only; what configures a box is signed by the fleet key.</remarks>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>A box may lie in a cupboard for a while before it renews.</summary>
    public static readonly TimeSpan BoxLifetime = TimeSpan.FromDays(730);

    private static readonly TimeSpan RootLifetime = TimeSpan.FromDays(20 * 365);
    private static readonly TimeSpan Early = TimeSpan.FromDays(1); // clocks differ
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");
    private readonly X509Certificate2 _root;

    /// <param name="root">With its private key.</param>
    public CertificateAuthority(X509Certificate2 root) => _root = root;

    public X509Certificate2 Root => _root;

    public static CertificateAuthority Make(string fleet, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN=EdgeVpn fleet {fleet}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new CertificateAuthority(request.CreateSelfSigned(now - Early, now + RootLifetime));
    }

    /// <summary>The broker's certificate, with its key.</summary>
    /// <param name="names">Host names and addresses by which boxes call it; one at least.</param>
    public X509Certificate2 IssueServer(IReadOnlyList<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(name);
        }

        using var bare = Issue(names[0], key, ServerAuthentication, alternatives.Build(), now, BoxLifetime);
        return bare.CopyWithPrivateKey(key);
    }

    /// <summary>A client's certificate, with its key: the operator's.</summary>
    public X509Certificate2 IssueOperator(string name, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Issue(name, key, ClientAuthentication, null, now, BoxLifetime);
        return bare.CopyWithPrivateKey(key);
    }

    /// <summary>A box's certificate for the key that it made. Only the key is taken from its request; the name is the operator's.</summary>
    public X509Certificate2 IssueBox(string device, ECDsa publicKey, DateTimeOffset now, TimeSpan? lifetime = null) =>
        Issue(device, publicKey, ClientAuthentication, null, now, lifetime ?? BoxLifetime);

    /// <summary>The list of certificates that count no more, DER.</summary>
    /// <param name="serials">Big endian, as <see cref="X509Certificate2.SerialNumberBytes"/>.</param>
    /// <param name="number">Grows with each list.</param>
    public byte[] Revoke(IEnumerable<byte[]> serials, long number, DateTimeOffset now)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var serial in serials) builder.AddEntry(serial, now);
        // An old list must not lock the whole fleet out: OpenSSL refuses everybody when the list itself is over.
        return builder.Build(_root, new BigInteger(number), now + RootLifetime, HashAlgorithmName.SHA256, thisUpdate: now - Early);
    }

    public void Dispose() => _root.Dispose();

    private X509Certificate2 Issue(string name, ECDsa key, Oid use, X509Extension? alternatives, DateTimeOffset now, TimeSpan lifetime)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([use], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (alternatives is not null) request.CertificateExtensions.Add(alternatives);
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40); // positive, and of one length (RFC 5280 §4.1.2.2)
        var end = now + lifetime;
        return request.Create(_root, now - Early, end < _root.NotAfter ? end : new DateTimeOffset(_root.NotAfter), serial);
    }
}
