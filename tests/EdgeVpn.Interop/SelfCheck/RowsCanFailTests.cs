using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Scenarios;
using Xunit;
using Xunit.Sdk;

namespace EdgeVpn.Interop.SelfCheck;

/// <summary>A row whose world does not fit its expectation fails, and for that reason.</summary>
[Trait("peer", "self-check")]
public sealed class RowsCanFailTests
{
    private static readonly Pairing Pair = new(StrongSwanRelease.Debian12, Role.SelfCheck);

    [Fact]
    public Task A_refusal_that_does_not_happen_fails() => FailsAsync("expects-refusal", "the tunnel came up",
        Rows.Named("azure-default") with { Expect = new Expectation.Refused("AUTHENTICATION_FAILED", [33], [33]) });

    [Fact]
    public Task A_tunnel_that_does_not_come_up_fails_and_says_why() => FailsAsync("expects-up", "AUTHENTICATION_FAILED",
        Rows.Named("wrong-psk") with { Expect = new Expectation.Up() });

    [Fact]
    public Task Selectors_that_were_not_narrowed_fail() => FailsAsync("expects-narrowed", "10.10.0.0/24",
        Rows.Named("narrowed-selectors") with { Cloud = TunnelEnd.Cloud with { LocalSelectors = ["10.20.0.0/16"], RemoteSelectors = ["10.10.0.0/16"] } });

    [Fact]
    public Task Lost_packets_during_a_rekey_fail() => FailsAsync("loses-packets", "Lost = ",
        Rows.Named("child-rekey") with
        {
            Then = async stage =>
            {
                await stage.Lab.SetInternetAsync(new InternetState { LossPercent = 5 });
                await stage.WithoutLossAsync(() => Task.CompletedTask);
            },
        });

    [Fact]
    public Task SAs_that_stay_after_a_delete_fail() => FailsAsync("sas-stay", "no SA on either end",
        Rows.Named("delete") with { Then = stage => stage.DownAsync(TimeSpan.FromSeconds(1)) });

    [Fact]
    public Task Packets_in_clear_on_the_wan_fail() => FailsAsync("in-clear", "Assert.Empty",
        Rows.Named("branch-behind-nat") with
        {
            // A copy of what enters the tunnel leaves beside it.
            Then = async stage =>
            {
                await stage.Lab.RunAsync(Node.Box, ["nft", "-f", "-"],
                    "table ip leak {\n chain before {\n type filter hook prerouting priority -300;\n iifname \"lan0\" ip daddr 10.20.0.10 dup to 192.0.2.1 device \"wan0\"\n }\n}\n");
                await stage.TrafficAsync();
            },
        });

    private static async Task FailsAsync(string name, string because, Scenario scenario)
    {
        Requires.StrongSwan(StrongSwanRelease.Debian12);
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => ScenarioRunner.PlayAsync(scenario, Pair, $"self-check/can-fail-{name}"));
        Assert.True(failure is XunitException or TimeoutException, failure.ToString());
        Assert.Contains(because, failure.ToString(), StringComparison.Ordinal);
    }
}
