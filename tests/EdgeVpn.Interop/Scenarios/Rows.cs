using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>The rows of the interop table.</summary>
public static class Rows
{
    private static readonly Scenario Tunnel = new() { Row = "", Prose = "" };

    private static readonly TimeSpan Return = TimeSpan.FromSeconds(30);

    public static IReadOnlyList<Scenario> All { get; } =
    [
        (Tunnel with
        {
            Row = "azure-default",
            Prose = "Azure's first proposals and any-to-any selectors, as the portal's defaults make them.",
        }).Between(["0.0.0.0/0"], ["0.0.0.0/0"]),
        (Tunnel with
        {
            Row = "gcm-ecp384",
            Prose = "AES-256-GCM for IKE with PRF SHA-384 and ECP-384; PFS with ECP-384 shows at the first rekey.",
            Then = stage => stage.RekeyChildAsync(stage.Branch),
        }).With("aes256gcm16-prfsha384-ecp384", "aes256gcm16-ecp384"),
        (Tunnel with
        {
            Row = "cbc-modp2048",
            Prose = "AES-256-CBC with HMAC-SHA-256 for IKE and ESP, MODP-2048, PFS.",
            Then = stage => stage.RekeyChildAsync(stage.Cloud),
        }).With("aes256-sha256-modp2048", "aes256-sha256-modp2048"),
        (Tunnel with
        {
            Row = "x25519",
            Prose = "Curve25519 for IKE and for PFS.",
            Then = stage => stage.RekeyChildAsync(stage.Branch),
        }).With("aes256-sha256-x25519", "aes256gcm16-x25519"),
        (Tunnel with
        {
            Row = "any-to-any",
            Prose = "Selectors 0.0.0.0/0 both ways; routes decide, and what is not routed into the tunnel still reaches the internet.",
            Then = async stage => Assert.True(await Ping.AnswersAsync(stage.Lab, Node.Box, LabAddresses.InternetHost, inClear: true)),
        }).Between(["0.0.0.0/0"], ["0.0.0.0/0"]).With("aes256-sha1-modp1024", "aes256-sha256"),
        Tunnel with
        {
            Row = "narrowed-selectors",
            Prose = "The branch asks for two /16, the cloud narrows to its /24; both use what was agreed.",
            Branch = TunnelEnd.Branch with { LocalSelectors = ["10.10.0.0/16"], RemoteSelectors = ["10.20.0.0/16"] },
            Expect = new Expectation.Up { Local = [LabAddresses.BranchNetwork], Remote = [LabAddresses.CloudNetwork] },
        },
        Tunnel with
        {
            Row = "wrong-psk",
            Prose = "The two ends have different secrets.",
            Branch = TunnelEnd.Branch with { Authentication = new Authentication.Psk("not-the-same-secret-1") },
            Expect = new Expectation.Refused("AUTHENTICATION_FAILED", [33], [33]),
        },
        Tunnel with
        {
            Row = "wrong-identity",
            Prose = "The branch calls itself what the cloud does not know.",
            Branch = TunnelEnd.Branch with { Identity = "stranger.lab" },
            // AUTHENTICATION_FAILED is all that the asking end gets to see.
            Expect = new Expectation.Refused("AUTHENTICATION_FAILED", [33, 34], [34]),
        },
        Tunnel with
        {
            Row = "no-common-ike-proposal",
            Prose = "No IKE proposal in common.",
            Branch = TunnelEnd.Branch with { Ike = "aes128-sha1-modp2048" },
            Cloud = TunnelEnd.Cloud with { Ike = "aes256-sha384-ecp384" },
            Expect = new Expectation.Refused("NO_PROPOSAL_CHOSEN", [31], [31]),
        },
        Tunnel with
        {
            Row = "no-common-esp-proposal",
            Prose = "IKE agrees, but there is no ESP proposal in common.",
            Branch = TunnelEnd.Branch with { Esp = "aes128-sha1" },
            Expect = new Expectation.Refused("NO_PROPOSAL_CHOSEN", [32], [32]),
        },
        Tunnel with
        {
            Row = "selectors-refused",
            Prose = "The networks that the branch asks for are not the cloud's.",
            Branch = TunnelEnd.Branch with { RemoteSelectors = ["172.16.0.0/24"] },
            Expect = new Expectation.Refused("TS_UNACCEPTABLE", [36], [36]),
        },
        Tunnel with
        {
            Row = "peer-silent",
            Prose = "Nobody answers on UDP 500.",
            CloudIsOff = true,
            Expect = new Expectation.Refused("SILENT", [21], []),
        },
        Tunnel with
        {
            Row = "port-4500-blocked",
            Prose = "A NAT is found, and then UDP 4500 does not pass.",
            Internet = new InternetState { Nat = true, BlockedUdpPorts = [4500] },
            Expect = new Expectation.Refused("SILENT", [22], []),
        },
        Tunnel with
        {
            Row = "branch-behind-nat",
            Prose = "The branch is masqueraded; everything moves to UDP 4500.",
            Internet = new InternetState { Nat = true },
        },
        Tunnel with
        {
            Row = "ipv6-inner",
            Prose = "IPv4 and IPv6 in one child.",
            Branch = TunnelEnd.Branch with
            {
                LocalSelectors = [LabAddresses.BranchNetwork, LabAddresses.BranchNetwork6],
                RemoteSelectors = [LabAddresses.CloudNetwork, LabAddresses.CloudNetwork6],
                LocalNetworks = [LabAddresses.BranchNetwork, LabAddresses.BranchNetwork6],
                RemoteNetworks = [LabAddresses.CloudNetwork, LabAddresses.CloudNetwork6],
            },
            Cloud = TunnelEnd.Cloud with
            {
                LocalSelectors = [LabAddresses.CloudNetwork, LabAddresses.CloudNetwork6],
                RemoteSelectors = [LabAddresses.BranchNetwork, LabAddresses.BranchNetwork6],
                LocalNetworks = [LabAddresses.CloudNetwork, LabAddresses.CloudNetwork6],
                RemoteNetworks = [LabAddresses.BranchNetwork, LabAddresses.BranchNetwork6],
            },
        },
        Tunnel with
        {
            Row = "five-percent-loss",
            Prose = "Of a hundred packets either way five vanish; tunnel and rekeys work all the same.",
            Then = LossAsync,
        },
        Tunnel with
        {
            Row = "child-rekey",
            Prose = "Each end rekeys the child in turn; no packet is lost.",
            Then = stage => stage.WithoutLossAsync(async () =>
            {
                await stage.RekeyChildAsync(stage.Branch);
                await stage.RekeyChildAsync(stage.Cloud);
            }),
        },
        Tunnel with
        {
            Row = "ike-rekey",
            Prose = "Each end rekeys the IKE SA in turn; the child stays, no packet is lost.",
            Then = stage => stage.WithoutLossAsync(async () =>
            {
                await stage.RekeyIkeAsync(stage.Branch);
                await stage.RekeyIkeAsync(stage.Cloud);
            }),
        },
        Tunnel with
        {
            Row = "delete",
            Prose = "Each end takes the tunnel down in turn; the other drops its SAs with it, and the next tunnel comes up.",
            Then = async stage =>
            {
                await stage.TerminateAsync(stage.Cloud);
                Assert.True(await stage.Branch.InitiateAsync());
                await stage.UpAsync();
                await stage.TerminateAsync(stage.Branch);
            },
        },
        Tunnel with
        {
            Row = "peer-gone-and-back",
            Prose = "The cloud dies without a word; the branch notices, and reconnects when it is back.",
            Branch = TunnelEnd.Branch with { Reconnects = true, LivenessInterval = TimeSpan.FromSeconds(1) },
            Then = async stage =>
            {
                await stage.Cloud.KillAsync();
                await Processes.Until.TrueAsync("the branch notices", Return, async () => (await stage.Branch.SasAsync()).Established().IsEmpty);
                await stage.SaysAsync(stage.Branch, "SILENT", [23]);
                await stage.Cloud.StartAsync();
                await stage.UpAsync(Return);
                await stage.TrafficAsync();
            },
        },
        Tunnel with
        {
            Row = "peer-restart",
            Prose = "The cloud restarts in good order; the branch reconnects.",
            Branch = TunnelEnd.Branch with { Reconnects = true },
            Then = async stage =>
            {
                await stage.Cloud.StopAsync();
                await stage.Cloud.StartAsync();
                await stage.UpAsync(Return);
                await stage.TrafficAsync();
            },
        },
        Tunnel with
        {
            Row = "box-restart",
            Prose = "The branch is killed and starts again; the cloud is left with one IKE SA.",
            Then = async stage =>
            {
                await stage.Branch.KillAsync();
                await stage.Branch.StartAsync();
                Assert.True(await stage.Branch.InitiateAsync());
                await stage.UpAsync(Return);
                await stage.TrafficAsync();
            },
        },
        .. RowsOfExchanges.All,
    ];

    /// <summary>Those that EDGEVPN_ROWS names, by commas; all if it names none.</summary>
    public static IEnumerable<Scenario> Selected => All.Where(static scenario => IsSelected(scenario.Row));

    public static bool IsSelected(string row) => Environment.GetEnvironmentVariable("EDGEVPN_ROWS") is not { Length: > 0 } names || names.Split(',').Contains(row);

    public static Scenario Named(string row) => All.Single(scenario => scenario.Row == row);

    private static async Task LossAsync(Stage stage)
    {
        const int Pings = 200;
        await stage.Lab.SetInternetAsync(stage.Lab.Internet with { LossPercent = 5 });
        await stage.RekeyChildAsync(stage.Branch);
        var ping = await Ping.RunAsync(stage.Lab, Node.BranchLan, LabAddresses.CloudHost, Pings, TimeSpan.FromMilliseconds(5));
        // About a tenth is lost on the way there and back (0.95² arrive): 180 ± 4; below 150 something else loses packets.
        Assert.InRange(ping.Received, 150, Pings);
        Assert.True(await stage.Lab.DroppedAsync("loss") > 0, "the router dropped nothing");
        await stage.RekeyIkeAsync(stage.Branch);
        // In a clear line: where a Delete's answer is lost, the end that sent it waits for half a minute (of a DPD timeout of 45 s); who answered is gone, and says no more.
        await stage.Lab.SetInternetAsync(stage.Lab.Internet with { LossPercent = 0 });
        await stage.TerminateAsync(stage.Branch);
        await stage.Lab.SetInternetAsync(stage.Lab.Internet with { LossPercent = 5 });
        Assert.True(await stage.Branch.InitiateAsync());
        await stage.UpAsync();
    }
}
