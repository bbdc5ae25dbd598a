using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A router on the way swallows large packets without a word: the box finds the size that passes, says so, and keeps to it.</summary>
[Trait("story", "black-hole")]
public sealed class BlackHoleStory
{
    private const int LongestOuterPacket = 1_400;
    private static readonly TimeSpan Search = TimeSpan.FromSeconds(90); // each silent size is asked three times

    [Fact]
    public async Task A_black_hole_is_found_to_the_octet_and_large_transfers_pass()
    {
        await using var lab = await Story.BeginAsync("black-hole");
        await lab.RunAsync(
            Node.Internet, ["nft", "-f", "-"],
            $"table inet hole {{\n  chain through {{\n    type filter hook forward priority 1;\n    meta length > {LongestOuterPacket} drop\n  }}\n}}\n");
        var gateway = new BoxProcess(lab, Node.Gateway);
        await gateway.StartAsync(StoryDocuments.Gateway());
        var box = new BoxProcess(lab, Node.Box);
        var document = StoryDocuments.Box();
        document.Connection(StoryDocuments.Hub)["probes"] = new JsonArray { new JsonObject { ["address"] = LabAddresses.CloudHost } };
        await box.StartAsync(document);
        await box.UpAsync(StoryDocuments.Hub);

        await Until.TrueAsync("the box gives the reason 42", Search, async () => await box.ReasonAsync(StoryDocuments.Hub) == 42, () => box.Log);
        await Until.TrueAsync("the log says it too", Search, () => box.Log.Contains("42 path-mtu-black-hole: ", StringComparison.Ordinal), () => box.Log);
        var tunnel = (await box.ConnectionAsync(StoryDocuments.Hub))["tunnel"]!;
        // AES-256-GCM as protocol 50: 20 of IP, 8 of ESP, 8 of IV, 2 of trailer, padding to four, 16 of ICV.
        var inner = ((LongestOuterPacket - 20 - 8 - 8 - 16) & ~3) - 2;
        Assert.Equal((inner, "probed both ways"), ((int)tunnel["mtu"]!, (string?)tunnel["pathMtuBy"]));
        Assert.InRange((int)tunnel["pathMtu"]!, LongestOuterPacket - 3, LongestOuterPacket);
        var link = await lab.RunAsync(Node.Box, ["ip", "-o", "link", "show", "dev", (string)tunnel["interface"]!]);
        Assert.Contains($" mtu {inner} ", link.Output, StringComparison.Ordinal);

        // Without the clamp the first full segment would vanish, and every copy of it.
        await Until.TrueAsync(
            "segments are clamped to what passes", TimeSpan.FromSeconds(15),
            async () => (await lab.RunAsync(Node.Box, ["nft", "list", "ruleset"])).Output.Contains($"{inner - 40}", StringComparison.Ordinal));
        var transfer = await Iperf.TcpAsync(lab, Node.BranchLan, Node.CloudLan, LabAddresses.CloudHost, TimeSpan.FromSeconds(2));
        Assert.True(transfer.ReceivedOctets > 1_000_000, $"only {transfer.ReceivedOctets} octets arrived");
    }
}
