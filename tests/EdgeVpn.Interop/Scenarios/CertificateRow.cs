using System.Diagnostics;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>What a row with certificates is made of, once its keys are there.</summary>
/// <param name="Ours">How our end proves itself, whichever end that is.</param>
/// <param name="Theirs">How strongSwan does.</param>
public sealed record Proofs(Authentication Ours, Authentication Theirs)
{
    /// <summary>Starts who answers about revocation.</summary>
    public Func<Lab, Task>? Services { get; init; }

    public Func<TunnelEnd, TunnelEnd> Both { get; init; } = static end => end;
}

/// <summary>One row about certificates or EAP: who proves what, and what our end makes of it.</summary>
/// <param name="Make">Called with the names that our end and strongSwan have in this role.</param>
/// <param name="Reason">The reason code that our end must name; null where the tunnel comes up.</param>
/// <param name="Words">What the reason's detail must say.</param>
public sealed record CertificateRow(string Row, string Prose, Func<string, string, Proofs> Make, int? Reason = null, string? Words = null)
{
    /// <summary>The first strongSwan that can play it.</summary>
    public StrongSwanRelease? NotBefore { get; init; }

    /// <summary>What else must be seen of a tunnel that is up.</summary>
    public Action<Stage>? Then { get; init; }

    public override string ToString() => Row;

    /// <summary>Plays the row and writes a line into the results.</summary>
    public async Task RunAsync(Pairing pairing)
    {
        var start = Stopwatch.GetTimestamp();
        var passed = false;
        try
        {
            await PlayAsync(pairing);
            passed = true;
        }
        finally
        {
            InteropResults.Record(new InteropResult(
                Row, Prose, pairing.Peer.Product, pairing.Peer.Version, pairing.RoleName, passed,
                DateTime.UtcNow.ToString("yyyy-MM-dd"), Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 1)));
        }
    }

    private async Task PlayAsync(Pairing pairing)
    {
        var weInitiate = pairing.Role == Role.WeInitiate;
        var proofs = weInitiate ? Make("branch.lab", "cloud.lab") : Make("cloud.lab", "branch.lab");
        var scenario = new Scenario
        {
            Row = Row,
            Prose = Prose,
            Branch = proofs.Both(TunnelEnd.Branch with { Authentication = weInitiate ? proofs.Ours : proofs.Theirs }),
            Cloud = proofs.Both(TunnelEnd.Cloud with { Authentication = weInitiate ? proofs.Theirs : proofs.Ours }),
        };
        await using var lab = await Lab.StartAsync(Path.Combine(pairing.Name, Row));
        if (proofs.Services is { } services) await services(lab);
        await using var branch = pairing.Branch(lab, scenario.Branch);
        await using var cloud = pairing.Cloud(lab, scenario.Cloud);
        var captures = await Task.WhenAll(Capture.StartAsync(lab, WanLink.Branch), Capture.StartAsync(lab, WanLink.Cloud));
        var stage = new Stage(lab, scenario, branch, cloud, captures[0], captures[1]);
        await Task.WhenAll(branch.StartAsync(), cloud.StartAsync());
        var initiated = await branch.InitiateAsync();
        if (Reason is null)
        {
            Assert.True(initiated, $"{branch.Product} could not bring the tunnel up: {await branch.FaultAsync()}");
            await stage.UpAsync();
            await stage.WorksAsync();
            Then?.Invoke(stage);
            await stage.RekeyIkeAsync(branch);
        }
        else
        {
            var ours = weInitiate ? branch : cloud;
            TunnelFault? fault = null;
            await Until.TrueAsync($"our end says {Reason}: {Words}", TimeSpan.FromSeconds(25), async () =>
            {
                fault = await ours.FaultAsync();
                return fault?.Reason == Reason && (Words is null || fault!.Text.Contains(Words, StringComparison.Ordinal));
            }, () => fault?.ToString() ?? "nothing");
            await Until.TrueAsync("no child on either end", TimeSpan.FromSeconds(10), async () =>
                (await branch.SasAsync()).Children().IsEmpty && (await cloud.SasAsync()).Children().IsEmpty);
            Assert.False(await Ping.AnswersAsync(lab, Node.BranchLan, LabAddresses.CloudHost), "the LANs reach each other");
        }

        await stage.NothingInClearAsync();
    }
}
