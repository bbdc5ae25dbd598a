using System.Text;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A document whose body is too large for one message, and everything a broker can do to its pieces.</summary>
[Trait("story", "fleet")]
public sealed class LargeDocumentStory
{
    private static readonly string Topics = $"edgevpn/lyon/{FleetHome.Device}/";

    [Fact]
    public async Task A_document_of_a_hundred_kilobytes_is_applied_by_its_pieces_and_no_other_body_is_taken_for_it()
    {
        await using var lab = await Story.BeginAsync("fleet-large", fleet: true);
        await using var home = await FleetHome.MakeAsync(lab);
        var box = await FleetStory.EnrolledAsync(lab, home);
        await home.WantAsync(Large(secrets: 250));
        var applied = await home.RunAsync("apply", FleetHome.Device);
        Assert.True(applied.Ok, applied.ToString());
        await Story.EchoesPassAsync(lab);
        var pieces = await home.RetainedSizesAsync(Topics + "body/+");
        Assert.InRange(pieces.Values.Sum(), 100_000, TwinLimits.MaxBodyOctets);
        Assert.Equal(pieces.Count - 1, pieces.Values.Count(static length => length == TwinLimits.BodyPieceOctets));
        var first = await home.ReportAsync("it says what it took", static r => (string)r["state"]! == "confirmed");
        Assert.Equal(TwinLimits.MaxBodyOctets, (int)first["capabilities"]!["bodyOctets"]!);
        Assert.Equal((string)first["inForce"]!["sha256"]!, (string)first["sha256"]!);

        await using var stream = UdpStream.ToCloud(lab);
        var body = Encoding.UTF8.GetBytes(Large(secrets: 1_500).ToJsonString());
        var reference = BodyReference.To(body);
        await ReferAsync(2, reference with { Octets = TwinLimits.MaxBodyOctets + 1 });
        await RefusedAsync("too large", 2, "$.reference.octets");
        for (var piece = 0; piece < reference.Pieces; piece++) await PieceAsync(reference, piece, reference.Piece(body, piece).Span);
        await PieceAsync(reference, 1, reference.Piece(body, 1).Span[..^1]);
        await ReferAsync(3, reference);
        await RefusedAsync("truncated", 3, "$.reference");
        await PieceAsync(reference, 1, Encoding.UTF8.GetBytes(new string('x', TwinLimits.BodyPieceOctets)));
        await ReferAsync(4, reference);
        await RefusedAsync("swapped", 4, "$.reference.sha256");

        // Withheld: the box waits, and takes the next document at once.
        await ReferAsync(5, BodyReference.To("{}"u8));
        await home.ReportAsync("withheld", static r => (int)r["revision"]! == 5 && (string)r["state"]! == "received");
        await home.PublishAsync(Topics + "desired", home.Signed(6, "[]"), retain: true);
        await home.ReportAsync("overtaken", static r => (int)r["revision"]! == 6 && (string)r["state"]! == "refused");
        Assert.Equal(1, (int)(await box.StatusAsync())["configuration"]!["revision"]!);
        Story.NothingLost(await stream.FinishAsync());

        // What is on the disk is enough for a start without a broker, and a small document leaves no piece of its own behind.
        await box.Daemon.StopAsync();
        await home.StopBrokerAsync();
        await box.StartFromStateAsync();
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
        await home.StartBrokerAsync();
        var before = await home.RetainedSizesAsync(Topics + "body/+");
        await home.WantAsync(Large(secrets: 251));
        Assert.True((await home.RunAsync("apply", FleetHome.Device)).Ok);
        var own = (await home.RetainedSizesAsync(Topics + "body/+")).Keys.Except(before.Keys).ToArray();
        Assert.True(own.Length >= 4, string.Join(", ", own));
        var other = FleetStory.Document();
        other["device"]!["site"] = "Dijon";
        await home.WantAsync(other);
        var small = await home.RunAsync("rollout", "start", "--stages", "100", "--soak", "00:00:01");
        Assert.True(small.Ok, small.ToString());
        Assert.Empty((await home.RetainedSizesAsync(Topics + "body/+")).Keys.Intersect(own));

        Task ReferAsync(int revision, BodyReference to) => home.PublishAsync(Topics + "desired", home.Referring(revision, to), retain: true);

        async Task RefusedAsync(string what, int revision, string path)
        {
            var report = await home.ReportAsync(what, r => (int)r["revision"]! == revision && (string)r["state"]! == "refused");
            Assert.True(path == (string)report["problems"]![0]!["path"]!, $"{what}: {report.ToJsonString()}");
            Assert.Equal((52, 1), ((int)report["reason"]!["code"]!, (int)report["inForce"]!["revision"]!));
        }

        Task PieceAsync(BodyReference of, int piece, ReadOnlySpan<byte> octets) => home.PublishAsync($"{Topics}body/{of.NameOf(piece)}", Encoding.UTF8.GetString(octets), retain: true);
    }

    /// <summary>The story's document with secrets that no connection names yet; each is sealed on its way.</summary>
    private static JsonObject Large(int secrets)
    {
        var document = FleetStory.Document();
        for (var i = 0; i < secrets; i++) document["secrets"]![$"spare-{i:D4}"] = new JsonObject { ["psk"] = $"a-key-for-a-branch-to-come-{i:D4}" };
        return document;
    }
}
