using EdgeVpn.Interop.Peers;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>Rows about what IKE can do beyond setting a tunnel up: further key exchanges, mobility, addresses given out, and the like.</summary>
internal static class RowsOfExchanges
{
    private static readonly Scenario Tunnel = new() { Row = "", Prose = "" };

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
    ];
}
