using System.Collections.Immutable;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>The rows about X.509: every key type, chains, several authorities, and everything that is refused.</summary>
public static class CertificateRows
{
    private const int RevocationPort = 8080;
    private const string Place = "http://" + LabAddresses.InternetHost;

    /// <summary>Nobody listens there.</summary>
    private const string Nowhere = Place + ":9/";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static IReadOnlyList<CertificateRow> All { get; } =
    [
        Keys("cert-rsa-2048", "RSA-2048 at both ends; strongSwan signs by PKCS #1 v1.5, we by PSS.", LabKey.Rsa2048),
        Keys("cert-rsa-3072", "RSA-3072 at both ends.", LabKey.Rsa3072),
        Keys("cert-rsa-pss", "RSA-2048; both ends sign by RSASSA-PSS.", LabKey.Rsa2048, static proof => proof with { SignsByPss = true }),
        Keys("cert-rsa-4096-fragments", "RSA-4096 at both ends; both send IKE_AUTH in fragments.", LabKey.Rsa4096) with
        {
            Then = static stage => stage.BothSentFragments(),
        },
        Keys("cert-ecdsa-256", "ECDSA on P-256.", LabKey.EcP256),
        Keys("cert-ecdsa-384", "ECDSA on P-384.", LabKey.EcP384),
        Keys("cert-ecdsa-521", "ECDSA on P-521.", LabKey.EcP521),
        Keys("cert-ed25519", "Ed25519 (RFC 8420).", LabKey.Ed25519),
        new("cert-chain", "Both certificates hang on an intermediate that only its owner has.", static (ours, theirs) =>
        {
            using var root = new LabPki();
            using LabPki a = root.Intermediate(), b = root.Intermediate();
            return new Proofs(a.Issue(ours), b.Issue(theirs));
        }),
        new("cert-two-authorities", "Each end has a certificate of another authority; both trust both.", static (ours, theirs) =>
        {
            using LabPki a = new(), b = new();
            return new Proofs(
                a.Issue(ours) with { MoreAuthorities = [b.AuthorityPem] },
                b.Issue(theirs) with { MoreAuthorities = [a.AuthorityPem] });
        }),
        new("cert-method-1", "strongSwan announces no hashes: the methods of before RFC 7427 are used.", static (ours, theirs) => Pair(ours, theirs, LabKey.EcP256) with
        {
            Both = static end => end with { SignatureAuthentication = false },
        }),
        new("cert-good-by-crl", "strongSwan's certificate is not on the list that our end fetches; policy require.", static (ours, theirs) =>
            WithList(ours, theirs, isRevoked: false, policy: "require")),
        new("cert-good-by-ocsp", "OpenSSL's responder says that strongSwan's certificate stands; policy require.", static (ours, theirs) =>
            WithResponder(ours, theirs, isRevoked: false, policy: "require")),
        new("cert-revocation-unreachable-preferred", "Nobody answers about revocation; policy prefer lets strongSwan in.", static (ours, theirs) =>
            Pair(ours, theirs, new LabCertificate { OcspUrl = Nowhere, CrlUrl = Nowhere + "list.crl" })),
        new("cert-revocation-unreachable-required", "Nobody answers about revocation; policy require refuses.", static (ours, theirs) =>
            Policy(Pair(ours, theirs, new LabCertificate { OcspUrl = Nowhere, CrlUrl = Nowhere + "list.crl" }), "require"), 35, "cannot be checked"),
        new("cert-revoked-by-crl", "strongSwan's certificate is on its authority's list, which our end fetches.", static (ours, theirs) =>
            WithList(ours, theirs, isRevoked: true, policy: "prefer"), 35, "revoked"),
        new("cert-revoked-by-file", "The list is a file in our certificate folder.", static (ours, theirs) =>
        {
            using var pki = new LabPki();
            var their = pki.Issue(theirs);
            return new Proofs(pki.Issue(ours) with { RevocationList = pki.RevocationList(their) }, their);
        }, 35, "revoked"),
        new("cert-revoked-by-ocsp", "OpenSSL's responder says that strongSwan's certificate is revoked.", static (ours, theirs) =>
            WithResponder(ours, theirs, isRevoked: true, policy: "prefer"), 35, "revoked"),
        new("cert-expired", "strongSwan's certificate ended an hour ago.", static (ours, theirs) =>
            Pair(ours, theirs, new LabCertificate { NotAfter = DateTimeOffset.UtcNow - Hour }), 35, "expired"),
        new("cert-not-yet-valid", "strongSwan's certificate begins in an hour.", static (ours, theirs) =>
            Pair(ours, theirs, new LabCertificate { NotBefore = DateTimeOffset.UtcNow + Hour }), 35, "not yet valid"),
        new("cert-unknown-authority", "strongSwan's certificate is of an authority that our end does not know.", static (ours, theirs) =>
        {
            using LabPki a = new(), b = new();
            return new Proofs(a.Issue(ours), b.Issue(theirs) with { MoreAuthorities = [a.AuthorityPem] });
        }, 35, "unknown authority"),
        new("cert-other-name", "strongSwan's certificate is for another name than it says.", static (ours, theirs) =>
        {
            using var pki = new LabPki();
            return new Proofs(pki.Issue(ours), pki.Issue("other.lab"));
        }, 35, "another name"),
        new("cert-refused-by-peer", "Our certificate ended an hour ago: strongSwan refuses it.", static (ours, theirs) =>
        {
            using var pki = new LabPki();
            return new Proofs(pki.Issue(ours, DateTimeOffset.UtcNow - Hour), pki.Issue(theirs));
        }, 35),
    ];

    public static CertificateRow Named(string row) => All.Single(one => one.Row == row);

    private static CertificateRow Keys(string row, string prose, LabKey key, Func<Authentication.Certificate, Authentication.Certificate>? with = null) =>
        new(row, prose, (ours, theirs) =>
        {
            var pair = Pair(ours, theirs, key);
            return with is null ? pair : pair with { Theirs = with((Authentication.Certificate)pair.Theirs) };
        });

    private static Proofs Pair(string ours, string theirs, LabKey key)
    {
        using var pki = new LabPki();
        return new Proofs(pki.Issue(ours, new LabCertificate { Key = key }), pki.Issue(theirs, new LabCertificate { Key = key }));
    }

    private static Proofs Pair(string ours, string theirs, LabCertificate their)
    {
        using var pki = new LabPki();
        return new Proofs(pki.Issue(ours), pki.Issue(theirs, their));
    }

    private static Proofs Policy(Proofs proofs, string revocation) =>
        proofs with { Ours = (Authentication.Certificate)proofs.Ours with { Revocation = revocation } };

    private static Proofs WithList(string ours, string theirs, bool isRevoked, string policy)
    {
        using var pki = new LabPki();
        var their = pki.Issue(theirs, new LabCertificate { CrlUrl = $"{Place}:{RevocationPort}/lab.crl" });
        var list = isRevoked ? pki.RevocationList(their) : pki.RevocationList();
        return new Proofs(pki.Issue(ours) with { Revocation = policy }, their)
        {
            Services = async lab =>
            {
                var folder = Directory.CreateDirectory(Path.Combine(lab.RunFolder, "lists")).FullName;
                await File.WriteAllBytesAsync(Path.Combine(folder, "lab.crl"), list);
                await ServeAsync(lab, ["/usr/bin/python3", "-m", "http.server", $"{RevocationPort}", "--bind", LabAddresses.InternetHost, "--directory", folder]);
            },
        };
    }

    private static Proofs WithResponder(string ours, string theirs, bool isRevoked, string policy)
    {
        using var pki = new LabPki();
        var their = pki.Issue(theirs, new LabCertificate { OcspUrl = $"{Place}:{RevocationPort}/" });
        var (authority, key, index) = (pki.AuthorityPem, pki.AuthorityKeyPem, LabPki.IndexLine(their, isRevoked) + "\n");
        return new Proofs(pki.Issue(ours) with { Revocation = policy }, their)
        {
            Services = async lab =>
            {
                var folder = Directory.CreateDirectory(Path.Combine(lab.RunFolder, "ocsp")).FullName;
                string At(string name) => Path.Combine(folder, name);
                await File.WriteAllTextAsync(At("ca.pem"), authority);
                await File.WriteAllTextAsync(At("ca.key"), key);
                await File.WriteAllTextAsync(At("index.txt"), index);
                await ServeAsync(lab,
                [
                    "openssl", "ocsp", "-index", At("index.txt"), "-CA", At("ca.pem"), "-rsigner", At("ca.pem"), "-rkey", At("ca.key"),
                    "-port", $"{RevocationPort}", "-nmin", "60",
                ]);
            },
        };
    }

    private static async Task ServeAsync(Lab lab, ImmutableArray<string> command)
    {
        lab.Start(Node.Internet, new DaemonSetup { Name = "revocation", Command = command });
        await Until.TrueAsync("who answers about revocation listens", TimeSpan.FromSeconds(10), async () =>
            (await lab.RunAsync(Node.Internet, ["ss", "-Hltn", $"sport = :{RevocationPort}"])).Output.Contains($":{RevocationPort}", StringComparison.Ordinal));
    }
}
