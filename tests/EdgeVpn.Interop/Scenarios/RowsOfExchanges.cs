using EdgeVpn.Interop.Peers;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>Rows about what IKE can do beyond setting a tunnel up: further key exchanges, mobility, addresses given out, and the like.</summary>
internal static class RowsOfExchanges
{
    private static readonly Scenario Tunnel = new() { Row = "", Prose = "" };

    private static readonly PpkSetup Ppk = new("branch-2026", "9sKq2LwVx7TzRb4mYc8NfGh3JdPe6UaZ5tQvXnBk1CrM");

    public static IReadOnlyList<Scenario> All { get; } =
    [
        (Tunnel with
        {
            Row = "multiple-key-exchanges",
            Prose = "Three key exchanges for the IKE SA (Curve25519, then ECP-256 and ECP-384 in IKE_INTERMEDIATE), two for the child; each end rekeys both with IKE_FOLLOWUP_KE, no packet is lost.",
            NotBefore = StrongSwanRelease.Debian13,
            Then = stage => stage.WithoutLossAsync(async () =>
            {
                await stage.RekeyChildAsync(stage.Branch);
                await stage.RekeyIkeAsync(stage.Cloud);
                await stage.RekeyChildAsync(stage.Cloud);
                await stage.RekeyIkeAsync(stage.Branch);
            }),
        }).With("aes256gcm16-prfsha256-x25519-ke1_ecp256-ke2_ecp384", "aes256gcm16-x25519-ke1_ecp256"),
        Tunnel with
        {
            Row = "childless",
            Prose = "The IKE SA is made without a child (RFC 6023); the first child has a key exchange of its own.",
            Branch = TunnelEnd.Branch with { Childless = true, Esp = "aes256gcm16-modp2048" },
            Cloud = TunnelEnd.Cloud with { Childless = true, Esp = "aes256gcm16-modp2048" },
            Then = stage => stage.RekeyIkeAsync(stage.Cloud),
        },
        Tunnel with
        {
            Row = "ppk",
            Prose = "A post-quantum preshared key is required by both ends (RFC 8784) and lives through rekeys of both SAs.",
            Branch = TunnelEnd.Branch with { Ppk = Ppk },
            Cloud = TunnelEnd.Cloud with { Ppk = Ppk },
            Then = async stage =>
            {
                await stage.RekeyChildAsync(stage.Branch);
                await stage.RekeyIkeAsync(stage.Cloud);
                await stage.TrafficAsync();
            },
        },
        Tunnel with
        {
            Row = "ppk-optional",
            Prose = "The branch has a post-quantum preshared key that the cloud knows nothing of; neither requires it, the tunnel comes up without.",
            Branch = TunnelEnd.Branch with { Ppk = Ppk with { Required = false } },
        },
        Tunnel with
        {
            Row = "ppk-wrong",
            Prose = "Both ends require a post-quantum preshared key of the same name, and have different ones.",
            Branch = TunnelEnd.Branch with { Ppk = Ppk },
            Cloud = TunnelEnd.Cloud with { Ppk = Ppk with { Secret = "4uTfQm7YxKpZ2sVbN8cRjWd5gHaE3tLyM6vBnC9xPqSk" } },
            Expect = new Expectation.Refused("AUTHENTICATION_FAILED", [33], [33]),
        },
    ];
}
