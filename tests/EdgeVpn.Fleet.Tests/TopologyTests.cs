using System.Text.Json;
using EdgeVpn.Fleet.Commands;
using Xunit;

namespace EdgeVpn.Fleet.Tests;

public sealed class TopologyTests : IDisposable
{
    private const string Key = "Zq81Lkd72Mnb39Xc5TgY";
    private readonly string _folder = Directory.CreateTempSubdirectory("edgefleet-topology-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }

    private string Box(int n, int other, string key = Key, string folder = "") => Write(Path.Combine(folder, $"box-{n}.json"), $$"""
        { "schema": 1,
          "connections": [{ "name": "to-{{other}}",
            "local": { "address": "198.51.100.{{n}}", "identity": "box-{{n}}.example", "networks": ["10.{{n}}.0.0/24"] },
            "remote": { "endpoints": [{ "address": "198.51.100.{{other}}", "identity": "box-{{other}}.example" }], "networks": ["10.{{other}}.0.0/24"] },
            "authentication": { "type": "psk", "secret": "s" } }],
          "secrets": { "s": { "psk": "{{key}}" } } }
        """);

    private static async Task<(int Code, string Out, string Error)> RunAsync(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        return (await FleetCommandLine.RunAsync(["topology", .. args], new FleetConsole(output, error, IsTerminal: false, HasColor: false)), output.ToString(), error.ToString());
    }

    [Fact]
    public async Task A_folder_that_fits_is_named_and_drawn()
    {
        Box(1, 2);
        Box(2, 1);
        var drawing = Path.Combine(_folder, "picture.svg");
        var ran = await RunAsync(_folder, "--svg", drawing);
        Assert.Equal((ExitCode.Done, ""), (ran.Code, ran.Error));
        Assert.Equal($"box to box: box-1, box-2\nfits: 0 errors, 0 warnings; drawn in {drawing}\n", ran.Out);
        Assert.StartsWith("<svg xmlns=", await File.ReadAllTextAsync(drawing), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_exits_with_1_and_no_secret_is_printed_in_text_or_JSON()
    {
        string[] files = [Box(1, 2), Box(2, 1, "Other7Other8Other9Other0")];
        var text = await RunAsync(files);
        Assert.Equal(ExitCode.Failed, text.Code);
        Assert.Contains("error secret-differs: box-1 $.secrets.s: The secret is another one than box-2 has ($.secrets.s).\n  mend: the same at both ends", text.Out, StringComparison.Ordinal);
        var json = await RunAsync([.. files, "--json"]);
        var answer = JsonElement.Parse(json.Out);
        Assert.True(answer.GetProperty("fails").GetBoolean());
        Assert.Equal("box-to-box", answer.GetProperty("shapes")[0].GetProperty("kind").GetString());
        var finding = Assert.Single(answer.GetProperty("findings").EnumerateArray());
        Assert.Equal(("secret-differs", "error", "box-1"), (finding.GetProperty("id").GetString(), finding.GetProperty("severity").GetString(), finding.GetProperty("box").GetString()));
        Assert.DoesNotContain(Key, text.Out + json.Out, StringComparison.Ordinal);
    }

    /// <summary>In a fleet's folder what is wanted of each box counts, whoever's file says it; keys, claims and state are nobody's configuration.</summary>
    [Fact]
    public async Task A_fleets_folder_is_read_by_what_it_wants_of_each_box()
    {
        var fleet = Path.Combine(_folder, "lyon");
        Assert.Equal(0, (await FleetLab.RunWithAsync(["init", "--fleet", "lyon", "--broker", "mqtts://broker.example", "--folder", fleet])).Code);
        Box(1, 2, folder: "lyon/configs");
        Box(2, 1, folder: "lyon/configs");
        var ran = await RunAsync(fleet, "--json");
        Assert.Equal((0, ""), (ran.Code, ran.Error));
        Assert.Equal(["box-1", "box-2"], JsonElement.Parse(ran.Out).GetProperty("nodes").EnumerateArray().Select(static n => n.GetProperty("name").GetString()));
        Write("lyon/configs/box-3.json", """{ "schema": 1, "conections": [] }""");
        Assert.Contains("box-3", (await RunAsync(fleet)).Error, StringComparison.Ordinal);
    }

    /// <summary>Azure's own files stand for its gateway: its size and addresses are known without an option.</summary>
    [Fact]
    public async Task What_az_printed_is_part_of_the_picture()
    {
        const string group = "/subscriptions/1/resourceGroups/lyon/providers/Microsoft.Network";
        var gateway = Write("gateway.json", $$"""
            { "id": "{{group}}/virtualNetworkGateways/vpngw", "name": "vpngw", "type": "Microsoft.Network/virtualNetworkGateways", "gatewayType": "Vpn", "vpnType": "RouteBased",
              "activeActive": true, "sku": { "name": "VpnGw1AZ" },
              "bgpSettings": { "asn": 65515, "bgpPeeringAddresses": [
                { "ipconfigurationId": "{{group}}/virtualNetworkGateways/vpngw/ipConfigurations/a", "tunnelIpAddresses": ["198.51.100.2"] },
                { "ipconfigurationId": "{{group}}/virtualNetworkGateways/vpngw/ipConfigurations/b", "tunnelIpAddresses": ["198.51.100.3"] }] } }
            """);
        var ran = await RunAsync(Box(1, 2), gateway);
        Assert.Contains("site-to-site, active-active: box-1, vpngw", ran.Out, StringComparison.Ordinal);
        Assert.Contains("warning one-endpoint: box-1 $.connections[0].remote.endpoints: vpngw is active-active at 198.51.100.2 and 198.51.100.3; this box names 198.51.100.2 only.", ran.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, ran.Code); // works, and should be looked at
    }

    [Fact]
    public async Task What_cannot_be_used_is_named()
    {
        var box = Box(1, 2);
        var copy = Write("copy/box-1.json", await File.ReadAllTextAsync(box));
        Assert.Contains("Two configurations are of box-1", (await RunAsync(box, copy)).Error, StringComparison.Ordinal);
        Assert.Contains("$.conections", (await RunAsync(Write("typo.json", """{ "schema": 1, "conections": [] }"""))).Error, StringComparison.Ordinal);
        Assert.Contains("cannot be read", (await RunAsync(Path.Combine(_folder, "none.json"))).Error, StringComparison.Ordinal);
        Assert.Contains("cannot be written", (await RunAsync(box, "--svg", Path.Combine(_folder, "no", "where.svg"))).Error, StringComparison.Ordinal);
        Assert.Contains("did you mean", (await RunAsync(box, "--sku", "VpnGw1ZA")).Error, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(ExitCode.Usage, (await RunAsync(Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName)).Code);
    }

    [Fact]
    public async Task Its_help_has_an_example_and_its_exit_codes()
    {
        var ran = await RunAsync("--help");
        Assert.Contains("Example: edgefleet topology", ran.Out, StringComparison.Ordinal);
        Assert.Contains("Exit code: 0", ran.Out, StringComparison.Ordinal);
    }
}
