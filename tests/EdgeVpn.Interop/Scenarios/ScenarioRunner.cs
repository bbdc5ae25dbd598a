using System.Diagnostics;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>Plays one row with one pairing: lab, ends, captures, expectation, the rest of the story, and a line in the results.</summary>
public static class ScenarioRunner
{
    public static async Task RunAsync(Scenario scenario, Pairing pairing)
    {
        var start = Stopwatch.GetTimestamp();
        var passed = false;
        try
        {
            await PlayAsync(scenario, pairing, Path.Combine(pairing.Name, scenario.Row));
            passed = true;
        }
        finally
        {
            InteropResults.Record(new InteropResult(
                scenario.Row, scenario.Prose, pairing.Peer.Product, pairing.Peer.Version, pairing.RoleName, passed,
                DateTime.UtcNow.ToString("yyyy-MM-dd"), Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 1)));
        }
    }

    /// <summary>Plays without a line in the results.</summary>
    /// <param name="evidence">Folder below artifacts/interop.</param>
    public static async Task PlayAsync(Scenario scenario, Pairing pairing, string evidence)
    {
        await using var lab = await Lab.StartAsync(evidence, scenario.Internet);
        if (scenario.Before is { } before) await before(lab);
        await using var branch = pairing.Branch(lab, scenario.Branch);
        await using var cloud = pairing.Cloud(lab, scenario.Cloud);
        var captures = await Task.WhenAll(Capture.StartAsync(lab, WanLink.Branch), Capture.StartAsync(lab, WanLink.Cloud));
        await PlayAsync(scenario, new Stage(lab, scenario, branch, cloud, captures[0], captures[1]));
    }

    private static async Task PlayAsync(Scenario scenario, Stage stage)
    {
        await Task.WhenAll(stage.Branch.StartAsync(), scenario.CloudIsOff ? Task.CompletedTask : stage.Cloud.StartAsync());
        var initiated = await stage.Branch.InitiateAsync();
        switch (scenario.Expect)
        {
            case Expectation.Up up:
                Assert.True(initiated, $"{stage.Branch.Product} could not bring the tunnel up: {await stage.Branch.FaultAsync()}");
                var (branch, cloud) = await stage.UpAsync();
                Assert.Equal(up.Local ?? scenario.Branch.LocalSelectors, Assert.Single(branch.Children).LocalSelectors);
                Assert.Equal(up.Remote ?? scenario.Branch.RemoteSelectors, Assert.Single(branch.Children).RemoteSelectors);
                Assert.Equal(up.Local ?? scenario.Branch.LocalSelectors, Assert.Single(cloud.Children).RemoteSelectors);
                Assert.Equal(up.Remote ?? scenario.Branch.RemoteSelectors, Assert.Single(cloud.Children).LocalSelectors);
                await stage.WorksAsync();
                stage.EncapsulatedAsItShould();
                if (scenario.Then is { } then) await then(stage);
                break;
            case Expectation.Refused refused:
                Assert.False(initiated, "the tunnel came up");
                await stage.RefusedAsync(refused);
                break;
            default:
                throw new UnreachableException();
        }

        await stage.NothingInClearAsync();
    }
}
