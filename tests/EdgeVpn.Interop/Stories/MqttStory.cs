using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A box that knows nothing but its broker, and what becomes of it when the broker comes and goes.</summary>
[Trait("story", "mqtt")]
public sealed class MqttStory
{
    private static readonly string[] WayToConfirmed = ["received", "staged", "applied", "confirmed"];
    private static readonly TwinAddress Twin = TwinAddress.Lyon;

    [Fact]
    public async Task A_box_with_nothing_but_the_embedded_brokers_address_gets_a_tunnel()
    {
        await using var lab = await Story.BeginAsync("mqtt-embedded", fleet: true);
        await new FleetTool(lab, Twin).StartBrokerAsync();
        await ConfigureOverMqttAsync(lab);
    }

    [Fact]
    public async Task Mosquitto_restarted_in_mid_session_and_a_killed_box_leave_the_operator_a_true_picture()
    {
        await using var lab = await Story.BeginAsync("mqtt-mosquitto", fleet: true);
        await using var broker = new Mosquitto(lab);
        await broker.StartAsync();
        var box = await ConfigureOverMqttAsync(lab);
        var reported = await RetainedAsync(broker, "reported");
        Assert.Equal(("confirmed", 1), ((string)reported["state"]!, (int)reported["revision"]!));
        Assert.True((bool)(await RetainedAsync(broker, "presence"))["online"]!);

        await broker.StopAsync();
        await box.LightAsync("cloud", "slow blink");
        await Story.EchoesPassAsync(lab);
        await broker.StartAsync();
        await box.LightAsync("cloud", "steady");
        await Until.TrueAsync("the box says that it is there", BoxProcess.Soon, async () => (bool)(await RetainedAsync(broker, "presence"))["online"]!);

        await box.KillAsync();
        await Until.TrueAsync("the will says that it is gone", BoxProcess.Soon, async () => !(bool)(await RetainedAsync(broker, "presence"))["online"]!);
        await box.StartFromCloudAsync(Twin);
        await Until.TrueAsync("the box is back", BoxProcess.Soon, async () => (bool)(await RetainedAsync(broker, "presence"))["online"]!);
        Assert.Equal("confirmed", (string)(await RetainedAsync(broker, "reported"))["state"]!);
    }

    [Fact]
    public async Task A_box_whose_broker_is_away_starts_from_its_disk()
    {
        await using var lab = await Story.BeginAsync("mqtt-away", fleet: true);
        await using var broker = new Mosquitto(lab);
        await broker.StartAsync();
        var box = await ConfigureOverMqttAsync(lab);
        await box.Daemon.StopAsync();
        await broker.StopAsync();

        await box.StartFromCloudAsync(Twin);
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
        var inForce = (await box.StatusAsync())["configuration"]!;
        Assert.Equal(("cloud", 1), ((string)inForce["source"]!, (int)inForce["revision"]!));
    }

    private static async Task<BoxProcess> ConfigureOverMqttAsync(Lab lab)
    {
        await new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway());
        var box = new BoxProcess(lab, Node.Box);
        await box.StartFromCloudAsync(Twin);
        await box.LightAsync("cloud", "steady");
        var published = await new FleetTool(lab, Twin).PublishAsync(StoryDocuments.Box().Managed(Twin));
        Assert.True(published.ExitCode == 0, published.ToString());
        // Two words that follow within a moment may come as one: what is retained is the last.
        Assert.Equal(WayToConfirmed.Where(published.WordsOfTheBox.Contains), published.WordsOfTheBox);
        Assert.Equal("confirmed", published.States[^1]);
        await Story.EchoesPassAsync(lab);
        return box;
    }

    private static async Task<JsonObject> RetainedAsync(Mosquitto broker, string channel)
    {
        var message = await broker.NextAsync(Twin.Topic(channel), TimeSpan.FromSeconds(5));
        Assert.NotNull(message);
        return JsonNode.Parse(message)!.AsObject();
    }
}
