using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;
using EdgeVpn.Model.Validation;
using Xunit;
using static EdgeVpn.Fleet.Tests.PlayedBox;

namespace EdgeVpn.Fleet.Tests.Wanted;

/// <summary>Groups, templates, windows and secrets of a folder, from files to what a box is sent.</summary>
public sealed class FolderTests
{
    private const string Psk = "Zq81Lkd72Mnb39Xc5TgY";
    private const string Template = """
        { "schema": 1, "device": { "name": "${device}", "site": "${site}" },
          "connections": [{ "name": "hub", "local": { "networks": ["${lan}"] }, "remote": { "endpoints": [{ "address": "${hub}" }], "networks": ["10.20.0.0/24"] },
            "authentication": { "type": "psk", "secret": "hub" } }] }
        """;

    private const string Group = """
        { "template": "branch.json", "variables": { "hub": "203.0.113.2" }, "members": { "box": { "lan": "10.42.0.0/24", "site": "Lyon" } } }
        """;

    [Fact]
    public async Task A_member_gets_the_template_with_its_variables_and_its_secret_sealed_to_it()
    {
        await using var lab = await FleetLab.StartAsync();
        var fleet = lab.Fleet(out var sealing);
        await using var box = await lab.PlayAsync(State(DocumentState.Received), State(DocumentState.Confirmed));
        Write(fleet, "templates/branch.json", Template);
        Write(fleet, "groups/branches.json", Group);
        Assert.Equal(ExitCode.Done, (await RunAsync(fleet, "secret", "set", "hub", "--box", "box", lab.File(Psk + "\n", "psk.txt"))).Code);

        var plan = await RunAsync(fleet, "plan", "--show", "--group", "branches");
        Assert.Equal(ExitCode.Done, plan.Code);
        Assert.Contains("\"site\": \"Lyon\"", plan.Out, StringComparison.Ordinal);
        Assert.Contains(SecretText.Hidden, plan.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(Psk, plan.Out, StringComparison.Ordinal);

        var applied = await RunAsync(fleet, "apply");
        Assert.True(applied.Code == ExitCode.Done, applied.Out + applied.Error);
        var configuration = ConfigurationReader.Read(Assert.Single(box.Documents).Body, DocumentBounds.Desired).Configuration!;
        Assert.Equal("10.42.0.0/24", configuration.Connections[0].Local.Networks[0].ToString());
        Assert.Equal(Psk, SealedSecrets.Open(configuration, sealing).Opened!.Secrets["hub"].Psk!.Reveal());
        Assert.Contains("nothing to do (1.1)", (await RunAsync(fleet, "plan")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_file_of_the_folder_but_keys_and_state_holds_a_secret()
    {
        await using var lab = await FleetLab.StartAsync();
        var fleet = lab.Fleet(out _);
        Write(fleet, "configs/box.json", Template.Replace("${device}", "box", StringComparison.Ordinal).Replace("${site}", "Lyon", StringComparison.Ordinal).Replace("${lan}", "10.42.0.0/24", StringComparison.Ordinal)
            .Replace("${hub}", "203.0.113.2", StringComparison.Ordinal).Replace("\"schema\": 1,", $$"""
            "schema": 1, "secrets": { "hub": { "psk": "{{Psk}}" } },
            """, StringComparison.Ordinal));
        Assert.Contains("secrets in clear", (await RunAsync(fleet, "plan")).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, (await RunAsync(fleet, "secret", "seal")).Code);
        foreach (var file in Directory.EnumerateFiles(fleet.Path, "*", SearchOption.AllDirectories)) Assert.DoesNotContain(Psk, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        var plan = await RunAsync(fleet, "plan");
        Assert.True(plan.Code == ExitCode.Done, plan.Out);
        Assert.DoesNotContain("secrets in clear", plan.Out, StringComparison.Ordinal);
        Assert.Equal(Psk, (await RunAsync(fleet, "secret", "show", "hub", "--box", "box")).Out.TrimEnd());
        Assert.Equal("boxes/box/hub", (await RunAsync(fleet, "secret", "list")).Out.TrimEnd());
    }

    [Fact]
    public async Task A_sealed_secret_that_was_moved_to_another_box_or_read_without_the_key_does_not_open()
    {
        await using var lab = await FleetLab.StartAsync();
        var fleet = lab.Fleet(out _);
        Assert.Equal(ExitCode.Done, (await RunAsync(fleet, "secret", "set", "hub", "--box", "other", "--generate")).Code);
        Write(fleet, "secrets/boxes/box/hub.jwe", await File.ReadAllTextAsync(Path.Combine(fleet.Path, "secrets/boxes/other/hub.jwe")));
        var moved = await RunAsync(fleet, "secret", "show", "hub", "--box", "box");
        Assert.Equal((ExitCode.Failed, true), (moved.Code, moved.Error.Contains("was sealed for boxes/other/hub", StringComparison.Ordinal)));
        File.Delete(Path.Combine(fleet.Path, "keys/secrets.pem"));
        Assert.Contains("keys/secrets.pem", (await RunAsync(fleet, "secret", "show", "hub", "--box", "other")).Error, StringComparison.Ordinal);
        // Another key in its place: whoever put it there would be sent every secret.
        using var stranger = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        Write(fleet, "keys/secrets.pem", stranger.ExportPkcs8PrivateKeyPem());
        Assert.Contains("find out who changed it", (await RunAsync(fleet, "secret", "set", "hub", "--box", "box", "--generate")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_groups_secret_goes_to_members_that_name_it_and_a_boxs_own_comes_first()
    {
        await using var lab = await FleetLab.StartAsync();
        var fleet = lab.Fleet(out _);
        Write(fleet, "templates/branch.json", Template);
        Write(fleet, "groups/branches.json", Group);
        foreach (var name in (string[])["hub", "unrelated"]) Assert.Equal(ExitCode.Done, (await RunAsync(fleet, "secret", "set", name, "--group", "branches", lab.File("of-the-group-0123456789", "a"))).Code);
        Assert.Equal(["hub"], Secrets());
        Assert.Contains("of-the-group", Body(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, (await RunAsync(fleet, "secret", "set", "hub", "--box", "box", lab.File(Psk, "b"))).Code);
        Assert.Contains(Psk, Body(), StringComparison.Ordinal);
        Assert.DoesNotContain("of-the-group", Body(), StringComparison.Ordinal);

        string Body() => Encoding.UTF8.GetString(EdgeVpn.Fleet.Wanted.WantedFleet.Read(fleet).Of("box").Body!.Value.Span);

        string[] Secrets() => [.. JsonElement.Parse(Body()).GetProperty("secrets").EnumerateObject().Select(p => p.Name)];
    }

    [Theory]
    [InlineData("groups/b.json", """{"members":{"box":{}}}""", "a box is in one group at most")]
    [InlineData("groups/branches.json", """{"template":"gone.json","members":{"box":{}}}""", "$.template: templates/gone.json does not exist")]
    [InlineData("groups/branches.json", """{"template":"../keys/fleet.json","members":{}}""", "is no file of templates/")]
    [InlineData("groups/branches.json", """{"members":{"box":{"lan":"x"}}}""", "$.members.box: no template takes its variables")]
    [InlineData("groups/branches.json", """{"member":{"box":{}}}""", "member")]
    [InlineData("groups/branches.json", """{"members":{"box":{},"box":{}}}""", "uplicate")]
    public async Task A_folder_that_contradicts_itself_is_refused_by_name(string file, string text, string sentence)
    {
        await using var lab = await FleetLab.StartAsync();
        var fleet = lab.Fleet(out _);
        Write(fleet, "templates/branch.json", Template);
        Write(fleet, "groups/branches.json", Group);
        Write(fleet, file, text);
        var plan = await RunAsync(fleet, "plan");
        Assert.Equal(ExitCode.Usage, plan.Code);
        Assert.Contains(sentence, plan.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_without_its_variable_cannot_be_sent_and_says_where()
    {
        await using var lab = await FleetLab.StartAsync();
        var fleet = lab.Fleet(out _);
        Write(fleet, "templates/branch.json", Template);
        Write(fleet, "groups/branches.json", Group.Replace("\"site\"", "\"sight\"", StringComparison.Ordinal));
        var plan = await RunAsync(fleet, "plan");
        Assert.Equal(ExitCode.Usage, plan.Code);
        Assert.Contains("templates/branch.json: $.device.site: needs the variable 'site'", plan.Out, StringComparison.Ordinal);
        Assert.Contains("groups/branches.json: $.members.box.sight: is used by nothing", plan.Out, StringComparison.Ordinal);
        Write(fleet, "configs/box.json", "{}");
        Assert.Contains("stands beside groups/branches.json", (await RunAsync(fleet, "plan")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollout_waits_for_the_window_and_now_does_not()
    {
        await using var lab = await FleetLab.StartAsync();
        var fleet = lab.Fleet(out _);
        await using var box = await lab.PlayAsync(State(DocumentState.Received), State(DocumentState.Confirmed));
        Write(fleet, "configs/box.json", """{ "schema": 1, "device": { "name": "box" } }""");
        var (from, to) = (DateTime.UtcNow.AddHours(3).ToString("HH:00", System.Globalization.CultureInfo.InvariantCulture), DateTime.UtcNow.AddHours(4).ToString("HH:00", System.Globalization.CultureInfo.InvariantCulture));
        Write(fleet, "groups/nights.json", $$"""{ "members": { "box": {} }, "windows": [{ "timeZone": "UTC", "from": "{{from}}", "to": "{{to}}" }] }""");
        using var stop = new CancellationTokenSource();
        var output = new CapturedText();
        var waiting = FleetLab.RunWithAsync(["rollout", "start", "--stages", "100", "--soak", "00:00:00", "--folder", fleet.Path], output, cancel: stop.Token);
        await FleetLab.UntilAsync(() => output.ToString().Contains("1 box(es) wait for their window", StringComparison.Ordinal), "it says that it waits");
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Failed, (await waiting).Code);
        Assert.Empty(box.Documents);

        // What was planned is what goes out.
        Write(fleet, "configs/box.json", """{ "schema": 1, "device": { "name": "other" } }""");
        Write(fleet, "groups/nights.json", """{ "members": { "box": {} } }""");
        var resumed = await RunAsync(fleet, "rollout", "resume");
        Assert.Contains("something else than when the rollout began", resumed.Out, StringComparison.Ordinal);
        Assert.Empty(box.Documents);

        Write(fleet, "groups/nights.json", $$"""{ "members": { "box": {} }, "windows": [{ "timeZone": "UTC", "from": "{{from}}", "to": "{{to}}" }] }""");
        var applied = await RunAsync(fleet, "apply", "--now");
        Assert.True(applied.Code == ExitCode.Done, applied.Out + applied.Error);
        Assert.Single(box.Documents);
    }

    [Fact]
    public async Task An_export_has_every_box_and_no_secret()
    {
        await using var lab = await FleetLab.StartAsync();
        var fleet = lab.Fleet(out _);
        await using var box = await lab.PlayAsync();
        await box.ReportAsync(new ReportedDocument { Epoch = 1, Revision = 4, State = DocumentState.Confirmed, Health = ReportedHealth.Healthy, InForce = new DocumentReference(1, 4, new string('a', 64)) });
        Write(fleet, "templates/branch.json", Template);
        Write(fleet, "groups/branches.json", Group.Replace("Lyon", "=cmd,\\\"Lyon\\\"", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Done, (await RunAsync(fleet, "secret", "set", "hub", "--box", "box", lab.File(Psk, "psk.txt"))).Code);
        var ran = await RunAsync(fleet, "export", "--configurations");
        var one = JsonElement.Parse(ran.Out).GetProperty("boxes").EnumerateArray().Single();
        Assert.Equal(("box", "branches", "confirmed"), (one.GetProperty("device").GetString(), one.GetProperty("group").GetString(), one.GetProperty("reported").GetProperty("state").GetString()));
        Assert.Equal("203.0.113.2", one.GetProperty("configuration").GetProperty("connections")[0].GetProperty("remote").GetProperty("endpoints")[0].GetProperty("address").GetString());
        Assert.DoesNotContain(Psk, ran.Out, StringComparison.Ordinal);
        var lines = (await RunAsync(fleet, "export", "--csv")).Out.Split("\r\n");
        Assert.StartsWith("device,group,site,", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("box,branches,\"'=cmd,\"\"Lyon\"\"\",enrolled,", lines[1], StringComparison.Ordinal);
        Assert.Contains(",1.4,confirmed,1.4,", lines[1], StringComparison.Ordinal);
    }

    private static Task<Ran> RunAsync(FleetFolder fleet, params string[] arguments) => FleetLab.RunWithAsync([.. arguments, "--folder", fleet.Path]);

    private static void Write(FleetFolder fleet, string file, string text)
    {
        var path = Path.Combine(fleet.Path, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
