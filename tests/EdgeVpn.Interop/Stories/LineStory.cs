using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>Faults of the line that look alike from inside a tunnel are told apart, in <c>why</c>, lights and log.</summary>
[Trait("story", "line")]
public sealed class LineStory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // a probe's three silences; a dead peer's retransmissions

    [Fact]
    public async Task A_line_that_eats_protocol_50_and_a_next_hop_that_died_have_codes_of_their_own()
    {
        await using var lab = await Story.BeginAsync("line");
        await lab.SetInternetAsync(new InternetState { EspBlocked = true });
        var gateway = new BoxProcess(lab, Node.Gateway);
        await gateway.StartAsync(StoryDocuments.Gateway());
        var box = new BoxProcess(lab, Node.Box);
        var document = StoryDocuments.Box();
        document.Connection(StoryDocuments.Hub)["probes"] = new JsonArray { new JsonObject { ["address"] = LabAddresses.CloudHost, ["interval"] = "00:00:01" } };
        await box.StartAsync(document);
        await box.UpAsync(StoryDocuments.Hub); // IKE passes
        await SaysAsync(box, "24 esp-blocked");
        Assert.Contains(await StepsAsync(box), static step => step is ("traffic", "failed"));

        await lab.SetInternetAsync(new InternetState());
        await Until.TrueAsync("the reason is gone with its cause", Patience, async () => await box.ReasonAsync(StoryDocuments.Hub) is null, () => box.Log);
        await Until.TrueAsync("the log says so", Patience, () => box.Log.Contains("over: 24 esp-blocked", StringComparison.Ordinal), () => box.Log);

        // The cable is in and the address is there: only the next hop does not answer any more.
        await lab.RunAsync(Node.Internet, ["ip", "link", "set", Lab.InternetInterface(WanLink.Branch), "arp", "off"]);
        await lab.RunAsync(Node.Box, ["ip", "neighbour", "flush", "dev", "wan0"]);
        await SaysAsync(box, "13 no-gateway");
        Assert.Contains(await StepsAsync(box), static step => step is ("gateway", "failed"));

        await lab.RunAsync(Node.Internet, ["ip", "link", "set", Lab.InternetInterface(WanLink.Branch), "arp", "on"]);
        await Until.TrueAsync("all is well", Patience, async () => await box.ReasonAsync(StoryDocuments.Hub) is null && !(await box.LightsAsync()).ContainsKey("code"), () => box.Log);
    }

    private static async Task SaysAsync(BoxProcess box, string reason)
    {
        var digits = reason[..2];
        await Until.TrueAsync($"why says {reason}", Patience, async () => await box.ReasonAsync(StoryDocuments.Hub) == int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture), () => box.Log);
        await Until.TrueAsync($"the lights have {digits}", Patience, async () => (await box.LightsAsync()).GetValueOrDefault("code") == digits, () => box.Log);
        await Until.TrueAsync($"the log says {reason}", Patience, () => box.Log.Contains($"{reason}: ", StringComparison.Ordinal), () => box.Log);
    }

    private static async Task<List<(string?, string?)>> StepsAsync(BoxProcess box)
    {
        var why = JsonNode.Parse((await box.CommandAsync("why", StoryDocuments.Hub, "--json")).Output)!;
        return [.. why["reports"]![0]!["steps"]!.AsArray().Select(static step => ((string?)step!["name"], (string?)step["result"]))];
    }
}
