using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Pki;
using EdgeVpn.Appliance.Pki.Revocation;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Configuration;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Pki;

public sealed class PeerJudgeTests
{
    private const string Place = "http://lists.lab/root.crl";
    private static readonly byte[] Octets = [.. "what both ends signed"u8];
    private readonly TestAuthority _root = new();
    private readonly FakeFetcher _fetcher = new();
    private readonly List<string> _unchecked = [];

    [Fact]
    public void A_good_peer_is_let_in() => Assert.IsType<PeerVerdict.Accepted>(Judge(_root.Issue("peer.lab")));

    [Fact]
    public void A_chain_over_an_intermediate_is_followed()
    {
        var middle = new TestAuthority("Middle", _root);
        Assert.IsType<PeerVerdict.Accepted>(Judge(middle.Issue("peer.lab"), others: [middle.Certificate]));
        Refused("unknown authority", Judge(middle.Issue("peer.lab")));
    }

    [Fact]
    public void Another_authority_is_unknown() => Refused("unknown authority", Judge(new TestAuthority("Other").Issue("peer.lab")));

    [Fact]
    public void An_authority_of_the_same_name_is_not_the_same() => Refused("", Judge(new TestAuthority("Root").Issue("peer.lab")));

    [Fact]
    public void Expired_and_not_yet_valid_are_told_apart()
    {
        Refused("expired: CN=peer.lab ended 2026-06-14", Judge(_root.Issue("peer.lab", to: TestAuthority.Now - TimeSpan.FromDays(1))));
        Refused("not yet valid: CN=peer.lab begins 2026-06-16", Judge(_root.Issue("peer.lab", from: TestAuthority.Now + TimeSpan.FromDays(1))));
    }

    [Theory]
    [InlineData(1970)]
    [InlineData(2024)]
    [InlineData(2031)]
    public void A_clock_that_contradicts_our_own_certificates_is_to_blame(int year) =>
        Refused("clock: this box believes it is " + year, Judge(_root.Issue("peer.lab"), now: new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    [Fact]
    public void A_TLS_server_is_judged_as_a_peer_of_IKE_is()
    {
        var server = Identification.Fqdn("radius.lab");
        PeerVerdict Of(X509Certificate2 certificate, DateTimeOffset? now = null) =>
            Judge(judge => judge.Judge("hub", server, [certificate.RawData]), RevocationPolicy.Prefer, now ?? TestAuthority.Now);
        Assert.IsType<PeerVerdict.Accepted>(Of(_root.Issue("radius.lab").Certificate));
        Refused("another name", Of(_root.Issue("peer.lab").Certificate));
        Refused("unknown authority", Of(new TestAuthority("Other").Issue("radius.lab").Certificate));
        Refused("expired", Of(_root.Issue("radius.lab", to: TestAuthority.Now - TimeSpan.FromDays(1)).Certificate));
        Refused("no certificate", Judge(judge => judge.Judge("hub", server, [[0x30, 0x03, 1, 2]]), RevocationPolicy.Prefer, TestAuthority.Now));
    }

    [Fact]
    public void A_signature_of_another_key_is_refused()
    {
        var (certificate, _) = _root.Issue("peer.lab");
        Refused("not by its certificate's key", Judge((certificate, ECDsa.Create(ECCurve.NamedCurves.nistP256))));
    }

    [Fact]
    public void A_certificate_for_another_name_is_refused() =>
        Refused("its certificate is for other.lab", Judge(_root.Issue("other.lab")));

    [Fact]
    public void The_common_name_and_wildcards_are_no_names()
    {
        Refused("another name", Judge(_root.Issue("peer.lab", names: static san => san.AddEmailAddress("a@b.lab"))));
        Refused("another name", Judge(_root.Issue("peer.lab", names: static san => san.AddDnsName("*.lab"))));
    }

    [Fact]
    public void Every_type_of_identity_is_matched_in_its_own_way()
    {
        var peer = _root.Issue("CN.of.the.peer", names: static san =>
        {
            san.AddDnsName("Peer.Lab");
            san.AddEmailAddress("Box@Lab.example");
            san.AddIpAddress(IPAddress.Parse("192.0.2.7"));
            san.AddIpAddress(IPAddress.Parse("2001:db8::7"));
        });
        var key = peer.Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.ToArray();
        var subject = new Identification(IdentificationType.DerAsn1Dn, peer.Certificate.SubjectName.RawData);
        foreach (var good in (Identification[])
            [
                Identification.Fqdn("peer.lab"), Identification.Email("Box@lab.EXAMPLE"), Identification.Parse("192.0.2.7"), Identification.Parse("2001:db8::7"),
                Identification.KeyId(key), subject,
            ])
            Assert.IsType<PeerVerdict.Accepted>(Judge(peer, identity: good));
        foreach (var bad in (Identification[])
            [
                Identification.Fqdn("lab"), Identification.Email("box@lab.example"), Identification.Parse("192.0.2.8"), Identification.KeyId([1, 2, 3]),
                new Identification(IdentificationType.DerAsn1Dn, [.. subject.Data, 0]), new Identification(IdentificationType.Null, []),
            ])
            Refused("another name", Judge(peer, identity: bad));
    }

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.17", true)]
    [InlineData("1.3.6.1.5.5.7.3.1", true)]
    [InlineData("1.3.6.1.5.5.7.3.3", false)] // code signing
    public void An_extended_key_usage_must_cover_IKE(string oid, bool good)
    {
        var verdict = Judge(_root.Issue("peer.lab", change: request =>
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(oid)], critical: false))));
        if (good) Assert.IsType<PeerVerdict.Accepted>(verdict);
        else Refused("extended key usage", verdict);
    }

    [Fact]
    public void A_leaf_is_no_authority()
    {
        var (leaf, leafKey) = _root.Issue("leaf.lab");
        using var withKey = leaf.CopyWithPrivateKey(leafKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=peer.lab", key, HashAlgorithmName.SHA256);
        var san = new SubjectAlternativeNameBuilder();
        san.AddDnsName("peer.lab");
        request.CertificateExtensions.Add(san.Build());
        var forged = request.Create(leaf.SubjectName, X509SignatureGenerator.CreateForECDsa(leafKey), TestAuthority.Now - TimeSpan.FromDays(1), TestAuthority.Now + TimeSpan.FromDays(1), [9]);
        Refused("", Judge((forged, key), others: [leaf]));
    }

    [Fact]
    public void A_revoked_peer_is_refused_and_another_is_not()
    {
        var (good, bad) = (Listed("peer.lab"), Listed("peer.lab"));
        _fetcher.Answers[Place] = _root.List(revoked: bad.Certificate);
        Refused("revoked: CN=peer.lab since 2026-06-12", Judge(bad));
        Assert.IsType<PeerVerdict.Accepted>(Judge(good));
        Assert.Empty(_unchecked);
    }

    [Theory]
    [InlineData(RevocationPolicy.Prefer)]
    [InlineData(RevocationPolicy.Require)]
    [InlineData(RevocationPolicy.Off)]
    public void What_cannot_be_checked_is_for_the_policy_to_say(RevocationPolicy policy)
    {
        var verdict = Judge(Listed("peer.lab"), policy: policy);
        if (policy == RevocationPolicy.Require) Refused("cannot be checked", verdict);
        else Assert.IsType<PeerVerdict.Accepted>(verdict);
        Assert.Equal(policy == RevocationPolicy.Prefer ? 1 : 0, _unchecked.Count);
        Assert.Equal(policy == RevocationPolicy.Off ? 0 : 1, _fetcher.Asked);
    }

    [Fact]
    public void A_peer_that_names_nobody_to_ask_is_refused_only_where_it_is_required()
    {
        Assert.IsType<PeerVerdict.Accepted>(Judge(_root.Issue("peer.lab")));
        Assert.Empty(_unchecked);
        Refused("names neither", Judge(_root.Issue("peer.lab"), policy: RevocationPolicy.Require));
    }

    [Fact]
    public void An_old_list_tells_of_the_revoked_but_not_of_the_good()
    {
        var (good, bad) = (Listed("peer.lab"), Listed("peer.lab"));
        _fetcher.Answers[Place] = _root.List(TestAuthority.Now - TimeSpan.FromDays(9), TestAuthority.Now - TimeSpan.FromDays(2), bad.Certificate);
        Refused("revoked", Judge(bad, policy: RevocationPolicy.Require));
        Refused("good until", Judge(good, policy: RevocationPolicy.Require));
    }

    [Fact]
    public void A_list_of_somebody_else_says_nothing()
    {
        _fetcher.Answers[Place] = new TestAuthority("Other").List();
        Refused("not signed by", Judge(Listed("peer.lab"), policy: RevocationPolicy.Require));
        _fetcher.Answers[Place] = new TestAuthority("Root").List(); // the same name, another key
        Refused("not signed by", Judge(Listed("peer.lab"), policy: RevocationPolicy.Require));
        _fetcher.Answers[Place] = [1, 2, 3];
        Refused("not a revocation list", Judge(Listed("peer.lab"), policy: RevocationPolicy.Require));
    }

    [Fact]
    public void Revocation_is_not_asked_for_before_name_signature_and_chain_are_good()
    {
        var other = new TestAuthority("Other").Issue("peer.lab", change: static r => r.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([Place])));
        Judge(other);
        Judge((Listed("peer.lab").Certificate, ECDsa.Create(ECCurve.NamedCurves.nistP256)));
        Judge(Listed("other.lab"));
        Assert.Equal(0, _fetcher.Asked);
    }

    [Fact]
    public void No_octets_in_place_of_a_list_or_an_answer_make_it_throw()
    {
        var random = new Random(11);
        var list = _root.List(revoked: Listed("peer.lab").Certificate);
        var question = new OcspQuestion(Listed("peer.lab").Certificate, _root.Certificate);
        for (var i = 0; i < 5_000; i++)
        {
            var octets = list.ToArray();
            for (var j = random.Next(1, 4); j > 0; j--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            if (i % 3 == 0) octets = octets[..random.Next(octets.Length)];
            RevocationList.TryRead(octets, out _);
            question.TryRead(octets, TestAuthority.Now, out _, out _, out _);
        }
    }

    [Fact]
    public void A_peer_whose_octets_are_no_certificate_is_refused() => Refused(
        "no certificate",
        Judge(Asked([[1, 2, 3]], Identification.Fqdn("peer.lab"), [1]), RevocationPolicy.Prefer, TestAuthority.Now));

    private (X509Certificate2 Certificate, ECDsa Key) Listed(string name) => _root.Issue(name, change: static request =>
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([Place])));

    private static void Refused(string words, PeerVerdict verdict)
    {
        var reason = Assert.IsType<PeerVerdict.Refused>(verdict).Reason;
        Assert.Equal(CloseCause.CertificateRefused, reason.Cause);
        Assert.Contains(words, reason.Detail);
    }

    private PeerVerdict Judge(
        (X509Certificate2 Certificate, ECDsa Key) peer,
        Identification? identity = null,
        X509Certificate2[]? others = null,
        DateTimeOffset? now = null,
        RevocationPolicy policy = RevocationPolicy.Prefer)
    {
        var signature = peer.Key.SignData(Octets, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        byte[][] chain = [peer.Certificate.RawData, .. (others ?? []).Select(static c => c.RawData)];
        return Judge(
            Asked(chain, identity ?? Identification.Fqdn("peer.lab"), SignatureAlgorithmIdentifier.Join(SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha256), signature)),
            policy,
            now ?? TestAuthority.Now);
    }

    private static IkeOutput.VerifyPeer Asked(byte[][] chain, Identification identity, byte[] auth) => new(
        new WorkId(1), new IkeSaId(1), "hub", identity, [.. chain], new AuthPayload(AuthenticationMethod.DigitalSignature, auth), Octets,
        [SignatureHashAlgorithm.Sha256]);

    private PeerVerdict Judge(IkeOutput.VerifyPeer asked, RevocationPolicy policy, DateTimeOffset now) => Judge(judge => judge.Judge(asked), policy, now);

    private PeerVerdict Judge(Func<PeerJudge, PeerVerdict> ask, RevocationPolicy policy, DateTimeOffset now)
    {
        var (own, key) = _root.Issue("own.lab");
        var config = new CertificateAuthentication { Certificate = own.ExportCertificatePem(), Key = "key", Authorities = [_root.Pem], Revocation = policy };
        var source = new CertificateSource(null);
        var credentials = new CredentialStore(source);
        credentials.Of(new ConnectionPlan(
            "hub",
            new ConnectionConfig { Name = "hub", Remote = new RemoteConfig { Endpoints = [] }, Authentication = config },
            [],
            "evpn0",
            ImmutableDictionary<string, SecretConfig>.Empty.Add("key", new SecretConfig { PrivateKey = new SecretText(key.ExportPkcs8PrivateKeyPem()) })));
        var time = new FixedTime(now);
        var judge = new PeerJudge(credentials, new RevocationCheck(source, _fetcher, time), time);
        judge.Unchecked += (_, why) => _unchecked.Add(why);
        return ask(judge);
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private sealed class FakeFetcher : IRevocationFetcher
    {
        public Dictionary<string, byte[]> Answers { get; } = [];

        public int Asked { get; private set; }

        public byte[]? Fetch(Uri place, byte[]? question, int maxOctets, TimeSpan patience, out string? fault)
        {
            Asked++;
            fault = Answers.TryGetValue(place.ToString(), out var answer) ? null : "nobody there";
            return answer;
        }
    }
}
