using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>Documents that change a box while traffic flows.</summary>
[Trait("story", "change")]
public sealed class ChangeStory
{
    private static readonly TwinAddress Twin = TwinAddress.Lyon;

    [Fact]
    public async Task A_connection_that_a_new_document_does_not_change_loses_no_packet()
    {
        await using var lab = await Story.BeginAsync("change", fleet: true);
        var fleet = new FleetTool(lab, Twin);
        await fleet.StartBrokerAsync();
        var (boxDocument, gatewayDocument) = StoryDocuments.Pair();
        await StoryDocuments.AddSecondNetworksAsync(lab);
        await new BoxProcess(lab, Node.Gateway).StartAsync(gatewayDocument);
        var box = new BoxProcess(lab, Node.Box);
        await box.StartFromCloudAsync(Twin);
        var first = await fleet.PublishAsync(boxDocument.Managed(Twin));
        Assert.True(first.ExitCode == 0, first.ToString());
        await Story.EchoesPassAsync(lab);
        await Story.EchoesPassAsync(lab, StoryDocuments.SecondHost);
        var before = await SpisAsync(box);

        await using var there = UdpStream.ToCloud(lab);
        await using var back = UdpStream.ToBranch(lab);
        await Until.TrueAsync("both streams arrive", BoxProcess.Soon, () => there.Received > 50 && back.Received > 50);
        boxDocument.Connection(StoryDocuments.Second)["esp"]!["lifetime"] = "01:00:00";
        boxDocument.Connection(StoryDocuments.Second)["esp"]!["replayWindow"] = 4096;
        var changed = await fleet.PublishAsync(boxDocument);
        Assert.True(changed.ExitCode == 0, changed.ToString());
        await Story.EchoesPassAsync(lab, StoryDocuments.SecondHost);

        Story.NothingLost(await there.FinishAsync());
        Story.NothingLost(await back.FinishAsync());
        var after = await SpisAsync(box);
        Assert.Equal(before.Hub, after.Hub);
        Assert.NotEqual(before.Second, after.Second);
    }

    private static async Task<(string Hub, string Second)> SpisAsync(BoxProcess box) =>
        (await SpiAsync(box, StoryDocuments.Hub), await SpiAsync(box, StoryDocuments.Second));

    private static async Task<string> SpiAsync(BoxProcess box, string connection) =>
        string.Join(' ', (await box.ConnectionAsync(connection))["childSas"]!.AsArray().Select(child => child!["inboundSpi"]));

    [Fact]
    public async Task A_document_whose_tunnel_does_not_come_up_is_taken_back()
    {
        await using var lab = await Story.BeginAsync("commit-confirm", fleet: true);
        var fleet = new FleetTool(lab, Twin);
        await fleet.StartBrokerAsync();
        await new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway());
        var box = new BoxProcess(lab, Node.Box);
        await box.StartFromCloudAsync(Twin);
        var good = await fleet.PublishAsync(StoryDocuments.Box().Managed(Twin));
        Assert.True(good.ExitCode == 0, good.ToString());

        var wrong = await fleet.PublishAsync(StoryDocuments.Box().Managed(Twin, commitConfirmSeconds: 4).WithSecret("not-the-one-that-the-gateway-has"));
        Assert.Equal(1, wrong.ExitCode);
        Assert.Equal(("reverted", 53), ((string)wrong.Lines[^1]["state"]!, (int)wrong.Lines[^1]["code"]!));
        Assert.Contains("applied", wrong.States);
        await Story.CarriesAgainAsync(lab, TimeSpan.FromSeconds(5));
        await Story.EchoesPassAsync(lab);
        Assert.Equal(1, (int)(await box.StatusAsync())["configuration"]!["revision"]!);
        await box.LightAsync("cloud", "fast blink");
    }
}
