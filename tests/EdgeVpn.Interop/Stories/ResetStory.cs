using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A finger on the button for eleven seconds.</summary>
[Trait("story", "reset")]
public sealed class ResetStory
{
    private static readonly TwinAddress Twin = TwinAddress.Lyon;
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(11) + BoxProcess.Soon;

    [Fact]
    public async Task A_box_whose_file_is_empty_by_now_has_no_tunnel_no_route_and_no_filter_after_the_hold()
    {
        await using var lab = await Story.BeginAsync("reset-file");
        var (box, gateway) = await Story.StartBothAsync(lab);
        Assert.Contains("table inet edgevpn", await RulesetAsync(lab), StringComparison.Ordinal);
        Assert.NotEmpty(await TunnelRoutesAsync(lab));
        box.Rewrite(new JsonObject { ["schema"] = 1 });

        (await box.CommandAsync("board", "press", "11s")).Checked();
        await box.LightAsync("vpn", "fast blink", TimeSpan.FromSeconds(14)); // all fast: it says what a release will do
        await Until.TrueAsync("nothing is configured", Hold, async () => (await box.StatusAsync())["connections"]!.AsArray().Count == 0, () => box.Log);
        await box.LightAsync("vpn", "off");
        Assert.Empty(await TunnelRoutesAsync(lab));
        Assert.DoesNotContain("table inet edgevpn", await RulesetAsync(lab), StringComparison.Ordinal);
        await Until.TrueAsync("the gateway was told", BoxProcess.Soon, async () =>
            (await gateway.ConnectionAsync(StoryDocuments.Hub))["ikeSas"]!.AsArray().Count == 0, () => gateway.Log);

        box.Rewrite(StoryDocuments.Box());
        (await box.CommandAsync("reset", "--yes")).Checked();
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
    }

    [Fact]
    public async Task A_box_of_a_fleet_hears_its_document_again_after_the_hold()
    {
        await using var lab = await Story.BeginAsync("reset-fleet", fleet: true);
        var box = await ManagedAsync(lab, StoryDocuments.Box());
        var spi = await SpiAsync(box);

        (await box.CommandAsync("board", "press", "11s")).Checked();
        await Until.TrueAsync("the document is confirmed anew", Hold, async () =>
            box.Log.Contains("reset to factory", StringComparison.Ordinal) && Confirmations(box) == 2, () => box.Log);
        Assert.NotEqual(spi, await SpiAsync(box));
        Assert.Equal(("cloud", 1), await InForceAsync(box));
        await Story.EchoesPassAsync(lab);
    }

    [Fact]
    public async Task A_restricted_button_returns_to_the_confirmed_document_without_forgetting_it()
    {
        await using var lab = await Story.BeginAsync("reset-restricted", fleet: true);
        var document = StoryDocuments.Box();
        document["button"] = new JsonObject { ["reset"] = "confirmed" };
        var box = await ManagedAsync(lab, document);
        var spi = await SpiAsync(box);

        (await box.CommandAsync("board", "press", "11s")).Checked();
        await Until.TrueAsync("the box says what it did", Hold, () => box.Log.Contains("returned to the last confirmed document", StringComparison.Ordinal), () => box.Log);
        await box.LightAsync("cloud", "steady");
        Assert.Equal(1, Confirmations(box));
        Assert.Equal(spi, await SpiAsync(box)); // it was in force: nothing had to change
        Assert.Equal(("cloud", 1), await InForceAsync(box));
    }

    private static async Task<BoxProcess> ManagedAsync(Lab lab, JsonObject document)
    {
        var fleet = new FleetTool(lab, Twin);
        await fleet.StartBrokerAsync();
        await new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway());
        var box = new BoxProcess(lab, Node.Box);
        await box.StartFromCloudAsync(Twin);
        var published = await fleet.PublishAsync(document.Managed(Twin));
        Assert.True(published.ExitCode == 0, published.ToString());
        await box.LightAsync("cloud", "steady");
        return box;
    }

    private static int Confirmations(BoxProcess box) => box.Log.Split("is confirmed").Length - 1;

    private static async Task<string> SpiAsync(BoxProcess box) =>
        (string)(await box.ConnectionAsync(StoryDocuments.Hub))["childSas"]!.AsArray().Single()!["inboundSpi"]!;

    private static async Task<(string Source, int Revision)> InForceAsync(BoxProcess box)
    {
        var inForce = (await box.StatusAsync())["configuration"]!;
        return ((string)inForce["source"]!, (int)inForce["revision"]!);
    }

    private static async Task<string> RulesetAsync(Lab lab) => (await lab.RunAsync(Node.Box, ["nft", "list", "ruleset"])).Output;

    private static async Task<string> TunnelRoutesAsync(Lab lab) =>
        (await lab.TryRunAsync(Node.Box, ["ip", "route", "show", "table", "4556"], within: TimeSpan.FromSeconds(10))).Output;
}
