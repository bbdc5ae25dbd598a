using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVpn.Appliance.Pki.Revocation;

/// <summary>Asks an OCSP responder about one certificate, and reads its answer (RFC 6960).</summary>
/// <remarks>
/// CertID by SHA-1, which names and protects nothing, because that is what every responder knows (RFC 5019 §2.1.1). No nonce: answers made beforehand
/// are welcome, and their times are checked.
/// </remarks>
internal sealed class OcspQuestion
{
    private const string Sha1 = "1.3.14.3.2.26";
    private const string BasicResponse = "1.3.6.1.5.5.7.48.1.1";
    private const string OcspSigning = "1.3.6.1.5.5.7.3.9";
    private const int MaxResponderCertificates = 4;

    /// <summary>What two clocks may differ by.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>An answer without nextUpdate is believed for so long.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromDays(1);

    private readonly X509Certificate2 _issuer;
    private readonly byte[] _nameHash;
    private readonly byte[] _keyHash;
    private readonly byte[] _serial;

    public OcspQuestion(X509Certificate2 certificate, X509Certificate2 issuer)
    {
        _issuer = issuer;
        _nameHash = SHA1.HashData(issuer.SubjectName.RawData);
        _keyHash = SHA1.HashData(issuer.PublicKey.EncodedKeyValue.RawData);
        _serial = certificate.SerialNumberBytes.ToArray();
    }

    /// <summary>The OCSPRequest, in DER.</summary>
    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Sha1);
                writer.WriteNull();
            }

            writer.WriteOctetString(_nameHash);
            writer.WriteOctetString(_keyHash);
            writer.WriteInteger(_serial);
        }

        return writer.Encode();
    }

    /// <returns>Null with the <paramref name="fault"/> if the answer says nothing that can be believed.</returns>
    /// <param name="revokedAt">Null if the certificate stands.</param>
    /// <param name="goodUntil">How long this answer may be kept.</param>
    public bool TryRead(byte[] answer, DateTimeOffset now, out DateTimeOffset? revokedAt, out DateTimeOffset goodUntil, out string? fault)
    {
        revokedAt = null;
        goodUntil = default;
        try
        {
            fault = Read(answer, now, ref revokedAt, ref goodUntil);
        }
        catch (Exception malformed) when (malformed is AsnContentException or CryptographicException) // the readers have no other way to say it
        {
            fault = "not an OCSP answer";
        }

        return fault is null;
    }

    private string? Read(byte[] answer, DateTimeOffset now, ref DateTimeOffset? revokedAt, ref DateTimeOffset goodUntil)
    {
        var response = new AsnReader(answer, AsnEncodingRules.DER).ReadSequence();
        var status = response.ReadEnumeratedBytes().Span;
        if (status is not [0]) return $"the responder refuses to answer (status {Convert.ToHexString(status)})";
        var bytes = response.ReadSequence(Context(0)).ReadSequence();
        if (bytes.ReadObjectIdentifier() != BasicResponse) return "the responder answers in another form";
        var basic = new AsnReader(bytes.ReadOctetString(), AsnEncodingRules.DER).ReadSequence();
        var signed = SignedData.Read(basic);
        if (!IsTrusted(signed, basic, now)) return "the answer is signed by nobody whom the issuer named for it";

        var data = new AsnReader(signed.ToBeSigned, AsnEncodingRules.DER).ReadSequence();
        if (data.PeekTag().HasSameClassAndValue(Context(0))) data.ReadEncodedValue(); // version
        data.ReadEncodedValue(); // responderID: the signature says who it is
        data.ReadGeneralizedTime(); // producedAt
        var responses = data.ReadSequence();
        while (responses.HasData)
        {
            var single = responses.ReadSequence();
            if (!IsOurs(single.ReadSequence())) continue;
            return ReadStatus(single, now, ref revokedAt, ref goodUntil);
        }

        return "the answer is about another certificate";
    }

    private static string? ReadStatus(AsnReader single, DateTimeOffset now, ref DateTimeOffset? revokedAt, ref DateTimeOffset goodUntil)
    {
        var tag = single.PeekTag();
        DateTimeOffset? revoked = null;
        if (tag.TagClass != TagClass.ContextSpecific) return "not an OCSP answer";
        if (tag.TagValue == 1) revoked = single.ReadSequence(Context(1)).ReadGeneralizedTime();
        else single.ReadEncodedValue();
        var thisUpdate = single.ReadGeneralizedTime();
        var nextUpdate = single.HasData && single.PeekTag().HasSameClassAndValue(Context(0))
            ? single.ReadSequence(Context(0)).ReadGeneralizedTime()
            : thisUpdate + Fresh;
        if (thisUpdate > now + Skew) return $"the answer is of {thisUpdate:yyyy-MM-dd HH:mm}, later than this box's clock";
        if (nextUpdate + Skew < now) return $"the answer was good until {nextUpdate:yyyy-MM-dd HH:mm}";
        if (tag.TagValue is not (0 or 1)) return "the responder does not know the certificate";
        revokedAt = revoked;
        goodUntil = nextUpdate;
        return null;
    }

    private bool IsOurs(AsnReader certId)
    {
        certId.ReadEncodedValue(); // the hash: only SHA-1 gives what we sent
        var name = certId.ReadOctetString();
        var key = certId.ReadOctetString();
        return name.AsSpan().SequenceEqual(_nameHash) && key.AsSpan().SequenceEqual(_keyHash) && certId.ReadIntegerBytes().Span.SequenceEqual(_serial);
    }

    /// <summary>Signed by the issuer, or by one whom the issuer certified for OCSP (RFC 6960 §4.2.2.2).</summary>
    private bool IsTrusted(SignedData signed, AsnReader basic, DateTimeOffset now)
    {
        if (signed.IsBy(_issuer.PublicKey.ExportSubjectPublicKeyInfo())) return true;
        if (!basic.HasData) return false;
        var certificates = basic.ReadSequence(Context(0)).ReadSequence();
        for (var i = 0; i < MaxResponderCertificates && certificates.HasData; i++)
        {
            var der = certificates.ReadEncodedValue();
            using var delegated = X509CertificateLoader.LoadCertificate(der.Span);
            if (IsDelegated(delegated, der, now) && signed.IsBy(delegated.PublicKey.ExportSubjectPublicKeyInfo())) return true;
        }

        return false;
    }

    private bool IsDelegated(X509Certificate2 certificate, ReadOnlyMemory<byte> der, DateTimeOffset now) =>
        certificate.IssuerName.RawData.AsSpan().SequenceEqual(_issuer.SubjectName.RawData)
        && now >= certificate.NotBefore.ToUniversalTime() && now <= certificate.NotAfter.ToUniversalTime()
        && certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(static usage =>
            usage.EnhancedKeyUsages.Cast<Oid>().Any(static oid => oid.Value == OcspSigning))
        && SignedData.Read(new AsnReader(der, AsnEncodingRules.DER).ReadSequence()).IsBy(_issuer.PublicKey.ExportSubjectPublicKeyInfo());

    private static Asn1Tag Context(int tag) => new(TagClass.ContextSpecific, tag, isConstructed: true);
}
