using EdgeVpn.Fleet.Commands;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests;

public sealed class WatchTests
{
    [Fact]
    public async Task Watch_prints_a_line_for_each_message()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync();
        var (ran, output) = await WatchAsync(lab, [], async () =>
        {
            await box.ReportAsync(new ReportedDocument
            {
                Epoch = 1,
                Revision = 7,
                State = DocumentState.Confirmed,
                Health = ReportedHealth.Degraded,
                Connections = [new ReportedConnection("hub", "up"), new ReportedConnection("spare", "down", new ReportedReason(21, "peer-silent"))],
            });
            await box.SayAsync(TwinChannel.Events, """{"stream":"s","sequence":5,"at":"2026-02-01T12:00:00Z","kind":"connection","subject":"hub","state":"up","lost":2}""");
            await box.SayAsync(TwinChannel.Telemetry, """{"at":"2026-02-01T12:00:00Z","uptimeSeconds":60,"connections":[{"name":"hub","octetsIn":1500000,"octetsOut":12,"packetsIn":1,"packetsOut":1,"packetsDropped":0}]}""");
            await box.SayAsync(TwinChannel.Events, "\e[2J not json");
            await box.SayAsync(TwinChannel.Presence, """{"online":false,"session":"s1"}""", retain: true);
        }, until: "presence offline");
        Assert.Equal(ExitCode.Done, ran);
        Assert.Contains("lyon/box presence online (kept by the broker)", output, StringComparison.Ordinal);
        Assert.Contains("lyon/box reported 1.7 confirmed, degraded, hub:up, spare:down (21 peer-silent)\n", output, StringComparison.Ordinal);
        Assert.Contains("lyon/box event #5 connection hub up (2 before it were lost)\n", output, StringComparison.Ordinal);
        Assert.Contains("lyon/box telemetry hub in 1.50 MB out 12 B\n", output, StringComparison.Ordinal);
        Assert.Contains("lyon/box events: 13 octets this program does not read\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_as_json_gives_each_payload_as_the_box_wrote_it()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync();
        var (_, output) = await WatchAsync(lab, ["--json"], async () =>
        {
            await box.SayAsync(TwinChannel.Events, """{"stream":"s","sequence":5,"novelty":[1,{"x":null}]}""");
            await box.SayAsync(TwinChannel.Events, "not json");
        }, until: "payloadText");
        var lines = new Ran(0, output, "").Json;
        Assert.True(lines[0].GetProperty("payload").GetProperty("online").GetBoolean());
        Assert.True(lines[0].GetProperty("retained").GetBoolean());
        Assert.Equal("events", lines[1].GetProperty("channel").GetString());
        Assert.Equal("""{"stream":"s","sequence":5,"novelty":[1,{"x":null}]}""", lines[1].GetProperty("payload").GetRawText());
        Assert.Equal("not json", lines[2].GetProperty("payloadText").GetString());
    }

    [Fact]
    public async Task Watch_shows_only_the_fleet_and_box_that_were_asked_for()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync();
        await using var other = await lab.ConnectAsync();
        await other.PublishAsync(new TwinTopic(new TwinIdentity("lyon", "other"), TwinChannel.Presence), """{"online":true,"session":"o"}"""u8.ToArray(), retain: true, CancellationToken.None);
        var (_, output) = await WatchAsync(lab, ["-f", "lyon", "-d", "other"], () => Task.CompletedTask, until: "presence online");
        Assert.DoesNotContain("lyon/box", output, StringComparison.Ordinal);
        (_, output) = await WatchAsync(lab, ["-f", "paris"], () => Task.CompletedTask, until: "watching");
        Assert.DoesNotContain("lyon", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_ends_with_1_when_the_broker_goes()
    {
        var lab = await FleetLab.StartAsync();
        var output = new CapturedText();
        var running = FleetLab.RunWithAsync(["watch", "--broker", lab.Address.ToString()], output);
        await FleetLab.UntilAsync(() => output.ToString().Contains("watching", StringComparison.Ordinal), "it watches");
        await lab.DisposeAsync();
        var ran = await running;
        Assert.Equal(ExitCode.Failed, ran.Code);
        Assert.Contains("The broker closed the connection", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_ends_by_itself_after_the_time_that_was_asked_for()
    {
        await using var lab = await FleetLab.StartAsync();
        Assert.Equal(ExitCode.Done, (await lab.RunAsync("watch", "--for", "00:00:00.3")).Code);
    }

    [Fact]
    public async Task A_late_will_of_an_older_session_does_not_make_a_box_look_offline()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync();
        var known = new Fleet.Operator.FleetBox(FleetLab.Box);
        Assert.True(known.Take(Presence("""{"online":true,"session":"new"}""")));
        Assert.False(known.Take(Presence("""{"online":false,"session":"old"}""")));
        Assert.True(known.Online);
        Assert.True(known.Take(Presence("""{"online":false,"session":"new"}""")));
        Assert.False(known.Online);

        static Fleet.Operator.TwinMessage Presence(string json) =>
            new(new TwinTopic(FleetLab.Box, TwinChannel.Presence), System.Text.Encoding.UTF8.GetBytes(json), Retained: false, DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task Show_prints_what_the_box_last_said()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync();
        await box.ReportAsync(new ReportedDocument
        {
            Epoch = 1,
            Revision = 8,
            State = DocumentState.Refused,
            Reason = new ReportedReason(52, "document-refused"),
            Problems = [new("$.body.x", "is unknown.")],
            InForce = new DocumentReference(1, 7, "ab"),
            Health = ReportedHealth.Healthy,
            Versions = new ReportedVersions("0.1.0", 1),
            Lights = new ReportedLights("steady", "steady", "steady", "fast blink"),
            Insecure = true,
            Connections = [new ReportedConnection("hub", "up", Endpoint: "203.0.113.2")],
            Discarded = new DiscardedMessage(3, DiscardCause.Foreign, [new ReportedProblem("$", "is for lyon/other.")]),
        });
        var ran = await lab.RunAsync("show", "box");
        Assert.Equal(ExitCode.Done, ran.Code);
        Assert.Equal(
            [
                "lyon/box  online",
                "  document     1.8 refused: 52 document-refused (in force: 1.7)",
                "               $.body.x: is unknown.",
                "  discarded    3 message(s), the last foreign",
                "               $: is for lyon/other.",
                "  health       healthy",
                "  lights       power steady, wan steady, vpn steady, cloud fast blink",
                "  software     0.1.0, schema 1",
                "  connection   hub:up at 203.0.113.2",
                "  insecure     takes unsigned documents",
            ], ran.Lines);

        var json = Assert.Single((await lab.RunAsync("show", "box", "--json", "--fleet", "lyon")).Json);
        Assert.True(json.GetProperty("online").GetBoolean());
        Assert.Equal("refused", json.GetProperty("reported").GetProperty("state").GetString());
        Assert.Equal(ExitCode.Failed, (await lab.RunAsync("show", "box", "--fleet", "paris")).Code);
    }

    [Fact]
    public async Task List_and_show_draw_the_lights_of_a_box_that_is_there_and_guess_none()
    {
        await using var lab = await FleetLab.StartAsync();
        var fleet = lab.Fleet(out var sealing);
        sealing.Dispose();
        await using var box = await lab.PlayAsync();
        await box.ReportAsync(new ReportedDocument { Health = ReportedHealth.Down, Lights = new ReportedLights("fast blink", "steady", "fast blink", "steady") { Code = 33 } });
        var listed = await FleetLab.RunWithAsync(["list", "--folder", fleet.Path]);
        Assert.EndsWith("down; power fast blink (code 33), wan steady, vpn fast blink, cloud steady", Assert.Single(listed.Lines), StringComparison.Ordinal);
        var lights = Assert.Single((await FleetLab.RunWithAsync(["list", "--json", "--folder", fleet.Path])).Json).GetProperty("lights");
        Assert.Equal(("fast blink", "steady", 33), (lights.GetProperty("vpn").GetString(), lights.GetProperty("wan").GetString(), lights.GetProperty("code").GetInt32()));

        await box.SayAsync(TwinChannel.Presence, """{"online":false,"session":"s1"}""", retain: true);
        Assert.DoesNotContain("fast blink", (await FleetLab.RunWithAsync(["list", "--folder", fleet.Path])).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("lights", (await lab.RunAsync("show", "box")).Out, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> WatchAsync(FleetLab lab, string[] more, Func<Task> act, string until)
    {
        using var stop = new CancellationTokenSource();
        var output = new CapturedText();
        var running = FleetLab.RunWithAsync(["watch", .. more, "--broker", lab.Address.ToString()], output, cancel: stop.Token);
        if (!more.Contains("--json")) await FleetLab.UntilAsync(() => output.ToString().Contains("watching", StringComparison.Ordinal), "it watches");
        else await FleetLab.UntilAsync(() => output.ToString().Contains("presence", StringComparison.Ordinal), "it watches");
        await act();
        await FleetLab.UntilAsync(() => output.ToString().Contains(until, StringComparison.Ordinal), until);
        await stop.CancelAsync();
        return ((await running).Code, output.ToString());
    }
}
