using System.Text;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>What a broker may deliver that is no configuration: every problem is named, nothing changes, traffic goes on.</summary>
[Trait("story", "bad-documents")]
public sealed class BadDocumentsStory
{
    private static readonly TwinAddress Twin = TwinAddress.Lyon;

    [Fact]
    public async Task Documents_that_are_none_are_refused_with_their_problems_and_nothing_else_happens()
    {
        await using var lab = await Story.BeginAsync("bad-documents", fleet: true);
        await using var broker = new Mosquitto(lab);
        await broker.StartAsync();
        await new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway());
        var box = new BoxProcess(lab, Node.Box);
        await box.StartFromCloudAsync(Twin);
        var good = await new FleetTool(lab, Twin).PublishAsync(StoryDocuments.Box().Managed(Twin));
        Assert.True(good.ExitCode == 0, good.ToString());
        await Story.EchoesPassAsync(lab);
        await using var stream = UdpStream.ToCloud(lab);

        // Not even documents: the box says so of the last one, and counts.
        await DiscardedAsync(broker, "{ \"fleet\": \"lyon\", ", "unreadable", 1);
        await DiscardedAsync(broker, Envelope(2, "{ \"schema\": 1 }") + new string(' ', TwinLimits.MaxDesiredOctets), "oversized", 2);
        await DiscardedAsync(broker, Envelope(2, new string('[', 60) + new string(']', 60)), "unreadable", 3);

        // Documents with a wrong body: refused, each problem with its place.
        var unknown = StoryDocuments.Box().Managed(Twin);
        unknown.Connection(StoryDocuments.Hub)["trafficSelector"] = "any";
        unknown["device"]!["nmae"] = "x";
        Assert.Equal(["$.body.connections[0].trafficSelector", "$.body.device.nmae"], await RefusedAsync(broker, 2, unknown.ToJsonString()));
        var contradictory = StoryDocuments.Box().Managed(Twin);
        contradictory.Connection(StoryDocuments.Hub)["authentication"]!["secret"] = "nowhere";
        contradictory.Connection(StoryDocuments.Hub)["ike"]!["proposals"] = new JsonArray("aes256-sha256");
        contradictory["interfaces"]![1]!["name"] = "wan0";
        Assert.Equal(
            ["$.body.connections[0].authentication.secret", "$.body.connections[0].ike.proposals[0]", "$.body.interfaces[1].name"],
            await RefusedAsync(broker, 3, contradictory.ToJsonString()));

        await box.LightAsync("cloud", "fast blink");
        var inForce = (await box.StatusAsync())["configuration"]!;
        Assert.Equal(1, (int)inForce["revision"]!);
        Story.NothingLost(await stream.FinishAsync());
    }

    private static async Task DiscardedAsync(Mosquitto broker, string message, string cause, int count)
    {
        await broker.PublishAsync(Twin.Topic("desired"), message);
        var discarded = await ReportedAsync(broker, $"discarded message {count}", report => (int?)report["discarded"]?["count"] == count);
        Assert.Equal(cause, (string)discarded["discarded"]!["cause"]!);
        Assert.NotEmpty(discarded["discarded"]!["problems"]!.AsArray());
        Assert.Equal("confirmed", (string)discarded["state"]!);
    }

    /// <returns>The places of its problems, in order.</returns>
    private static async Task<IEnumerable<string>> RefusedAsync(Mosquitto broker, int revision, string body)
    {
        await broker.PublishAsync(Twin.Topic("desired"), Envelope(revision, body), retain: true);
        var report = await ReportedAsync(broker, $"revision {revision} is refused", report => (int)report["revision"]! == revision && (string)report["state"]! == "refused");
        Assert.Equal(52, (int)report["reason"]!["code"]!);
        Assert.Equal(1, (int)report["inForce"]!["revision"]!);
        return report["problems"]!.AsArray().Select(problem => (string)problem!["path"]!).Order(StringComparer.Ordinal);
    }

    private static async Task<JsonObject> ReportedAsync(Mosquitto broker, string what, Func<JsonObject, bool> isIt)
    {
        JsonObject? last = null;
        return await Until.SomethingAsync(what, BoxProcess.Soon, async () =>
        {
            var message = await broker.NextAsync(Twin.Topic("reported"), TimeSpan.FromSeconds(2));
            last = message is null ? last : JsonNode.Parse(message)!.AsObject();
            return last is not null && isIt(last) ? last : null;
        }, () => last?.ToJsonString() ?? "nothing");
    }

    private static string Envelope(int revision, string body) => Encoding.UTF8.GetString(new DesiredDocument
    {
        Recipient = new TwinIdentity(Twin.Fleet, Twin.Device),
        Version = new DocumentVersion(1, revision),
        Schema = DesiredDocument.CurrentSchema,
        IssuedAt = DateTimeOffset.UtcNow,
        Body = Encoding.UTF8.GetBytes(body),
    }.ToJson());
}
