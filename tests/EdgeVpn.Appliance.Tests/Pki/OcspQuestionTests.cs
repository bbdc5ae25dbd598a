using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Appliance.Pki.Revocation;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Pki;

/// <summary>OCSP answers (RFC 6960 §4.2): who may sign them, what they are about, how long they are good.</summary>
public sealed class OcspQuestionTests
{
    private static readonly DateTimeOffset Now = TestAuthority.Now;
    private readonly TestAuthority _root = new();
    private readonly X509Certificate2 _asked;

    public OcspQuestionTests() => _asked = _root.Issue("peer.lab").Certificate;

    [Fact]
    public void The_issuer_s_word_is_taken()
    {
        Assert.Null(Read(Answer(RootKey), out var revokedAt));
        Assert.Null(revokedAt);
        Assert.Null(Read(Answer(RootKey, revokedAt: Now - TimeSpan.FromDays(2)), out revokedAt));
        Assert.Equal(Now - TimeSpan.FromDays(2), revokedAt);
    }

    [Fact]
    public void One_whom_the_issuer_certified_for_it_may_answer_and_nobody_else()
    {
        var responder = _root.Issue("ocsp.lab", change: static r => r.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.9")], false)));
        Assert.Null(Read(Answer(responder.Key, responder.Certificate), out _));
        const string nobody = "signed by nobody whom the issuer named";
        var plain = _root.Issue("peer2.lab");
        Assert.Contains(nobody, Read(Answer(plain.Key, plain.Certificate), out _));
        var ended = _root.Issue("ocsp.lab", to: Now - TimeSpan.FromDays(1), change: static r => r.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.9")], false)));
        Assert.Contains(nobody, Read(Answer(ended.Key, ended.Certificate), out _));
        var foreign = new TestAuthority("Root").Issue("ocsp.lab", change: static r => r.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.9")], false)));
        Assert.Contains(nobody, Read(Answer(foreign.Key, foreign.Certificate), out _));
    }

    [Fact]
    public void An_answer_about_another_certificate_or_another_day_says_nothing()
    {
        Assert.Contains("another certificate", Read(Answer(RootKey, about: _root.Issue("other.lab").Certificate), out _));
        Assert.Contains("good until", Read(Answer(RootKey, thisUpdate: Now - TimeSpan.FromDays(9), nextUpdate: Now - TimeSpan.FromDays(1)), out _));
        Assert.Contains("good until", Read(Answer(RootKey, thisUpdate: Now - TimeSpan.FromDays(2), nextUpdate: null), out _));
        Assert.Contains("later than", Read(Answer(RootKey, thisUpdate: Now + TimeSpan.FromDays(1)), out _));
        Assert.Contains("refuses to answer", Read([0x30, 0x03, 0x0a, 0x01, 0x06], out _));
        Assert.Contains("not an OCSP answer", Read([1, 2, 3], out _));
    }

    private ECDsa RootKey => _root.Certificate.GetECDsaPrivateKey()!;

    private string? Read(byte[] answer, out DateTimeOffset? revokedAt)
    {
        new OcspQuestion(_asked, _root.Certificate).TryRead(answer, Now, out revokedAt, out _, out var fault);
        return fault;
    }

    private byte[] Answer(
        ECDsa key, X509Certificate2? signer = null, X509Certificate2? about = null, DateTimeOffset? revokedAt = null, DateTimeOffset? thisUpdate = null, DateTimeOffset? nextUpdate = null)
    {
        var until = nextUpdate ?? (thisUpdate is null ? Now + TimeSpan.FromDays(1) : null);
        var data = new AsnWriter(AsnEncodingRules.DER);
        using (data.PushSequence())
        {
            using (data.PushSequence(Context(2))) data.WriteOctetString(new byte[20]); // byKey
            data.WriteGeneralizedTime(Now, omitFractionalSeconds: true);
            using (data.PushSequence())
            using (data.PushSequence())
            {
                // The question holds the CertID that the answer repeats.
                var question = new AsnReader(new OcspQuestion(about ?? _asked, _root.Certificate).Encode(), AsnEncodingRules.DER);
                data.WriteEncodedValue(question.ReadSequence().ReadSequence().ReadSequence().ReadSequence().ReadEncodedValue().Span);
                if (revokedAt is { } at) using (data.PushSequence(Context(1))) data.WriteGeneralizedTime(at, omitFractionalSeconds: true);
                else data.WriteNull(new Asn1Tag(TagClass.ContextSpecific, 0));
                data.WriteGeneralizedTime(thisUpdate ?? (Now - TimeSpan.FromHours(1)), omitFractionalSeconds: true);
                if (until is { } end) using (data.PushSequence(Context(0))) data.WriteGeneralizedTime(end, omitFractionalSeconds: true);
            }
        }

        var body = data.Encode();
        var basic = new AsnWriter(AsnEncodingRules.DER);
        using (basic.PushSequence())
        {
            basic.WriteEncodedValue(body);
            basic.WriteEncodedValue(SignatureAlgorithmIdentifier.Encode(SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha256)));
            basic.WriteBitString(key.SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
            if (signer is not null)
                using (basic.PushSequence(Context(0)))
                using (basic.PushSequence())
                    basic.WriteEncodedValue(signer.RawData);
        }

        var response = new AsnWriter(AsnEncodingRules.DER);
        using (response.PushSequence())
        {
            response.WriteEncodedValue([0x0a, 0x01, 0x00]); // successful
            using (response.PushSequence(Context(0)))
            using (response.PushSequence())
            {
                response.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.1");
                response.WriteOctetString(basic.Encode());
            }
        }

        return response.Encode();
    }

    private static Asn1Tag Context(int tag) => new(TagClass.ContextSpecific, tag, isConstructed: true);
}
