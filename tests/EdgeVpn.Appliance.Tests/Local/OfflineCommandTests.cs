using System.Text.Json;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Model.Reasons;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

/// <summary>Commands that need no box.</summary>
public sealed class OfflineCommandTests
{
    private const string Document = """
        {
          "connections": [ {
            "name": "hub",
            "remote": { "endpoints": [ { "address": "203.0.113.2", "identity": "cloud.lab" } ], "networks": [ "10.20.0.0/24" ] },
            "authentication": { "type": "psk", "secret": "hub" }
          } ],
          "secrets": { "hub": { "psk": "Zq81Lkd72Mnb39Xc5TgY" } }
        }
        """;

    private readonly CommandBench _bench = new();

    [Fact]
    public async Task A_good_configuration_is_valid()
    {
        var ran = await _bench.RunAsync(["config", "check", "-"], Document);

        Assert.Equal(ExitCode.Done, ran.Code);
        Assert.EndsWith("valid: standard input\n", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_problem_is_named_at_once_with_its_path()
    {
        var broken = Document.Replace("\"remote\"", "\"remot\"", StringComparison.Ordinal).Replace("203.0.113.2", "203.0.113.2.", StringComparison.Ordinal).Replace("\"psk\",", "\"pks\",", StringComparison.Ordinal);

        var people = await _bench.RunAsync(["config", "check", "-"], broken);
        var scripts = JsonDocument.Parse((await _bench.RunAsync(["config", "check", "-", "--json"], broken)).Out).RootElement;

        Assert.Equal(ExitCode.Usage, people.Code);
        Assert.Contains("error: $.connections[0].remot:", people.Out, StringComparison.Ordinal);
        Assert.Contains("error: $.connections[0].authentication", people.Out, StringComparison.Ordinal);
        Assert.Contains("refused: standard input, ", people.Out, StringComparison.Ordinal);
        Assert.False(scripts.GetProperty("valid").GetBoolean());
        Assert.Contains(scripts.GetProperty("problems").EnumerateArray(), p =>
            p.GetProperty("path").GetString() == "$.connections[0].remot" && p.GetProperty("kind").GetString() == "unknown-field" && p.GetProperty("mend").GetString()!.Contains("remote", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Algorithms_that_this_engine_lacks_are_told()
    {
        var document = Document.Replace("\"authentication\"", "\"ike\": { \"proposals\": [ \"aes256ctr-sha256-modp2048\", \"aes256-sha256-modp2048\" ] }, \"authentication\"", StringComparison.Ordinal);

        var ran = await _bench.RunAsync(["config", "check", "-"], document);

        Assert.Contains("$.connections[0]: This version leaves out of its proposals what it cannot compute: ", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_s_configuration_is_shown_whole_and_without_its_secrets()
    {
        var ran = await _bench.RunAsync(["config", "show", "-"], Document);

        var shown = JsonDocument.Parse(ran.Out).RootElement;
        Assert.Equal(ExitCode.Done, ran.Code);
        Assert.Equal("evpn-hub", shown.GetProperty("connections")[0].GetProperty("tunnel").GetProperty("interface").GetString());
        Assert.DoesNotContain("Zq81", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_fails_and_an_endless_one_is_refused()
    {
        var missing = await _bench.RunAsync("config", "check", "/nowhere/config.json");
        var endless = await _bench.RunAsync("config", "check", "/dev/zero");

        Assert.Equal(ExitCode.Failed, missing.Code);
        Assert.Contains("/nowhere/config.json cannot be read: there is no such file.", missing.Error, StringComparison.Ordinal);
        Assert.Contains("/tmp cannot be read: it is a folder.", (await _bench.RunAsync("config", "check", "/tmp")).Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, endless.Code);
    }

    [Fact]
    public async Task The_schema_is_JSON_and_knows_connections()
    {
        var ran = await _bench.RunAsync("config", "schema");

        Assert.True(JsonDocument.Parse(ran.Out).RootElement.GetProperty("properties").TryGetProperty("connections", out _));
    }

    [Fact]
    public async Task A_code_is_explained_by_digits_and_by_name()
    {
        var byDigits = await _bench.RunAsync("explain", "33");
        var byName = await _bench.RunAsync("explain", "wrong-secret");

        Assert.Equal(ExitCode.Done, byDigits.Code);
        Assert.Equal(byDigits.Out, byName.Out);
        Assert.StartsWith("33 wrong-secret: The pre-shared keys differ.\nShown by the vpn light. Waiting does not help: something must be changed at one end.\n\nWhat to check:\n  1. ", byDigits.Out, StringComparison.Ordinal);
        Assert.EndsWith("Azure calls it 13801: authentication credentials are unacceptable\n", byDigits.Out, StringComparison.Ordinal);
    }

    /// <summary>What the catalogue tells a person to type is something to type.</summary>
    [Fact]
    public void Every_command_that_a_reason_names_is_one()
    {
        var named = ReasonCatalog.All.SelectMany(static reason => reason.Check)
            .SelectMany(static line => System.Text.RegularExpressions.Regex.Matches(line, "`edgevpn ([^`]+)`").Select(static match => match.Groups[1].Value)).ToList();
        Assert.NotEmpty(named);
        foreach (var words in named)
            Assert.True(EdgeVpnCommandLine.Build(_bench.Actions, new Terminal { Out = TextWriter.Null, Error = TextWriter.Null }).Parse(words.Replace("config check", "config check FILE", StringComparison.Ordinal)).Errors.Count == 0, words);
    }

    [Fact]
    public async Task An_unknown_code_is_wrong_usage_with_a_guess()
    {
        var ran = await _bench.RunAsync("explain", "wrong-sercet");

        Assert.Equal((ExitCode.Usage, ""), (ran.Code, ran.Out));
        Assert.Contains("Did you mean \"wrong-secret\"?", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_reasons_are_listed_for_people_and_scripts()
    {
        var people = await _bench.RunAsync("explain");
        var scripts = JsonDocument.Parse((await _bench.RunAsync("explain", "--json")).Out).RootElement;

        Assert.Equal(ReasonCatalog.All.Length, people.Out.Count(c => c == '\n'));
        Assert.Equal(ReasonCatalog.All.Select(r => r.Digits), scripts.EnumerateArray().Select(r => r.GetProperty("digits").GetInt32()));
        Assert.Equal("refusal", scripts.EnumerateArray().Single(r => r.GetProperty("digits").GetInt32() == 33).GetProperty("severity").GetString());
    }

    [Fact]
    public async Task A_board_is_drawn_in_text_SVG_and_JSON()
    {
        var text = await _bench.RunAsync("board", "show", "--board", "raspberry-pi-4");
        var card = await _bench.RunAsync("board", "show", "--board", "raspberry-pi-4", "--card");
        var json = await _bench.RunAsync("board", "show", "--board", "raspberry-pi-4", "--json");

        Assert.StartsWith("Raspberry Pi 4", text.Out, StringComparison.Ordinal);
        Assert.Contains("<svg", card.Out, StringComparison.Ordinal);
        Assert.Contains("The pre-shared keys differ.", card.Out, StringComparison.Ordinal);
        Assert.Equal("raspberry-pi-4", JsonDocument.Parse(json.Out).RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_board_nobody_knows_is_wrong_usage()
    {
        var ran = await _bench.RunAsync("board", "show", "--board", "raspbery-pi-4");

        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains("did you mean", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_that_of_the_assembly()
    {
        var expected = typeof(VersionAnswer).Assembly.GetName().Version!.ToString(3);

        var people = await _bench.RunAsync("version");
        var scripts = JsonDocument.Parse((await _bench.RunAsync("version", "--json")).Out).RootElement;

        Assert.StartsWith($"edgevpn {expected}", people.Out, StringComparison.Ordinal);
        Assert.Equal(expected, scripts.GetProperty("version").GetString());
    }
}
