using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A laptop on the LAN port, a code from the label, a quarter of an hour.</summary>
[Trait("story", "setup")]
public sealed class SetupStory
{
    private const string Page = "http://" + LabAddresses.BoxLan;
    private const string Code = "7KQ2M-X9RTB";
    private const string Cookies = "cookies";

    [Fact]
    public async Task A_hold_of_three_seconds_shows_the_page_on_the_LAN_port_and_nowhere_else()
    {
        await using var lab = await Story.BeginAsync("setup-page");
        var box = await StartAsync(lab);
        Assert.NotEqual(0, (await CurlAsync(lab, Node.BranchLan, Page + "/")).ExitCode); // off by default
        await OpenByButtonAsync(box);

        var page = await CurlAsync(lab, Node.BranchLan, Page + "/");
        Assert.Contains("Code on the label", page.Output, StringComparison.Ordinal);
        foreach (var address in new[] { LabAddresses.BoxLan, LabAddresses.BoxWan })
            Assert.NotEqual(0, (await CurlAsync(lab, Node.Internet, $"http://{address}/")).ExitCode); // by routing and by address
        Assert.NotEqual(0, (await CurlAsync(lab, Node.BranchLan, $"http://{LabAddresses.BoxWan}/")).ExitCode);

        (await box.CommandAsync("setup", "close")).Checked();
        Assert.NotEqual(0, (await CurlAsync(lab, Node.BranchLan, Page + "/")).ExitCode);
        await box.LightAsync("vpn", "off");
    }

    [Fact]
    public async Task A_configuration_from_a_laptop_brings_the_tunnel_up_and_is_kept_by_the_button()
    {
        await using var lab = await Story.BeginAsync("setup-configure");
        var box = await StartAsync(lab);
        await new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway());
        await OpenByButtonAsync(box);
        var token = await SignInAsync(lab);

        var answer = await PostAsync(lab, token, "/document", OfferOf(StoryDocuments.Box()));
        Assert.True((bool)answer["applied"]!, answer.ToJsonString());
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
        var view = JsonNode.Parse((await CurlAsync(lab, Node.BranchLan, Page + "/state")).Output)!;
        Assert.InRange((int)view["pendingSeconds"]!, 1, 300);
        Assert.True((bool)view["tree"]![0]!["healthy"]!);
        Assert.Equal("steady", (string)view["lights"]![2]!["rhythm"]!);

        (await box.CommandAsync("board", "press", "0.3s")).Checked();
        await Until.TrueAsync("the change is kept", BoxProcess.Soon, () => box.Log.Contains("a change made on the spot is kept", StringComparison.Ordinal), () => box.Log);
        await box.KillAsync();
        await box.StartAgainAsync();
        await box.UpAsync(StoryDocuments.Hub);
        Assert.Equal("local", (string)(await box.StatusAsync())["configuration"]!["source"]!);
        await Story.EchoesPassAsync(lab);
    }

    [Fact]
    public async Task A_change_that_nobody_kept_is_gone_after_a_power_cut()
    {
        await using var lab = await Story.BeginAsync("setup-power-cut");
        var box = await StartAsync(lab);
        (await box.CommandAsync("setup", "open")).Checked();
        var token = await SignInAsync(lab);
        var answer = await PostAsync(lab, token, "/document", OfferOf(StoryDocuments.Box()));
        Assert.True((bool)answer["applied"]!, answer.ToJsonString());
        Assert.Single((await box.StatusAsync())["connections"]!.AsArray());

        await box.KillAsync();
        await box.StartAgainAsync();
        Assert.Empty((await box.StatusAsync())["connections"]!.AsArray());
    }

    /// <summary>Whoever gives the box another LAN address keeps the change from there, or has it taken back; the code is asked for anew.</summary>
    [Fact]
    public async Task The_page_moves_with_the_LAN_ports_address_and_back()
    {
        const string there = "http://10.10.7.1";
        await using var lab = await Story.BeginAsync("setup-moves");
        var box = await StartAsync(lab);
        (await box.CommandAsync("setup", "open")).Checked();
        var token = await SignInAsync(lab);
        var change = JsonNode.Parse("""{ "schema": 1, "interfaces": [{ "name": "lan0", "role": "lan", "ipv4": { "address": "10.10.7.1/24" } }] }""")!.AsObject();
        await SendAsync(Page, "/document", OfferOf(change));
        await lab.RunAsync(Node.BranchLan, ["ip", "addr", "add", "10.10.7.9/24", "dev", "eth0"]);
        await ShownAsync(there);
        Assert.NotEqual(0, (await CurlAsync(lab, Node.BranchLan, there + "/state")).ExitCode); // another address, another session

        token = await SignInAsync(lab, there);
        await SendAsync(there, "/revert", []);
        await Until.TrueAsync("it is taken back", BoxProcess.Soon, () => box.Log.Contains("was taken back by hand: taken back", StringComparison.Ordinal), () => box.Log);
        await lab.RunAsync(Node.Box, ["ip", "addr", "replace", LabAddresses.BoxLan + "/24", "dev", "lan0"]); // the lab's, not the box's
        await ShownAsync(Page);

        // The answer goes with the address that it would leave by.
        Task<ToolResult> SendAsync(string page, string path, JsonObject body) =>
            CurlAsync(lab, Node.BranchLan, page + path, "--max-time", "2", "-H", "Origin: " + page, "-H", "X-Edgevpn-Token: " + token, "--json", body.ToJsonString());

        Task ShownAsync(string page) => Until.TrueAsync($"the page is at {page}", BoxProcess.Soon, async () => (await CurlAsync(lab, Node.BranchLan, page + "/")).Ok, () => box.Log);
    }

    private static async Task<BoxProcess> StartAsync(Lab lab)
    {
        var box = new BoxProcess(lab, Node.Box);
        await box.StartAsync(new JsonObject { ["schema"] = 1 });
        (await box.OfflineAsync("setup", "code", "--set", Code)).Checked();
        return box;
    }

    private static async Task OpenByButtonAsync(BoxProcess box)
    {
        (await box.CommandAsync("board", "press", "3.5s")).Checked();
        await Until.TrueAsync("set-up mode is open", BoxProcess.Soon, () => box.Log.Contains("set-up mode for 15 minutes", StringComparison.Ordinal), () => box.Log);
        await box.LightAsync("vpn", "chase");
    }

    private static async Task<string> SignInAsync(Lab lab, string page = Page)
    {
        var answer = await CurlAsync(lab, Node.BranchLan, page + "/sign-in", "-c", JarOf(lab), "-H", "Origin: " + page, "--json", $$"""{ "code": "{{Code}}" }""");
        return (string)JsonNode.Parse(answer.Checked().Output)!["token"]!;
    }

    private static async Task<JsonNode> PostAsync(Lab lab, string token, string path, JsonObject body)
    {
        var answer = await CurlAsync(lab, Node.BranchLan, Page + path, "-H", "Origin: " + Page, "-H", "X-Edgevpn-Token: " + token, "--json", body.ToJsonString());
        return JsonNode.Parse(answer.Checked().Output)!;
    }

    private static JsonObject OfferOf(JsonObject document) => new()
    {
        ["files"] = new JsonArray(new JsonObject { ["name"] = "config.json", ["text"] = document.ToJsonString() }),
        ["apply"] = true,
    };

    private static Task<ToolResult> CurlAsync(Lab lab, Node from, string url, params string[] options) => lab.TryRunAsync(
        from, ["curl", "-sS", "--fail-with-body", "--max-time", "5", .. File.Exists(JarOf(lab)) ? ["-b", JarOf(lab)] : Array.Empty<string>(), .. options, url], within: TimeSpan.FromSeconds(15));

    private static string JarOf(Lab lab) => Path.Combine(lab.RunFolder, Cookies);
}
