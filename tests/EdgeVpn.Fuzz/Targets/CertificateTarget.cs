using System.Collections.Immutable;
using System.Formats.Asn1;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Pki;
using EdgeVpn.Appliance.Pki.Revocation;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Fuzz.Targets;

/// <summary>CERT payloads, an AUTH, and what is fetched about the certificates: judged to the end, as a peer of IKE and as a TLS server.</summary>
/// <remarks>
/// Input: one octet of choices, then pieces: a chain of payloads that begins with CERT, Authentication Data, an OCSP answer, a revocation list. By the
/// choices the authority signs the first certificate, the answer's data or the list, so that a changed octet is not refused for its signature alone.
/// </remarks>
internal sealed class CertificateTarget : Target
{
    private const byte SignsCertificate = 0x01;
    private const byte SignsAnswer = 0x02;
    private const byte SignsList = 0x04;
    private const byte AsTlsServer = 0x08;

    /// <summary>What the chain builder costs for the certificates that are looked at, and a part for each octet.</summary>
    private const long AllocationBase = 4 * 1024 * 1024;

    private const long AllocationFactor = 256;
    private const string Connection = "hub";
    private static readonly Identification Peer = Identification.Fqdn(FuzzAuthority.Peer);
    private static readonly CertificateSource Source = new(null);
    private static readonly CredentialStore Credentials = Trusting();

    public override string Name => "certificate";

    public override void Run(ReadOnlySpan<byte> octets)
    {
        var before = Allocated;
        Judge(octets);
        MustNotExceed(AllocationBase + (AllocationFactor * octets.Length), before, octets.Length);
    }

    /// <returns>Null if there was nothing to judge.</returns>
    internal static PeerVerdict? Judge(ReadOnlySpan<byte> octets)
    {
        var input = new Input(octets);
        var choices = input.Byte();
        var chain = input.Piece();
        var auth = new AuthPayload(AuthenticationMethod.DigitalSignature, input.Piece().ToArray());
        var answer = input.Piece();
        var list = input.Piece();
        var fetcher = new Given(
            (choices & SignsAnswer) == 0 ? answer.ToArray() : FuzzAuthority.Answer(answer),
            (choices & SignsList) == 0 ? list.ToArray() : FuzzAuthority.Sign(list));
        Read(fetcher.List);

        if (PayloadList.TryRead(PayloadType.Certificate, chain, out var payloads) != WireError.None) return null;
        if (CertificateProof.ToVerify(Connection, Peer, payloads!, auth, [1], out _) is null) return null;
        var certificates = payloads!.All<CertPayload>().Where(static c => c.Encoding == CertificateEncoding.X509Signature).Select(static c => c.Data).ToImmutableArray();
        Must(certificates.Length <= 8, $"{certificates.Length} certificates are looked at");
        if ((choices & SignsCertificate) != 0) certificates = certificates.SetItem(0, FuzzAuthority.Sign(certificates[0]));

        var time = new Fixed();
        var judge = new PeerJudge(Credentials, new RevocationCheck(Source, fetcher, time), time);
        var verdict = (choices & AsTlsServer) != 0
            ? judge.Judge(Connection, Peer, certificates)
            : judge.Judge(new IkeOutput.VerifyPeer(new WorkId(1), new IkeSaId(1), Connection, Peer, certificates, auth, [1], SignatureChoice.Accepted));
        Must(verdict is PeerVerdict.Accepted or PeerVerdict.Refused { Reason.Detail.Length: > 0 }, "refused without a word");
        Must(verdict is PeerVerdict.Refused || (choices & AsTlsServer) != 0, "a signature was believed that nobody made");
        return verdict;
    }

    /// <summary>As it is read where a signature is good.</summary>
    private static void Read(byte[] list)
    {
        if (RevocationList.TryRead(list, out var fault) is not { } read)
        {
            Must(fault is not null, "a list refused without a word");
            return;
        }

        try
        {
            _ = read.RevokedAt([0x42, 1, 2, 3]);
        }
        catch (AsnContentException) // what its summary says of an entry that cannot be read
        {
        }
    }

    private static CredentialStore Trusting()
    {
        var store = new CredentialStore(Source);
        store.Of(new ConnectionPlan(
            Connection,
            new ConnectionConfig
            {
                Name = Connection,
                Remote = new RemoteConfig { Endpoints = [] },
                Authentication = new EapMschapv2Authentication { User = "u", Secret = "s", Authorities = [FuzzAuthority.Pem], Revocation = RevocationPolicy.Require },
            },
            [],
            "evpn0",
            ImmutableDictionary<string, SecretConfig>.Empty.Add("s", new SecretConfig { Password = new SecretText("p") })));
        return store;
    }

    /// <summary>Answers whatever is asked with the input's pieces.</summary>
    private sealed class Given(byte[] answer, byte[] list) : IRevocationFetcher
    {
        public byte[] List => list;

        public byte[]? Fetch(Uri place, byte[]? question, int maxOctets, TimeSpan patience, out string? fault)
        {
            var octets = question is null ? list : answer;
            fault = octets.Length == 0 ? "nobody there" : null;
            return fault is null ? octets : null;
        }
    }

    private sealed class Fixed : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => FuzzAuthority.Now;
    }
}
