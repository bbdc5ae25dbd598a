using System.CommandLine;
using EdgeVpn.Appliance.Local.Commands;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

public sealed class CommandLineTests
{
    private readonly CommandBench _bench = new();

    public static TheoryData<string> Commands()
    {
        var terminal = new Terminal { Out = TextWriter.Null, Error = TextWriter.Null };
        return [.. Under(EdgeVpnCommandLine.Build(new FakeActions(), terminal), "")];

        static IEnumerable<string> Under(Command command, string words) => command.Subcommands.SelectMany(
            sub => Under(sub, $"{words} {sub.Name}".Trim()).Prepend($"{words} {sub.Name}".Trim()));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_describes_the_command_and_shows_an_example_of_it(string words)
    {
        var ran = await _bench.RunAsync([.. words.Split(' '), "--help"]);

        Assert.Equal(ExitCode.Done, ran.Code);
        var example = ran.Out[ran.Out.IndexOf("Example", StringComparison.Ordinal)..];
        Assert.Contains($"edgevpn {words}", example, StringComparison.Ordinal);
        Assert.Matches("Description:\n  [A-Z].*\\.", ran.Out.ReplaceLineEndings("\n"));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_example_parses(string words)
    {
        var help = await _bench.RunAsync([.. words.Split(' '), "--help"]);
        var examples = help.Out[help.Out.IndexOf("Example", StringComparison.Ordinal)..].Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("edgevpn ", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var plain = example.Split(" | ")[0].Split(" > ")[0].Split(" < ")[0];
            var parsed = EdgeVpnCommandLine.Build(_bench.Actions, new Terminal { Out = TextWriter.Null, Error = TextWriter.Null }).Parse(plain.Split(' ')[1..]);
            Assert.Empty(parsed.Errors);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_names_what_is_to_be_given_and_does_not_list_all_it_could_be(string words)
    {
        var usage = (await _bench.RunAsync([.. words.Split(' '), "--help"])).Out.Split('\n').Where(line => line.Contains('<', StringComparison.Ordinal));

        Assert.DoesNotContain(usage, line => line.Count(c => c == '|') > 1);
    }

    [Fact]
    public async Task The_list_of_commands_fits_a_screen()
    {
        var ran = await _bench.RunAsync("--help");

        Assert.All(ran.Out.Split('\n'), line => Assert.InRange(line.Length, 0, 170));
    }

    [Fact]
    public async Task The_bare_word_prints_help_and_is_wrong_usage()
    {
        var ran = await _bench.RunAsync();

        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains("edgevpn why hub", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("statsu", "did you mean \"status\"?")]
    [InlineData("config chekc", "did you mean \"check\"?")]
    [InlineData("status --jsno", "did you mean \"--json\"?")]
    [InlineData("config", "edgevpn config --help")]
    [InlineData("up", "edgevpn up --help")]
    [InlineData("rekey --ike --child hub", "either --ike, --child or --authentication")]
    [InlineData("rekey --authentication --child hub", "either --ike, --child or --authentication")]
    [InlineData("board press -1s", "no duration")]
    [InlineData("board press 61s", "no duration")]
    [InlineData("board press NaN", "no duration")]
    [InlineData("board show --card --json", "SVG")]
    [InlineData("completion fish", "zsh")]
    [InlineData("run --broker ftp://x --fleet a --device b", "no broker")]
    [InlineData("run --broker mqtts://x --fleet a", "belong together")]
    [InlineData("run --fleet a --device b", "belong together")]
    [InlineData("run --insecure", "about --broker")]
    [InlineData("run --broker mqtts://x --fleet enrol --device b", "cannot name a fleet")]
    [InlineData("run --broker mqtts://x --fleet a --device b/c", "cannot name a device")]
    [InlineData("gateway --psk k --local-network 10.20.0.0/24", "--remote-network")]
    [InlineData("gateway --local-network 10.20.0.0/24 --remote-network 10.10.0.0/24", "one of --psk and --psk-file")]
    [InlineData("gateway --config f --psk k --local-network 10.20.0.0/24 --remote-network 10.10.0.0/24", "exclude each other")]
    [InlineData("gateway --psk k --local-network 10.20.0.1/24 --remote-network 10.10.0.0/24", "is no network")]
    [InlineData("gateway --as amazon", "amazon")]
    [InlineData("gateway --wan here --psk k --local-network 10.20.0.0/24 --remote-network 10.10.0.0/24", "no IP address")]
    public async Task Wrong_usage_is_named_and_exits_with_2(string words, string said)
    {
        var ran = await _bench.RunAsync(words.Split(' '));

        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains(said, ran.Error, StringComparison.Ordinal);
        Assert.Contains("--help", ran.Error, StringComparison.Ordinal);
        Assert.Null(_bench.Actions.Run);
        Assert.Null(_bench.Actions.Gateway);
    }

    [Fact]
    public async Task Run_hands_its_options_over()
    {
        await _bench.RunAsync(
            "run", "--config", "f", "--state", "s", "--control", "c", "--board", "virtual", "--export-keys", "k", "--identity", "i",
            "--broker", "mqtt://broker.lab", "--fleet", "lyon", "--device", "branch-042", "--insecure");

        var run = _bench.Actions.Run!;
        Assert.Equal(("f", "s", "c", "virtual", "k", "i"), (run.ConfigFile, run.StateFolder, run.ControlPath, run.Board, run.ExportKeysFile, run.IdentityFile));
        Assert.Equal("mqtt://broker.lab:1883 lyon/branch-042 True", $"{run.Bootstrap!.Broker} {run.Bootstrap.Identity} {run.Bootstrap.Insecure}");
    }

    [Fact]
    public async Task Run_without_options_says_nothing_but_the_standard_paths()
    {
        await _bench.RunAsync("run");

        Assert.Equal(new RunOptions { StateFolder = "/var/lib/edgevpn", ControlPath = "/run/edgevpn/control.sock" }, _bench.Actions.Run);
    }

    [Fact]
    public async Task A_quick_gateway_is_a_configuration_that_the_model_accepts()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "Zq81Lkd72Mnb39Xc5TgY\nsecond line\n");
        await _bench.RunAsync(
            "gateway", "--as", "azure", "--psk-file", file, "--local-id", "cloud.lab", "--remote-id", "@#0aff",
            "--local-network", "10.20.0.0/24", "--local-network", "10.21.0.0/24", "--remote-network", "10.10.0.0/24", "--wan", "203.0.113.2");
        File.Delete(file);

        var gateway = _bench.Actions.Gateway!;
        Assert.Equal(GatewayKind.Azure, gateway.As);
        Assert.DoesNotContain("Zq81", gateway.ToString(), StringComparison.Ordinal);
        var configuration = gateway.Quick!.ToConfiguration();
        Assert.DoesNotContain(Model.Validation.ConfigurationReader.Check(configuration), p => p.Severity == Model.Validation.ProblemSeverity.Error);
        var connection = Assert.Single(configuration.Connections);
        Assert.Equal(
            ("%any", "@#0aff", "203.0.113.2", 2, "Zq81Lkd72Mnb39Xc5TgY"),
            (connection.Remote.Endpoints[0].Address.ToString(), connection.Remote.Endpoints[0].Identity, $"{connection.Local.Address}",
                connection.Local.Networks.Length, configuration.Secrets["branch"].Psk!.Reveal()));
    }

    [Fact]
    public async Task A_key_file_that_cannot_be_read_is_wrong_usage()
    {
        var ran = await _bench.RunAsync("gateway", "--psk-file", "/nowhere/key", "--local-network", "10.20.0.0/24", "--remote-network", "10.10.0.0/24");

        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains("/nowhere/key", ran.Error, StringComparison.Ordinal);
        Assert.Null(_bench.Actions.Gateway);
    }

    [Theory]
    [InlineData("", "xterm", true)]
    [InlineData(null, "xterm", true)]
    [InlineData("1", "xterm", false)]
    [InlineData(null, "dumb", false)]
    [InlineData(null, null, false)]
    public void NO_COLOR_and_dumb_terminals_are_not_painted(string? noColour, string? term, bool painted) =>
        Assert.Equal(painted, Terminal.IsPainting(noColour, term));

    [Theory]
    [InlineData("sta", "status")]
    [InlineData("config ", "schema")]
    [InlineData("explain wrong", "wrong-secret")]
    [InlineData("run --board rasp", "raspberry-pi-4")]
    [InlineData("completion ", "bash")]
    public async Task The_shell_is_told_what_may_come_next(string line, string offered)
    {
        var ran = await _bench.RunAsync($"[suggest:{line.Length}]", line);

        Assert.Contains(offered, ran.Out.ReplaceLineEndings("\n").Split('\n'));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    public async Task A_shell_reads_its_completion_script_without_complaint(string shell)
    {
        var script = (await _bench.RunAsync("completion", shell)).Out;
        Assert.Contains("[suggest:", script, StringComparison.Ordinal);
        Assert.SkipUnless(File.Exists($"/usr/bin/{shell}"), $"{shell} is not here");
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(shell, ["-n", "/dev/stdin"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteAsync(script);
        process.StandardInput.Close();
        Assert.Equal("", await process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
