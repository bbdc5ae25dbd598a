using System.Net;
using System.Text.RegularExpressions;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A fleet from nothing, by one command and a browser: <c>edgefleet serve --embedded</c>, and a real box that is let in, configured and seen there.</summary>
[Trait("story", "fleet")]
public sealed partial class ConsoleStory
{
    private static readonly TwinAddress Lab = new($"mqtt://{LabAddresses.InternetHost}:1883", "lab", FleetHome.Device);

    [Fact]
    public async Task A_box_is_let_in_configured_and_seen_in_the_browser_and_nothing_else_is_needed()
    {
        await using var lab = await Story.BeginAsync("console", fleet: true);
        var folder = Path.Combine(lab.RunFolder, "fleet");
        await new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway());
        var console = lab.Start(Node.Internet, new DaemonSetup
        {
            Name = "console",
            Command = [FleetTool.Executable!, "serve", "--embedded", "--broker", Lab.Broker, "--insecure", "--listen", $"127.0.0.1:{ConsoleBrowser.Port}", "--folder", folder],
        });
        await Until.TrueAsync("the console says where it is", BoxProcess.StartsWithin, () => console.Log().Contains("/first?link=", StringComparison.Ordinal), console.Log);
        using var browser = new ConsoleBrowser(lab);
        const string Password = "a long and quiet evening";
        await browser.PostAsync("/first", ("link", FirstLink().Match(console.Log()).Groups[1].Value), ("account", "jo"), ("password", Password), ("again", Password));

        // The card, as a person hands it over; the box asks; its fingerprint stands on the page before anybody lets it in.
        var card = await browser.PostAsync("/enrol/card", ("device", Lab.Device));
        var claim = Path.Combine(lab.RunFolder, "claim.txt");
        await File.WriteAllTextAsync(claim, WebUtility.HtmlDecode(Claim().Match(card).Groups[1].Value));
        var box = new BoxProcess(lab, Node.Box);
        Directory.CreateDirectory(box.StateFolder);
        var asking = lab.TryRunAsync(Node.Box, [BoxProcess.Executable, "enrol", claim, "--state", box.StateFolder, "--timeout", "00:01:00"], within: TimeSpan.FromSeconds(70));
        var page = await Until.SomethingAsync("the box asks to be let in", TimeSpan.FromSeconds(60), async () => await browser.PageAsync("/enrol") is var seen && Topic().IsMatch(seen) ? seen : null, console.Log);
        var fingerprint = Fingerprint().Match(page).Value;
        Assert.False(asking.IsCompleted, "somebody else let it in");
        await browser.PostAsync("/enrol/admit", ("topic", Topic().Match(page).Groups[1].Value));
        var enrolled = await asking;
        Assert.True(enrolled.Ok, enrolled.ToString());
        Assert.Contains(fingerprint, enrolled.Output, StringComparison.Ordinal);
        Assert.Contains($"enrolled as {Lab.Fleet}/{Lab.Device}", enrolled.Output, StringComparison.Ordinal);

        // What is wanted lies in the folder; the console sends it, signed and sealed, and the box has its tunnel.
        await box.StartFromStateAsync();
        await box.LightAsync("cloud", "steady");
        var document = StoryDocuments.Box().Managed(Lab);
        await File.WriteAllTextAsync(Path.Combine(folder, "configs", Lab.Device + ".json"), document.ToJsonString());
        await browser.PostAsync("/rollouts/start", ("stages", "100"), ("abort", "5"), ("soak", "0"), ("patience", "1"), ("parallel", "1"), ("device", Lab.Device));
        await Until.TrueAsync("the document is taken up", BoxProcess.Soon, async () => (await box.StatusAsync())["connections"]!.AsArray().Count == 1, () => box.Log);
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
        await Until.TrueAsync("the page draws the lights of the box", BoxProcess.Soon, async () =>
        {
            page = await browser.PageAsync("/box/" + Lab.Device);
            return page.Contains("<b>vpn</b><small>all up</small>", StringComparison.Ordinal) && page.Contains("<b>cloud</b><small>connected, confirmed</small>", StringComparison.Ordinal);
        }, () => page);
        Assert.DoesNotContain("does not say its lights", page, StringComparison.Ordinal);
        Assert.DoesNotContain((string)document["secrets"]![StoryDocuments.Hub]!["psk"]!, await File.ReadAllTextAsync(Path.Combine(folder, "state", "retained.json")), StringComparison.Ordinal);
        Assert.Contains(fingerprint, await browser.PageAsync("/audit"), StringComparison.Ordinal); // who let whom in

        // All of it in one process, and nothing of it in memory alone.
        await console.StopAsync();
        await box.LightAsync("cloud", "slow blink");
        await Story.EchoesPassAsync(lab);
        await using var again = lab.Start(Node.Internet, new DaemonSetup
        {
            Name = "console",
            Command = [FleetTool.Executable!, "serve", "--embedded", "--insecure", "--listen", $"127.0.0.1:{ConsoleBrowser.Port}", "--folder", folder],
        });
        await box.LightAsync("cloud", "steady", TimeSpan.FromSeconds(60));
        using var later = new ConsoleBrowser(lab);
        await Until.TrueAsync("the console answers again", BoxProcess.StartsWithin, later.IsAnsweredAsync);
        await later.PostAsync("/sign-in", ("account", "jo"), ("password", Password));
        await Until.TrueAsync("the box is there as it was", BoxProcess.Soon, async () => (page = await later.PageAsync("/")).Contains("lights: power running, wan reaches out, vpn all up, cloud connected, confirmed", StringComparison.Ordinal), () => page);
    }

    [GeneratedRegex("/first\\?link=([0-9a-f]+)")]
    private static partial Regex FirstLink();

    [GeneratedRegex("<pre class=\"claim\" tabindex=\"0\">([^<]+)</pre>")]
    private static partial Regex Claim();

    [GeneratedRegex("name=\"topic\" value=\"([^\"]+)\"")]
    private static partial Regex Topic();

    [GeneratedRegex("[0-9a-f]{5}(-[0-9a-f]{5}){7}")]
    private static partial Regex Fingerprint();
}
