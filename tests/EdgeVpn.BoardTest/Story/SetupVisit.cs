using System.Collections.Immutable;
using System.Text.Json.Nodes;
using EdgeVpn.Demo;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.BoardTest.Story;

/// <summary>A laptop on the LAN port, over HTTP: what the page's script does. The page itself is tried in a browser elsewhere.</summary>
internal sealed class SetupVisit(Lab lab, TimeSpan patience)
{
    public const string Code = "7KQ2M-X9RTB";
    private const string Page = "http://169.254.1.1";

    private string _token = "";

    private string Jar => Path.Combine(lab.RunFolder, "cookies");

    /// <summary>A laptop that found no DHCP server.</summary>
    public Task PlugInAsync() => lab.RunAsync(Node.BranchLan, ["ip", "addr", "add", "169.254.77.7/16", "dev", "eth0"]);

    public async Task<bool> IsShownAsync() => (await CurlAsync(Node.BranchLan, Page + "/")).Ok;

    public async Task<bool> IsShownOutsideAsync(string address) => (await CurlAsync(Node.Internet, $"http://{address}/")).Ok;

    public async Task SignInAsync()
    {
        var answer = await CurlAsync(Node.BranchLan, Page + "/sign-in", "-c", Jar, "-H", "Origin: " + Page, "--json", new JsonObject { ["code"] = Code }.ToJsonString());
        if (!answer.Ok) throw new ChapterFailedException($"the code on the label is not taken: {answer.Output}{answer.Error}");
        _token = (string)JsonNode.Parse(answer.Output)!["token"]!;
    }

    /// <summary>Uploads a configuration; it is on trial then.</summary>
    public async Task OfferAsync(JsonObject document)
    {
        var offer = new JsonObject
        {
            ["files"] = new JsonArray(new JsonObject { ["name"] = "config.json", ["text"] = document.ToJsonString() }), ["apply"] = true,
        };
        var answer = await CurlAsync(Node.BranchLan, Page + "/document", "-H", "Origin: " + Page, "-H", "X-Edgevpn-Token: " + _token, "--json", offer.ToJsonString());
        if (!answer.Ok || (bool?)JsonNode.Parse(answer.Output)?["applied"] != true) throw new ChapterFailedException($"the configuration is not taken: {answer.Output}{answer.Error}");
    }

    public async Task CloseAsync() =>
        (await CurlAsync(Node.BranchLan, Page + "/close", "-H", "Origin: " + Page, "-H", "X-Edgevpn-Token: " + _token, "--json", "{}")).Checked();

    private Task<ToolResult> CurlAsync(Node from, string url, params ImmutableArray<string> options)
    {
        var seconds = ((int)patience.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var cookies = File.Exists(Jar) ? ImmutableArray.Create("-b", Jar) : [];
        // Connecting is quick or never; the emulated processor takes its time for the answer.
        return lab.TryRunAsync(from, ["curl", "-sS", "--fail-with-body", "--connect-timeout", "3", "--max-time", seconds, .. cookies, .. options, url], within: patience + TimeSpan.FromSeconds(5));
    }
}
