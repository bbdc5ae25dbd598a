using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVpn.Fuzz;

/// <summary>The authority that the certificate target trusts: it signs whatever a fuzzer makes up, so that what lies behind a signature is reached.</summary>
/// <remarks>Its key was made for this and vouches for nothing.</remarks>
internal static class FuzzAuthority
{
    public const string Peer = "peer.lab";
    public static readonly DateTimeOffset Now = new(2027, 6, 15, 12, 0, 0, TimeSpan.Zero);
    private const string Responder = "http://ocsp.lab/";
    private const string List = "http://lists.lab/root.crl";
    private const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";

    private static readonly byte[] Der = Convert.FromBase64String(
        "MIIBjzCCATWgAwIBAgIUVJF/cRx3gH6jlVErwGOCF0tMsWMwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJRnV6eiBSb290MCAXDTI2MTEyMzAzNDEwNFoYDzIxMjYxMDMw" +
        "MDM0MTA0WjAUMRIwEAYDVQQDDAlGdXp6IFJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASpddkAIocIcxIIQr7gT1UvRchZrBbJJnxEgYvUKNnSh9ddErD3OiTz" +
        "Z22EJYEbr+X5AIuk3gy4rKjwPkZxEJiQo2MwYTAdBgNVHQ4EFgQUIigLEedcP7l5f/dz5fYf6yUYgg8wHwYDVR0jBBgwFoAUIigLEedcP7l5f/dz5fYf6yUYgg8wDwYD" +
        "VR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZIzj0EAwIDSAAwRQIhAM/ReIyZa1jz6AoNTOgpwm1MDxQkW1wXH6J6CK08JW4wAiAdjnA5aLazzT2wKg8u" +
        "0Bsx64U+vCycHQVZ1HJUCzBW/g==");

    private static readonly ECDsa Key = Import(Convert.FromBase64String(
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwAkjd/c3u3dCO3Gr8kK+Yl3XzEMwtj0Zu0lFKKX9G0ehRANCAASpddkAIocIcxIIQr7gT1UvRchZrBbJ" +
        "JnxEgYvUKNnSh9ddErD3OiTzZ22EJYEbr+X5AIuk3gy4rKjwPkZxEJiQ"));

    private static readonly X509Certificate2 Root = X509CertificateLoader.LoadCertificate(Der).CopyWithPrivateKey(Key);

    public static string Pem => Root.ExportCertificatePem();

    /// <summary>SEQUENCE { toBeSigned, ecdsa-with-SHA256, signature }: a certificate, a list, the inside of an OCSP answer.</summary>
    public static byte[] Sign(ReadOnlySpan<byte> toBeSigned)
    {
        var signature = Key.SignData(toBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        byte[] algorithm = Sequence(static w => w.WriteObjectIdentifier(EcdsaWithSha256));
        byte[] bits = Encoded(w => w.WriteBitString(signature));
        byte[] whole = [.. toBeSigned, .. algorithm, .. bits];
        return Wrapped(whole);
    }

    /// <summary>An OCSPResponse around a ResponseData (RFC 6960 §4.2.1).</summary>
    public static byte[] Answer(ReadOnlySpan<byte> responseData)
    {
        var basic = Sign(responseData);
        var context = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        return Sequence(writer =>
        {
            writer.WriteEncodedValue([0x0a, 1, 0]);
            using (writer.PushSequence(context))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.1");
                writer.WriteOctetString(basic);
            }
        });
    }

    /// <summary>What stands inside a SEQUENCE of three: the first, as it was signed.</summary>
    public static byte[] ToBeSigned(byte[] signed) => new AsnReader(signed, AsnEncodingRules.DER).ReadSequence().ReadEncodedValue().ToArray();

    /// <summary>A good peer's certificate that names both ways to ask about it.</summary>
    public static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Peer}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Peer);
        names.AddEmailAddress("peer@lab");
        names.AddIpAddress(System.Net.IPAddress.Parse("192.0.2.7"));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.17")], critical: false));
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([Responder], []));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([List]));
        return request.Create(Root.SubjectName, X509SignatureGenerator.CreateForECDsa(Key), Now.AddDays(-30), Now.AddYears(5), [0x42, 1, 2, 3]);
    }

    /// <summary>A list with one other certificate on it.</summary>
    public static byte[] RevocationList()
    {
        var list = new CertificateRevocationListBuilder();
        list.AddEntry([0x42, 9, 9, 9], Now.AddDays(-3));
        return list.Build(Root, BigInteger.One, Now.AddDays(1), HashAlgorithmName.SHA256, thisUpdate: Now.AddDays(-1));
    }

    /// <summary>ResponseData that says good about <paramref name="certificate"/>.</summary>
    public static byte[] Good(X509Certificate2 certificate)
    {
        var zero = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        return Sequence(writer =>
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2, isConstructed: true))) writer.WriteOctetString(SHA1.HashData(Root.PublicKey.EncodedKeyValue.RawData));
            writer.WriteGeneralizedTime(Now, omitFractionalSeconds: true);
            using (writer.PushSequence())
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                {
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier("1.3.14.3.2.26");
                        writer.WriteNull();
                    }

                    writer.WriteOctetString(SHA1.HashData(Root.SubjectName.RawData));
                    writer.WriteOctetString(SHA1.HashData(Root.PublicKey.EncodedKeyValue.RawData));
                    writer.WriteInteger(certificate.SerialNumberBytes.Span);
                }

                writer.WriteEncodedValue([0x80, 0]); // good
                writer.WriteGeneralizedTime(Now, omitFractionalSeconds: true);
                using (writer.PushSequence(zero)) writer.WriteGeneralizedTime(Now.AddDays(1), omitFractionalSeconds: true);
            }
        });
    }

    private static byte[] Sequence(Action<AsnWriter> write) => Encoded(writer =>
    {
        using (writer.PushSequence()) write(writer);
    });

    private static byte[] Encoded(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return writer.Encode();
    }

    /// <summary>A SEQUENCE around octets that need be no DER.</summary>
    private static byte[] Wrapped(byte[] octets) => octets.Length switch
    {
        < 0x80 => [0x30, (byte)octets.Length, .. octets],
        < 0x100 => [0x30, 0x81, (byte)octets.Length, .. octets],
        _ => [0x30, 0x82, (byte)(octets.Length >> 8), (byte)octets.Length, .. octets], // an input has less than 64 KB
    };

    private static ECDsa Import(byte[] pkcs8)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return key;
    }
}
