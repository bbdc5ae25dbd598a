using System.Text.Json;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Composition;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>The operator's commands against enrolled boxes (the product's own cloud side) and Mosquitto with certificates.</summary>
public sealed class FleetLifeTests
{
    [Fact]
    public async Task A_fleet_is_planned_rolled_out_rolled_back_renewed_and_given_another_key_and_no_box_is_lost()
    {
        string[] devices = ["branch-1", "branch-2", "branch-3"];
        await using var lab = await EnrolmentLab.StartAsync();
        var states = new List<StateDirectory>();
        foreach (var device in devices) states.Add(await lab.EnrolAsync(device));
        var stubborn = false;
        var tests = devices.Select(d => new TestBox { OnStage = _ => stubborn && d == "branch-2" ? new StageOutcome.Refused(TwinBench.Bad, []) : new StageOutcome.Staged() }).ToArray();
        await using var first = Run(states[0], tests[0]);
        await using var second = Run(states[1], tests[1]);
        await using var third = Run(states[2], tests[2]);
        await BrokerLab.UntilAsync(() => first.Loop.Status.Connected && second.Loop.Status.Connected && third.Loop.Status.Connected, "all are connected");

        Configure(30);
        var planned = (await Fleet("plan")).Text.Split('\n');
        Assert.Equal(3, planned.Count(l => l.EndsWith("its first configuration", StringComparison.Ordinal)));
        // What lint warns of stands with each box, before anything is sent.
        Assert.Equal(3, planned.Count(l => l.StartsWith("  warning: $.connections[0].ike.proposals: ", StringComparison.Ordinal) && l.Contains("group 2 (modp1024)", StringComparison.Ordinal) && l.Contains("az network vpn-connection ipsec-policy add", StringComparison.Ordinal)));
        Assert.All((await Fleet("plan", "--json")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => Assert.Contains(
            JsonElement.Parse(l).GetProperty("findings").EnumerateArray(), f => f.GetString()!.StartsWith("warning $.connections[0].ike.proposals ", StringComparison.Ordinal)));
        var applied = await Fleet("apply");
        Assert.True(applied.Code == 0, applied.Text);
        Assert.Contains("complete: 3 done", applied.Text, StringComparison.Ordinal);
        Assert.Equal(3, (await Fleet("plan")).Text.Split('\n').Count(l => l.Contains("nothing to do (1.1)", StringComparison.Ordinal)));
        Assert.Equal(3, (await Fleet("list", "--json")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(
            l => JsonElement.Parse(l) is var box && box.GetProperty("online").GetBoolean() && box.GetProperty("state").GetString() == "confirmed"));

        // One refuses: too many for the threshold. What was touched goes back.
        Configure(31);
        var plan = (await Fleet("plan")).Text;
        Assert.Contains("hub changed: esp.lifetime (its tunnel stays)", plan, StringComparison.Ordinal);
        stubborn = true;
        var aborted = await Fleet("rollout", "start", "--stages", "50,100", "--abort-above", "20", "--soak", "00:00:00");
        Assert.Equal(1, aborted.Code);
        Assert.Contains("branch-2 refused: 52", aborted.Text, StringComparison.Ordinal);
        Assert.Contains("aborted: 1 waiting", aborted.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("branch-3", aborted.Text, StringComparison.Ordinal);
        stubborn = false;
        var back = await Fleet("rollout", "rollback");
        Assert.True(back.Code == 0, back.Text);
        Assert.Contains("\"esp\":{\"lifetime\":\"00:30:00\"}", tests[0].Calls.Last(c => c.StartsWith("stage", StringComparison.Ordinal)), StringComparison.Ordinal);

        // Renewed, and connected with the new certificate.
        var serial = lab.Folder.Member("branch-1")!.Serial;
        var renewed = await Fleet("renew", "branch-1");
        Assert.True(renewed.Code == 0, renewed.Text);
        Assert.NotEqual(serial, lab.Folder.Member("branch-1")!.Serial);
        Assert.Equal(lab.Folder.Member("branch-1")!.NotAfter, StateDirectory.Open(states[0].Folder).Enrolment!.NotAfter);

        // Another key: every box is told before it signs; then the old one signs for nobody.
        var old = lab.Folder.SigningKey();
        var rotated = await Fleet("keys", "rotate");
        Assert.True(rotated.Code == 0, rotated.Text);
        Assert.Contains("do not trust the next key yet", (await Fleet("keys", "finish")).Text, StringComparison.Ordinal); // their reports do not say so yet
        foreach (var (box, state) in new[] { first, second, third }.Zip(states)) Report(box, state);
        await BrokerLab.UntilAsync(() => new[] { first, second, third }.All(b => b.Loop.Outbox.Count == 0), "reported");
        (int Code, string Text) finished = default;
        for (var i = 0; i < 20 && finished is not (0, not null); i++) finished = await Fleet("keys", "finish");
        Assert.True(finished.Code == 0, finished.Text);
        Assert.Equal([P256Key.Of(lab.Folder.SigningKey())], StateDirectory.Open(states[2].Folder).Enrolment!.Trust.FleetKeys);
        Assert.NotEqual(P256Key.Of(old), P256Key.Of(lab.Folder.SigningKey()));
        Configure(32);
        applied = await Fleet("apply");
        Assert.True(applied.Code == 0, applied.Text);

        // A revoked box is not let in by a broker that read the list.
        Assert.Equal(0, (await Fleet("revoke", "branch-3")).Code);
        await lab.StopBrokerAsync();
        await lab.StartBrokerAsync();
        await BrokerLab.UntilAsync(() => first.Loop.Status.Connected && second.Loop.Status.Connected, "the others are back");
        await BrokerLab.UntilAsync(() => third.Loop.Status is { Connected: false, Reason: not null }, "the revoked one is not");

        void Configure(int minutes)
        {
            foreach (var device in devices)
            {
                File.WriteAllText(lab.Folder.ConfigFile(device), $$"""
                    {"schema":1,"device":{"name":"{{device}}"},"connections":[{"name":"hub","remote":{"endpoints":[{"address":"203.0.113.2"}]},
                    "authentication":{"type":"psk","secret":"hub"},"esp":{"lifetime":"00:{{minutes}}:00"} }],"secrets":{"hub":{"psk":"Zq81Lkd72Mnb39Xc5TgY"} } }
                    """);
            }
        }

        async Task<(int Code, string Text)> Fleet(params string[] arguments) => await lab.FleetAsync([.. arguments, "--folder", lab.Fleet]);
    }

    private static RunningBox Run(StateDirectory state, TestBox test)
    {
        var start = EnrolmentLab.StartOf(state);
        CloudOptions Options(CloudOptions o) => start.Options() with { RetryFirst = TimeSpan.FromMilliseconds(20), RetryMost = TimeSpan.FromMilliseconds(200), Twin = o.Twin };
        var box = new RunningBox(start.Broker, test, Options, start.Verifier(), running => new CommandDesk(
            start.Identity, () => state.Enrolment!.Trust.FleetKeys,
            new MembershipOrders(state, () => _ = Task.Delay(500).ContinueWith(_ => running.Loop.MoveTo(Options(running.Options)), TaskScheduler.Default)), state, TimeProvider.System));
        Report(box, state);
        return box;
    }

    private static void Report(RunningBox box, StateDirectory state) =>
        box.Loop.Report(new BoxReport(ReportedHealth.Healthy, new ReportedVersions("test", 1), []) { Capabilities = Membership.CapabilitiesOf(Membership.Of(state), MembershipCommands.Known) });

    private sealed class MembershipOrders(StateDirectory state, Action changed) : ICommandHandler
    {
        private readonly MembershipCommands _commands = new(state, changed);

        public IReadOnlyList<string> Commands => MembershipCommands.Known;

        public ValueTask<CommandOutcome> RunAsync(CommandDocument command, P256Key signer, CancellationToken cancel) => ValueTask.FromResult(_commands.Run(command, signer));
    }
}
