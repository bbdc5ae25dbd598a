using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVpn.Appliance.Pki.Revocation;

/// <summary>A certificate revocation list of one issuer for all of its certificates (RFC 5280 §5).</summary>
/// <remarks>
/// Delta, indirect and partial lists are refused by their critical extensions: what they leave out would count as not revoked. A list without
/// nextUpdate says nothing about today.
/// </remarks>
internal sealed class RevocationList
{
    private const string IssuingDistributionPoint = "2.5.29.28";
    private readonly SignedData _signed;
    private readonly ReadOnlyMemory<byte> _issuer;
    private readonly ReadOnlyMemory<byte> _entries;

    private RevocationList(SignedData signed, ReadOnlyMemory<byte> issuer, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, ReadOnlyMemory<byte> entries)
    {
        (_signed, _issuer, _entries) = (signed, issuer, entries);
        (ThisUpdate, NextUpdate) = (thisUpdate, nextUpdate);
    }

    public DateTimeOffset ThisUpdate { get; }

    public DateTimeOffset NextUpdate { get; }

    /// <returns>Null with the <paramref name="fault"/> if it cannot be used.</returns>
    public static RevocationList? TryRead(byte[] der, out string? fault)
    {
        try
        {
            var outer = new AsnReader(der, AsnEncodingRules.DER);
            var signed = SignedData.Read(outer.ReadSequence());
            var body = new AsnReader(signed.ToBeSigned, AsnEncodingRules.DER).ReadSequence();
            if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) body.ReadIntegerBytes(); // version
            body.ReadEncodedValue(); // the signature's algorithm once more
            var issuer = body.ReadEncodedValue();
            var thisUpdate = ReadTime(body);
            if (!body.HasData || !IsTime(body.PeekTag()))
            {
                fault = "the list has no nextUpdate";
                return null;
            }

            var nextUpdate = ReadTime(body);
            ReadOnlyMemory<byte> entries = default;
            if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)) entries = body.ReadEncodedValue();
            fault = body.HasData ? ExtensionFault(body) : null;
            return fault is null ? new RevocationList(signed, issuer, thisUpdate, nextUpdate, entries) : null;
        }
        catch (AsnContentException) // the reader has no other way to say that these octets are no DER
        {
            fault = "not a revocation list";
            return null;
        }
    }

    public bool IsOf(X509Certificate2 issuer) => issuer.SubjectName.RawData.AsSpan().SequenceEqual(_issuer.Span);

    public bool IsSignedBy(X509Certificate2 issuer) => _signed.IsBy(issuer.PublicKey.ExportSubjectPublicKeyInfo());

    /// <summary>When the certificate of this serial number was revoked; null if it was not.</summary>
    /// <param name="serial">Big-endian, as in the certificate.</param>
    /// <exception cref="AsnContentException">An entry cannot be read.</exception>
    public DateTimeOffset? RevokedAt(ReadOnlySpan<byte> serial)
    {
        if (_entries.IsEmpty) return null;
        var entries = new AsnReader(_entries, AsnEncodingRules.DER).ReadSequence();
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            if (entry.ReadIntegerBytes().Span.SequenceEqual(serial)) return ReadTime(entry);
        }

        return null;
    }

    internal static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static string? ExtensionFault(AsnReader body)
    {
        var extensions = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence();
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            var critical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            var value = extension.ReadOctetString();
            if (!critical) continue;
            if (oid != IssuingDistributionPoint) return $"the list has a critical extension {oid}";
            var point = new AsnReader(value, AsnEncodingRules.DER).ReadSequence();
            while (point.HasData)
            {
                // [0] is the list's own place; [1] to [5] narrow it or make it somebody else's.
                if (point.PeekTag().TagValue != 0) return "the list is not for all certificates of its issuer";
                point.ReadEncodedValue();
            }
        }

        return null;
    }
}
