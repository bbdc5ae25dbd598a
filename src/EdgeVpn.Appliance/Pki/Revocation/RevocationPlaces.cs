using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EdgeVpn.Appliance.Pki.Revocation;

/// <summary>Where a certificate says that its revocation can be asked for: HTTP only, for an answer is signed anyway.</summary>
internal static class RevocationPlaces
{
    private const string AuthorityInformationAccess = "1.3.6.1.5.5.7.1.1";
    private const string Ocsp = "1.3.6.1.5.5.7.48.1";
    private const string CrlDistributionPoints = "2.5.29.31";
    private const int MaxPlaces = 2;
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag Zero = new(TagClass.ContextSpecific, 0, isConstructed: true);

    /// <summary>OCSP responders (RFC 5280 §4.2.2.1).</summary>
    public static ImmutableArray<Uri> Responders(X509Certificate2 certificate) => Read(certificate, AuthorityInformationAccess, static (list, found) =>
    {
        while (list.HasData)
        {
            var access = list.ReadSequence();
            if (access.ReadObjectIdentifier() == Ocsp && access.PeekTag().HasSameClassAndValue(Uri)) found.Add(Encoding.ASCII.GetString(access.ReadOctetString(Uri)));
        }
    });

    /// <summary>Revocation lists (RFC 5280 §4.2.1.13).</summary>
    public static ImmutableArray<Uri> Lists(X509Certificate2 certificate) => Read(certificate, CrlDistributionPoints, static (list, found) =>
    {
        while (list.HasData)
        {
            var point = list.ReadSequence();
            if (!point.HasData || !point.PeekTag().HasSameClassAndValue(Zero)) continue;
            var name = point.ReadSequence(Zero);
            if (!name.HasData || !name.PeekTag().HasSameClassAndValue(Zero)) continue;
            var names = name.ReadSequence(Zero);
            while (names.HasData)
            {
                if (names.PeekTag().HasSameClassAndValue(Uri)) found.Add(Encoding.ASCII.GetString(names.ReadOctetString(Uri)));
                else names.ReadEncodedValue();
            }
        }
    });

    private static ImmutableArray<Uri> Read(X509Certificate2 certificate, string oid, Action<AsnReader, List<string>> read)
    {
        if (certificate.Extensions[oid] is not { } extension) return [];
        var found = new List<string>();
        try
        {
            read(new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence(), found);
        }
        catch (AsnContentException) // an extension that cannot be read names no place
        {
            found.Clear();
        }

        return
        [
            .. found.Select(static text => System.Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == System.Uri.UriSchemeHttp ? uri : null)
                .OfType<Uri>().Take(MaxPlaces),
        ];
    }
}
