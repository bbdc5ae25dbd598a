using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>Two WANs: the first one's provider dies behind a next hop that goes on answering.</summary>
[Trait("story", "wan")]
public sealed class SecondWanStory
{
    private const string Second = "198.18.0.2", SecondHop = "198.18.0.1";

    // Everything that passes the first provider vanishes; its router answers as before, and the cable is in.
    private const string Dead = $$"""
        table inet dead {
          chain in { type filter hook prerouting priority -200; iifname "wb0" ip daddr != {{LabAddresses.InternetBranchSide}} drop; }
          chain out { type filter hook postrouting priority 200; oifname "wb0" ip saddr != {{LabAddresses.InternetBranchSide}} drop; }
        }
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Traffic_goes_on_over_the_second_WAN_within_seconds_and_comes_back(bool mobike)
    {
        await using var lab = await Story.BeginAsync(mobike ? "second-wan-mobike" : "second-wan");
        var gateway = ApplianceConfig.Document(StoryDocuments.GatewayEnd with { RemoteAddress = "%any", Mobike = mobike });
        gateway["interfaces"]![0] = StoryDocuments.Gateway()["interfaces"]![0]!.DeepClone();
        await new BoxProcess(lab, Node.Gateway).StartAsync(gateway);
        await lab.RunAsync(Node.Box, ["ip", "route", "del", "default"]); // the lab's, without a metric: it would win over every other
        var box = new BoxProcess(lab, Node.Box);
        await box.StartAsync(Document(mobike));
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
        Assert.Equal("missing", (string)(await WanAsync(box, "wan1"))!["state"]!);

        // The second port appears while the box runs: a USB adapter is plugged in.
        await lab.RunAsync(Node.Box, ["ip", "link", "add", "wan1", "type", "veth", "peer", "name", "wb1", "netns", lab.Netns(Node.Internet)]);
        await lab.RunAsync(Node.Internet, ["ip", "addr", "add", SecondHop + "/24", "dev", "wb1"]);
        await lab.RunAsync(Node.Internet, ["ip", "link", "set", "wb1", "up"]);
        await LeadsAsync(box, "wan1", true);
        await LeadsAsync(box, "wan0", true);
        Assert.Contains(LabAddresses.BoxWan, await SasAsync(box), StringComparison.Ordinal);

        await lab.RunAsync(Node.Internet, ["nft", "-f", "-"], Dead);
        var took = await Story.CarriesAgainAsync(lab, TimeSpan.FromSeconds(20));
        Assert.InRange(took.TotalSeconds, 0, 12); // three silences, a handshake; and a busy machine
        Assert.Contains(Second, await SasAsync(box), StringComparison.Ordinal);
        await Story.EchoesPassAsync(lab);
        Assert.False((bool)(await WanAsync(box, "wan0"))!["leads"]!);

        await lab.RunAsync(Node.Internet, ["nft", "delete", "table", "inet", "dead"]);
        await LeadsAsync(box, "wan0", true);
        await Until.TrueAsync("the tunnel is back on the first WAN", BoxProcess.Soon, async () => (await SasAsync(box)).Contains(LabAddresses.BoxWan, StringComparison.Ordinal), () => box.Log);
        await Story.CarriesAgainAsync(lab, TimeSpan.FromSeconds(10));
        await Story.EchoesPassAsync(lab);
    }

    private static Task LeadsAsync(BoxProcess box, string wan, bool leads) => Until.TrueAsync(
        $"{wan} {(leads ? "leads somewhere" : "is silent")}", TimeSpan.FromSeconds(30), async () => (bool?)(await WanAsync(box, wan))!["leads"] == leads, () => box.Log);

    private static async Task<JsonNode?> WanAsync(BoxProcess box, string name) =>
        (await box.StatusAsync())["interfaces"]!.AsArray().Single(one => (string)one!["name"]! == name);

    private static async Task<string> SasAsync(BoxProcess box) => (await box.ConnectionAsync(StoryDocuments.Hub))["ikeSas"]!.ToJsonString();

    private static JsonObject Document(bool mobike)
    {
        var document = ApplianceConfig.Document(StoryDocuments.BoxEnd with { Mobike = mobike });
        var interfaces = document["interfaces"]!.AsArray();
        interfaces[0] = StoryDocuments.Box()["interfaces"]![0]!.DeepClone();
        interfaces[0]!["reach"] = new JsonArray(LabAddresses.InternetHost);
        interfaces.Insert(1, new JsonObject
        {
            ["name"] = "wan1",
            ["role"] = "wan",
            ["reach"] = new JsonArray(LabAddresses.InternetHost),
            ["ipv4"] = new JsonObject { ["method"] = "static", ["address"] = Second + "/24", ["gateway"] = SecondHop },
        });
        return document;
    }
}
