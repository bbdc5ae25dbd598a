using System.Collections.Immutable;
using System.Text.Json.Nodes;
using EdgeVpn.Demo;
using EdgeVpn.Interop;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.BoardTest.Story;

/// <summary>A laptop on the LAN port, and its browser (<c>technician.mjs</c>).</summary>
internal sealed class SetupVisit(Lab lab, TimeSpan patience)
{
    public const string Code = "7KQ2M-X9RTB";
    private const string Page = "http://169.254.1.1/";

    private Daemon? _browser;

    /// <summary>A laptop that found no DHCP server.</summary>
    public Task PlugInAsync() => lab.RunAsync(Node.BranchLan, ["ip", "addr", "add", "169.254.77.7/16", "dev", "eth0"]);

    public Task<bool> IsShownAsync() => AnswersAsync(Node.BranchLan, Page);

    public Task<bool> IsShownOutsideAsync(string address) => AnswersAsync(Node.Internet, $"http://{address}/");

    /// <summary>The technician opens the page, signs in with the label's code and tries a configuration; goes on by himself with what the page shows.</summary>
    public async Task BeginAsync(JsonObject document)
    {
        var configuration = await WriteAsync("config.json", document);
        var job = await WriteAsync("visit.json", new JsonObject
        {
            ["url"] = Page,
            ["code"] = Code,
            ["configuration"] = configuration,
            ["folder"] = lab.EvidenceFolder,
            ["chromium"] = Requires.Chromium,
            ["modules"] = Requires.BrowserModules,
            ["patience"] = patience.TotalMilliseconds,
        });
        var script = Path.Combine(LabFolders.Repository, "tests", "EdgeVpn.BoardTest", "Story", "technician.mjs");
        _browser = lab.Start(Node.BranchLan, new DaemonSetup { Name = "browser", Command = ["node", script, job] });
    }

    /// <summary>Waits until the technician has done or seen that.</summary>
    /// <exception cref="ChapterFailedException">He missed something on the page.</exception>
    public Task SaysAsync(string line) => Until.TrueAsync($"the technician says: {line}", patience, () =>
        _browser!.Log().Split('\n').Contains(line) ? true
            : _browser.IsRunning ? false
            : throw new ChapterFailedException($"the technician gave up before \"{line}\": {_browser.Log()}"), _browser!.Log);

    private async Task<string> WriteAsync(string name, JsonObject content)
    {
        var file = Path.Combine(lab.RunFolder, name);
        await File.WriteAllTextAsync(file, content.ToJsonString());
        return file;
    }

    private async Task<bool> AnswersAsync(Node from, string url)
    {
        // Connecting is quick or never; the emulated processor takes its time for the answer.
        var seconds = ((int)patience.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        ImmutableArray<string> command = ["curl", "-sS", "--fail", "-o", "/dev/null", "--connect-timeout", "3", "--max-time", seconds, url];
        return (await lab.TryRunAsync(from, command, within: patience + TimeSpan.FromSeconds(5))).Ok;
    }
}
