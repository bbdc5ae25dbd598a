using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>Rows about what IKE can do beyond setting a tunnel up: further key exchanges, mobility, addresses given out, and the like.</summary>
internal static class RowsOfExchanges
{
    private static readonly Scenario Tunnel = new() { Row = "", Prose = "" };

    private const string Pool = "10.99.0.0/24", FirstOfPool = "10.99.0.1/32";

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
            Row = "mobike",
            Prose = "The branch's address changes twice while traffic flows (RFC 4555); the IKE SA stays, also a rekeyed one, and packets are counted alike on both ends.",
            Branch = TunnelEnd.Branch with { Mobike = true },
            Cloud = TunnelEnd.Cloud with { Mobike = true },
            Then = async stage =>
            {
                await stage.MoveAsync(LabAddresses.BoxWan, LabAddresses.BoxWanElsewhere);
                await stage.TrafficAsync();
                await stage.RekeyIkeAsync(stage.Cloud);
                await stage.RekeyChildAsync(stage.Branch);
                await stage.MoveAsync(LabAddresses.BoxWanElsewhere, LabAddresses.BoxWan);
                await stage.TrafficAsync();
            },
        },
        Tunnel with
        {
            Row = "mobike-other-address",
            Prose = "The cloud has two addresses and tells of both; the one in use dies, the branch finds it silent and goes on at the other (RFC 4555 §3.10), and returns when the first answers again.",
            Branch = TunnelEnd.Branch with { Mobike = true, LivenessInterval = TimeSpan.FromSeconds(3) },
            Cloud = TunnelEnd.Cloud with { Mobike = true },
            Only = Role.WeInitiate,
            Before = static lab => lab.AddGatewayAddressAsync(),
            Then = async stage =>
            {
                var (before, _) = await stage.UpAsync();
                await stage.Lab.SetInternetAsync(stage.Lab.Internet with { DeadAddress = LabAddresses.GatewayWan });
                IkeSaStatus? branch = null;
                await Until.TrueAsync("the branch speaks to the other address", TimeSpan.FromSeconds(20), async () =>
                {
                    (branch, var cloud) = await stage.UpAsync();
                    return (branch.Remote, cloud.Local) == (LabAddresses.GatewayWanToo, LabAddresses.GatewayWanToo);
                }, () => $"the branch speaks to {branch?.Remote}");
                Assert.Equal(before.InitiatorSpi, branch!.InitiatorSpi);
                await stage.TrafficAsync();
                await stage.Lab.SetInternetAsync(stage.Lab.Internet with { DeadAddress = null });
                await Until.TrueAsync("the branch is back at the address that it called", TimeSpan.FromSeconds(40), async () =>
                {
                    (branch, var cloud) = await stage.UpAsync();
                    return (branch.Remote, cloud.Local) == (LabAddresses.GatewayWan, LabAddresses.GatewayWan);
                }, () => $"the branch speaks to {branch?.Remote}");
                Assert.Equal(before.InitiatorSpi, branch!.InitiatorSpi);
                await stage.TrafficAsync();
            },
        },
        Tunnel with
        {
            Row = "reauthentication",
            Prose = "The branch authenticates anew twice, and the cloud rekeys in between: a new IKE SA and child are made before the old ones go. Nothing that our end sends is lost; strongSwan loses some milliseconds of its own.",
            Then = async stage =>
            {
                await stage.WithoutLossAsync(async () =>
                {
                    await stage.ReauthenticateAsync(stage.Branch);
                    await stage.RekeyIkeAsync(stage.Cloud);
                    await stage.ReauthenticateAsync(stage.Branch);
                }, strongSwanGap: TimeSpan.FromSeconds(1)); // as the one called it sends on the new child before its caller can have it
                await stage.TrafficAsync();
            },
        },
        Tunnel with
        {
            Row = "reauthentication-break",
            Prose = "strongSwan authenticates anew the old way: it deletes the tunnel and calls again.",
            Branch = TunnelEnd.Branch with { MakeBeforeBreak = false },
            Only = Role.WeRespond,
            Then = async stage =>
            {
                await stage.ReauthenticateAsync(stage.Branch);
                await stage.TrafficAsync();
            },
        },
        Tunnel with
        {
            Row = "unique-replace",
            Prose = "The branch dies without a word and calls again without saying INITIAL_CONTACT; our cloud closes the older SA once it heard the newer.",
            Branch = TunnelEnd.Branch with { Unique = "never" },
            Only = Role.WeRespond,
            Then = async stage =>
            {
                await stage.Branch.KillAsync();
                await stage.Branch.StartAsync();
                Assert.True(await stage.Branch.InitiateAsync());
                await stage.UpAsync(TimeSpan.FromSeconds(30));
                await stage.TrafficAsync();
                var log = ((ApplianceEnd)stage.Cloud).Daemon!.Log();
                Assert.DoesNotContain("N(InitialContact)", log, StringComparison.Ordinal);
                Assert.Contains("is gone: Superseded", log, StringComparison.Ordinal);
            },
        },
        Tunnel with
        {
            Row = "unique-keep",
            Prose = "The branch dies and calls from another address; our cloud keeps who is there, asks it, finds it dead, and lets the branch in.",
            Branch = TunnelEnd.Branch with { LocalAddress = "%any" },
            Cloud = TunnelEnd.Cloud with { Unique = "keep", LivenessInterval = TimeSpan.FromSeconds(4) },
            Only = Role.WeRespond,
            Then = async stage =>
            {
                await stage.Branch.KillAsync();
                await stage.Lab.MoveBoxAsync(LabAddresses.BoxWan, LabAddresses.BoxWanElsewhere);
                await stage.Branch.StartAsync();
                Assert.False(await stage.Branch.InitiateAsync(), "the branch was let in while the cloud still held its older SA");
                await stage.SaysAsync(stage.Branch, "AUTHENTICATION_FAILED", []);
                await Until.TrueAsync("the cloud finds the older SA dead", TimeSpan.FromSeconds(20), async () => (await stage.Cloud.SasAsync()).IsEmpty);
                Assert.True(await stage.Branch.InitiateAsync());
                await stage.UpAsync();
                await stage.TrafficAsync();
            },
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
        Tunnel with
        {
            Row = "address-pool",
            Prose = "The cloud gives the branch an address out of its pool (configuration payload); the branch's network speaks from it, through rekeys of both SAs and after a new start.",
            Branch = TunnelEnd.Branch with { RequestsAddress = true },
            Cloud = TunnelEnd.Cloud with { AddressPool = Pool, RemoteSelectors = [Pool] },
            Expect = new Expectation.Up { Local = [FirstOfPool] },
            Then = async stage =>
            {
                await stage.RekeyChildAsync(stage.Branch);
                await stage.RekeyIkeAsync(stage.Cloud);
                await stage.TrafficAsync();
                await stage.TerminateAsync(stage.Branch);
                await stage.Branch.InitiateAsync();
                var (branch, _) = await stage.UpAsync();
                Assert.Equal([FirstOfPool], branch.Children.Single(static child => child.IsInstalled).LocalSelectors);
                await stage.TrafficAsync();
            },
        },
        Tunnel with
        {
            Row = "address-not-asked-for",
            Prose = "The cloud gives addresses to its callers, and the branch asks for none.",
            Cloud = TunnelEnd.Cloud with { AddressPool = Pool, RemoteSelectors = [Pool] },
            Expect = new Expectation.Refused("FAILED_CP_REQUIRED", [38], [38]),
        },
    ];
}
