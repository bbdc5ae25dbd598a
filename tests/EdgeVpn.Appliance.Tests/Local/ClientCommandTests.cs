using System.Text.Json;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Commands;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

/// <summary>Commands against a fake daemon behind a real socket.</summary>
public sealed class ClientCommandTests
{
    private readonly CommandBench _bench = new();

    public static TheoryData<string> Askers => ["status", "watch", "why", "up hub", "down hub", "rekey --ike hub", "config show", "board lights", "board press 1s"];

    [Theory]
    [MemberData(nameof(Askers))]
    public async Task Without_a_daemon_the_mend_is_told_and_the_code_is_3(string words)
    {
        var ran = await _bench.RunAsync([.. words.Split(' '), "--control", "/nowhere/control.sock"]);

        Assert.Equal((ExitCode.NotRunning, ""), (ran.Code, ran.Out));
        Assert.Contains("The daemon is not running", ran.Error, StringComparison.Ordinal);
        Assert.Contains("systemctl start edgevpn", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Askers))]
    public async Task Without_a_daemon_scripts_get_an_object(string words)
    {
        var ran = await _bench.RunAsync([.. words.Split(' '), "--control", "/nowhere/control.sock", "--json"]);

        Assert.Equal((ExitCode.NotRunning, ""), (ran.Code, ran.Error));
        Assert.Equal("not-running", Parse(ran).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Status_as_JSON_is_the_record()
    {
        await using var box = new ControlBench();

        var ran = await RunAsync(box, "status", "--json");

        var status = JsonSerializer.Deserialize(ran.Out, LocalJson.Lines.BoxStatus)!;
        Assert.Equal(JsonSerializer.Serialize(Samples.Status, LocalJson.Lines.BoxStatus), JsonSerializer.Serialize(status, LocalJson.Lines.BoxStatus));
        var hub = Parse(ran).GetProperty("connections")[0];
        Assert.Equal(
            ("up", "fedcba9876543210", "c1d2e3f4", 1204),
            (hub.GetProperty("state").GetString(), hub.GetProperty("ikeSas")[0].GetProperty("initiatorSpi").GetString(),
                hub.GetProperty("childSas")[0].GetProperty("inboundSpi").GetString(), hub.GetProperty("childSas")[0].GetProperty("packetsIn").GetInt32()));
    }

    [Fact]
    public async Task Every_field_of_the_contract_is_in_the_JSON()
    {
        await using var box = new ControlBench();
        var status = Parse(await RunAsync(box, "status", "--json"));
        var hub = status.GetProperty("connections")[0];

        Assert.Equal("version device site uptimeSeconds configuration interfaces connections cloud lights flash offloads counters", Names(status));
        Assert.Equal("source epoch revision hash", Names(status.GetProperty("configuration")));
        Assert.Equal("name role state addresses carrier refused gatewayAnswers leads mtu driver speedMegabits fullDuplex offloads counters", Names(status.GetProperty("interfaces")[0]));
        Assert.Equal("state broker detail", Names(status.GetProperty("cloud")));
        Assert.Equal("power wan vpn cloud only code", Names(status.GetProperty("lights")));
        Assert.Equal("name state since reason tunnel ikeSas childSas attempts nextAttemptSeconds", Names(hub));
        Assert.Equal("code digits sentence detail", Names(status.GetProperty("connections")[1].GetProperty("reason")));
        Assert.Equal("interface mtu pathMtu pathMtuBy", Names(hub.GetProperty("tunnel")));
        Assert.Equal(
            "id state role local remote peerIdentity nat suite initiatorSpi responderSpi establishedSeconds assignedAddresses assignedDns assignedDomains assignedDnsInUse", Names(hub.GetProperty("ikeSas")[0]));
        Assert.Equal(
            "id state used inboundSpi outboundSpi suite keyExchange localSelectors remoteSelectors packetsIn octetsIn packetsOut octetsOut provider encapsulation refused",
            Names(hub.GetProperty("childSas")[0]));
    }

    [Fact]
    public async Task Why_fails_while_a_connection_does_not_work()
    {
        await using var box = new ControlBench();

        var ran = await RunAsync(box, "why", "spoke", "--json");

        Assert.Equal(ExitCode.Failed, ran.Code);
        var report = Parse(ran).GetProperty("reports")[0];
        Assert.Equal("connection healthy steps reason check azure", Names(report));
        Assert.Equal(("wrong-secret", 33), (report.GetProperty("reason").GetProperty("code").GetString(), report.GetProperty("reason").GetProperty("digits").GetInt32()));
        Assert.Equal("spoke", box.Box.Requests.Single()[ControlArgument.Connection]);
    }

    [Fact]
    public async Task Why_is_content_when_everything_works()
    {
        await using var box = new ControlBench();
        box.Box.Answer = (_, _) => new(ControlAnswer.Of(new WhyAnswer { Reports = [WhyReport.Of("hub", true, [new(WhyStepName.Cable, WhyResult.Ok)])] }));

        var ran = await RunAsync(box, "why");

        Assert.Equal((ExitCode.Done, "hub works\n  ok  cable\n"), (ran.Code, ran.Out));
    }

    [Theory]
    [InlineData("up hub", "up", "connection=hub")]
    [InlineData("down hub", "down", "connection=hub")]
    [InlineData("rekey --ike hub", "rekey", "connection=hub what=ike")]
    [InlineData("rekey hub --child", "rekey", "connection=hub what=child")]
    [InlineData("rekey hub", "rekey", "connection=hub what=child")]
    [InlineData("board press 500ms", "press", "seconds=0.5")]
    [InlineData("board press 3s", "press", "seconds=3")]
    public async Task Commands_ask_what_was_meant(string words, string command, string arguments)
    {
        await using var box = new ControlBench();

        var ran = await RunAsync(box, words.Split(' '));

        Assert.Equal((ExitCode.Done, $"{command} done\n", ""), (ran.Code, ran.Out, ran.Error));
        var request = Assert.Single(box.Box.Requests);
        Assert.Equal((command, arguments), (request.Command, string.Join(' ', request.Arguments!.Select(a => $"{a.Key}={a.Value}"))));
    }

    [Theory]
    [InlineData(ControlErrorCode.Failed, ExitCode.Failed)]
    [InlineData(ControlErrorCode.Busy, ExitCode.Failed)]
    [InlineData(ControlErrorCode.UnknownConnection, ExitCode.Usage)]
    [InlineData(ControlErrorCode.BadRequest, ExitCode.Usage)]
    public async Task A_refusal_of_the_daemon_is_told_with_its_reason(string code, int exit)
    {
        await using var box = new ControlBench();
        box.Box.Answer = (_, _) => new(ControlAnswer.Failed(code, "hub did not come up.", Samples.WrongSecret.Reason));

        var people = await RunAsync(box, "up", "hub");
        var scripts = await RunAsync(box, "up", "hub", "--json");

        Assert.Equal((exit, ""), (people.Code, people.Out));
        Assert.Equal(
            "edgevpn: hub did not come up.\n  33 wrong-secret: The pre-shared keys differ.\n  AUTHENTICATION_FAILED came from 203.0.113.9\n  edgevpn explain 33\n",
            people.Error);
        Assert.Equal((exit, code), (scripts.Code, Parse(scripts).GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task An_answer_of_another_shape_is_no_crash()
    {
        await using var box = new ControlBench();
        box.Box.Answer = (_, _) => new(ControlAnswer.Of(JsonDocument.Parse("{\"connections\":7}").RootElement));

        var ran = await RunAsync(box, "status");

        Assert.Equal((ExitCode.Failed, ""), (ran.Code, ran.Out));
        Assert.Contains("same version", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_prints_lines_and_ends_well_when_interrupted()
    {
        await using var box = new ControlBench();
        using var interrupt = new CancellationTokenSource();
        box.Box.Publish(Samples.Event());
        box.Box.Publish(Samples.Event(2, connection: null, text: "carrier lost on wan0"));
        var output = new CountingWriter(lines: 2, interrupt);

        var ran = await _bench.RunAsync(["watch", "--control", box.Options.Path], output: output, cancel: interrupt.Token).WaitAsync(ControlBench.Patience);

        Assert.Equal((ExitCode.Done, "12:01:07 hub --> IKE_AUTH 1 {IDi, AUTH, SA, TSi, TSr}\n12:01:07 ike carrier lost on wan0\n"), (ran.Code, ran.Out));
    }

    [Fact]
    public async Task Watch_of_one_connection_as_JSON_is_one_event_per_line()
    {
        await using var box = new ControlBench();
        using var interrupt = new CancellationTokenSource();
        box.Box.Publish(Samples.Event(1, "other"));
        box.Box.Publish(Samples.Event(2));
        var output = new CountingWriter(lines: 1, interrupt);

        var ran = await _bench.RunAsync(["watch", "hub", "--json", "--control", box.Options.Path], output: output, cancel: interrupt.Token).WaitAsync(ControlBench.Patience);

        var happened = JsonDocument.Parse(Assert.Single(ran.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))).RootElement;
        Assert.Equal("time sequence kind connection text data", Names(happened));
        Assert.Equal((2, "2026-03-02T12:01:07+00:00"), (happened.GetProperty("sequence").GetInt32(), happened.GetProperty("time").GetString()));
        Assert.Contains("--> IKE_AUTH", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_fails_when_the_daemon_goes()
    {
        await using var box = new ControlBench();
        box.Box.EndStream();

        Assert.Equal(ExitCode.Failed, (await RunAsync(box, "watch")).Code);
    }

    [Fact]
    public async Task The_configuration_in_force_is_printed_as_a_document()
    {
        await using var box = new ControlBench();
        var document = JsonDocument.Parse("{\"schema\":1}").RootElement;
        box.Box.Answer = (_, _) => new(ControlAnswer.Of(new ConfigurationAnswer(Samples.Status.Configuration, document)));

        var people = await RunAsync(box, "config", "show");
        var scripts = Parse(await RunAsync(box, "config", "show", "--json"));

        Assert.Equal("{\n  \"schema\": 1\n}\n", people.Out);
        Assert.Equal(("inForce document", "cloud"), (Names(scripts), scripts.GetProperty("inForce").GetProperty("source").GetString()));
    }

    [Fact]
    public async Task Lights_are_told_with_their_meaning()
    {
        await using var box = new ControlBench();

        var ran = await RunAsync(box, "board", "lights");

        Assert.Contains("vpn    fast blink  refused (identity, secret, proposal)\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("fault 33: The pre-shared keys differ.", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_shell_completes_names_of_connections()
    {
        await using var box = new ControlBench();
        var line = $"up --control {box.Options.Path} ";

        var ran = await _bench.RunAsync($"[suggest:{line.Length}]", line);

        Assert.Contains("hub", ran.Out.ReplaceLineEndings("\n").Split('\n'));
        Assert.Contains("spoke", ran.Out.ReplaceLineEndings("\n").Split('\n'));
    }

    private Task<Ran> RunAsync(ControlBench box, params string[] arguments) => _bench.RunAsync([.. arguments, "--control", box.Options.Path]);

    private static JsonElement Parse(Ran ran) => JsonDocument.Parse(ran.Out).RootElement;

    private static string Names(JsonElement element) => string.Join(' ', element.EnumerateObject().Select(property => property.Name));

    /// <summary>Interrupts the command when it has printed enough.</summary>
    private sealed class CountingWriter(int lines, CancellationTokenSource interrupt) : StringWriter
    {
        public override void Flush()
        {
            if (ToString().Count(c => c == '\n') >= lines) interrupt.Cancel();
        }
    }
}
