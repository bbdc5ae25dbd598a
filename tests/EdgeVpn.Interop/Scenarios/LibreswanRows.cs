using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>The rows with libreswan. Its kernel is answered for, so IKE is played in full and every SA's keys are compared, but no ESP is exchanged.</summary>
public static class LibreswanRows
{
    private const string Cbc = "aes256-sha256-modp2048", Gcm = "aes256gcm16-prfsha256-ecp256";

    private static readonly Scenario Tunnel = new Scenario { Row = "", Prose = "" }.With(Cbc, "aes256gcm16");

    private static readonly PpkSetup Ppk = new("branch-2026", "9sKq2LwVx7TzRb4mYc8NfGh3JdPe6UaZ5tQvXnBk1CrM");

    public static IReadOnlyList<Scenario> All { get; } =
    [
        (Tunnel with
        {
            Row = "libreswan-modp2048",
            Prose = "AES-256-CBC with HMAC-SHA-256 and MODP-2048 for both SAs; each end rekeys the child with PFS.",
            Then = static stage => stage.RekeyBothWaysAsync(stage.RekeyChildAsync),
        }).With(Cbc, Cbc),
        (Tunnel with
        {
            Row = "libreswan-ecp256",
            Prose = "AES-256-GCM and ECP-256 for both SAs; each end rekeys the child with PFS.",
            Then = static stage => stage.RekeyBothWaysAsync(stage.RekeyChildAsync),
        }).With(Gcm, "aes256gcm16-ecp256"),
        (Tunnel with
        {
            Row = "libreswan-ecp384",
            Prose = "AES-256-GCM with PRF SHA-384 and ECP-384; extended sequence numbers; each end rekeys the IKE SA.",
            Then = static stage => stage.RekeyBothWaysAsync(stage.RekeyIkeAsync),
        }).With("aes256gcm16-prfsha384-ecp384", "aes128gcm16-esn"),
        (Tunnel with
        {
            Row = "libreswan-x25519",
            Prose = "Curve25519 for IKE and for PFS; the branch rekeys the child, the cloud the IKE SA.",
            Then = static async stage =>
            {
                await stage.RekeyChildAsync(stage.Branch);
                await stage.RekeyIkeAsync(stage.Cloud);
                await stage.WorksAsync();
            },
        }).With("aes256-sha256-x25519", "aes256gcm16-x25519"),
        Tunnel with
        {
            Row = "libreswan-invalid-ke",
            Prose = "The branch guesses MODP-2048, the cloud wants ECP-256 and says so.",
            Branch = TunnelEnd.Branch with { Ike = "aes256-sha256-modp2048-ecp256" },
            Cloud = TunnelEnd.Cloud with { Ike = "aes256-sha256-ecp256" },
            Then = static stage =>
            {
                Assert.Contains("INVALID_KE_PAYLOAD", stage.WithoutEsp!.Log(), StringComparison.Ordinal);
                return Task.CompletedTask;
            },
        },
        Tunnel with
        {
            Row = "libreswan-behind-nat",
            Prose = "The branch is masqueraded; IKE moves to UDP 4500.",
            Internet = new InternetState { Nat = true },
        },
        Tunnel with
        {
            Row = "libreswan-ppk",
            Prose = "A post-quantum preshared key is required by both ends (RFC 8784); the branch rekeys the IKE SA.",
            Branch = Tunnel.Branch with { Ppk = Ppk },
            Cloud = Tunnel.Cloud with { Ppk = Ppk },
            Then = static stage => stage.RekeyIkeAsync(stage.Branch),
        },
        Tunnel with
        {
            Row = "libreswan-delete",
            Prose = "Each end takes the tunnel down in turn; the other drops its SAs with it, and the next one comes up.",
            Then = static async stage =>
            {
                await stage.TerminateAsync(stage.Cloud);
                if (!stage.Branch.KeepsUp) Assert.True(await stage.Branch.InitiateAsync());
                await stage.WorksAsync();
                await stage.TerminateAsync(stage.Branch);
            },
        },
        Tunnel with
        {
            Row = "libreswan-liveness",
            Prose = "Each end asks an idle peer whether it lives, and is answered; then the cloud dies without a word, and the branch notices.",
            Branch = Tunnel.Branch with { LivenessInterval = TimeSpan.FromSeconds(1) },
            Cloud = Tunnel.Cloud with { LivenessInterval = TimeSpan.FromSeconds(1) },
            Then = static async stage =>
            {
                await Until.TrueAsync("both ends asked and were answered", TimeSpan.FromSeconds(10), () => stage.InformationalsFromBothEnds() >= 2);
                await stage.UpAsync();
                await stage.Cloud.KillAsync();
                await Until.TrueAsync("the branch notices", TimeSpan.FromSeconds(20), async () => (await stage.Branch.SasAsync()).Established().IsEmpty);
                await stage.SaysAsync(stage.Branch, "SILENT", [23]);
            },
        },
        Tunnel with
        {
            Row = "libreswan-wrong-psk",
            Prose = "The two ends have different secrets.",
            Branch = Tunnel.Branch with { Authentication = new Authentication.Psk("not-the-same-secret-1") },
            Expect = new Expectation.Refused("AUTHENTICATION_FAILED", [33], [33]),
        },
        Tunnel with
        {
            Row = "libreswan-no-common-ike-proposal",
            Prose = "No IKE proposal in common.",
            Only = Role.WeInitiate,
            Cloud = Tunnel.Cloud with { Ike = "aes128-sha1-ecp384" },
            Expect = new Expectation.Refused("NO_PROPOSAL_CHOSEN", [31], [31]),
        },
        Tunnel with
        {
            Row = "libreswan-no-common-esp-proposal",
            Prose = "IKE agrees, but there is no ESP proposal in common.",
            Only = Role.WeRespond,
            Cloud = Tunnel.Cloud with { Esp = "aes128-sha1" },
            Expect = new Expectation.Refused("NO_PROPOSAL_CHOSEN", [32], [32]),
        },
        Tunnel with
        {
            Row = "libreswan-selectors-refused",
            Prose = "The networks that the branch asks for are not the cloud's.",
            Only = Role.WeInitiate,
            Branch = Tunnel.Branch with { RemoteSelectors = ["172.16.0.0/24"] },
            Expect = new Expectation.Refused("TS_UNACCEPTABLE", [36], [36]),
        },
    ];

    public static IReadOnlyList<CertificateRow> WithCertificates { get; } =
    [
        Keys("libreswan-rsa-4096-fragments", "RSA-4096 at both ends; both send IKE_AUTH in fragments; the branch rekeys the IKE SA.", LabKey.Rsa4096) with
        {
            Then = static stage => stage.BothSentFragments(),
        },
        Keys("libreswan-ecdsa-256", "ECDSA on P-256; the branch rekeys the IKE SA.", LabKey.EcP256),
        new("libreswan-unknown-authority", "libreswan's certificate is of an authority that our end does not know.", static (ours, theirs) =>
        {
            using LabPki a = new(), b = new();
            return Both(new Proofs(a.Issue(ours), b.Issue(theirs) with { MoreAuthorities = [a.AuthorityPem] }));
        }, 35, "unknown authority"),
    ];

    private static CertificateRow Keys(string row, string prose, LabKey key) => new(row, prose, (ours, theirs) =>
    {
        using var pki = new LabPki();
        return Both(new Proofs(pki.Issue(ours, new LabCertificate { Key = key }), pki.Issue(theirs, new LabCertificate { Key = key })));
    });

    private static Proofs Both(Proofs proofs) => proofs with { Both = static end => end with { Ike = Cbc } };
}
