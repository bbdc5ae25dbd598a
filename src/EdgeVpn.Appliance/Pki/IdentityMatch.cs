using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Pki;

/// <summary>Whether a certificate speaks for an identity (RFC 7296 §3.5, RFC 4945 §3.1, §5.1.3).</summary>
/// <remarks>
/// <code>
///   FQDN, RFC822_ADDR   a subjectAltName of the kind; letter case of domains does not count, wildcards are no names here
///   IPV4, IPV6_ADDR     a subjectAltName of the same octets
///   DER_ASN1_DN         the subject, octet for octet
///   KEY_ID              the subjectKeyIdentifier, octet for octet
/// </code>
/// The common name counts for nothing.
/// </remarks>
internal static class IdentityMatch
{
    private const int Rfc822Name = 1;
    private const int DnsName = 2;
    private const int IpAddressName = 7;

    public static bool Holds(X509Certificate2 certificate, Identification identity) => identity.IdType switch
    {
        IdentificationType.Fqdn => Names(certificate, DnsName).Any(name => SameDomain(Text(name), Text(identity.Data))),
        IdentificationType.Rfc822Address => Names(certificate, Rfc822Name).Any(name => SameMailbox(Text(name), Text(identity.Data))),
        IdentificationType.IPv4Address or IdentificationType.IPv6Address => Names(certificate, IpAddressName).Any(name => name.AsSpan().SequenceEqual(identity.Data)),
        IdentificationType.DerAsn1Dn => certificate.SubjectName.RawData.AsSpan().SequenceEqual(identity.Data),
        IdentificationType.KeyId => certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>()
            .Any(id => CryptographicOperations.FixedTimeEquals(id.SubjectKeyIdentifierBytes.Span, identity.Data)),
        _ => false,
    };

    /// <summary>What the certificate does speak for, for a person.</summary>
    public static string Describe(X509Certificate2 certificate)
    {
        string[] names =
        [
            .. Names(certificate, DnsName).Concat(Names(certificate, Rfc822Name)).Select(Text),
            .. Names(certificate, IpAddressName).Where(static ip => ip.Length is 4 or 16).Select(static ip => new System.Net.IPAddress(ip).ToString()),
        ];
        return names.Length == 0 ? $"no name but its subject {certificate.Subject}" : string.Join(", ", names.Take(8));
    }

    /// <summary>The name by which its holder would be called where one name must do; no proof of anything.</summary>
    public static string FirstName(X509Certificate2 certificate) =>
        Names(certificate, Rfc822Name).Concat(Names(certificate, DnsName)).Select(Text).FirstOrDefault() ?? certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    private static bool SameDomain(string a, string b) => a.Length > 0 && !a.Contains('*') && string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static bool SameMailbox(string a, string b)
    {
        var (atA, atB) = (a.LastIndexOf('@'), b.LastIndexOf('@'));
        return atA > 0 && atA == atB && a.AsSpan(0, atA).SequenceEqual(b.AsSpan(0, atB)) && SameDomain(a[(atA + 1)..], b[(atB + 1)..]);
    }

    private static string Text(byte[] name) => Encoding.UTF8.GetString(name);

    /// <summary>The octets of every subjectAltName of one kind; none if the extension cannot be read.</summary>
    private static List<byte[]> Names(X509Certificate2 certificate, int kind)
    {
        var found = new List<byte[]>();
        if (certificate.Extensions["2.5.29.17"] is not { } extension) return found;
        try
        {
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                var tag = names.PeekTag();
                if (tag.TagClass == TagClass.ContextSpecific && tag.TagValue == kind && !tag.IsConstructed) found.Add(names.ReadOctetString(tag));
                else names.ReadEncodedValue();
            }
        }
        catch (AsnContentException) // a certificate that cannot be read speaks for nobody
        {
            found.Clear();
        }

        return found;
    }
}
