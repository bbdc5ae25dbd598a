using System.Text.Json.Nodes;
using EdgeVpn.Guides;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>The tunnels of the guides, from the very files that are printed there.</summary>
[Trait("story", "guides")]
public sealed class GuideStory
{
    private const string Hub = "hub";

    [Fact]
    public async Task The_box_of_the_strongSwan_guide_meets_its_gateway()
    {
        Requires.StrongSwan(StrongSwanRelease.Debian12);
        var guide = Guide.Read("strongswan.md");
        await using var lab = await Story.BeginAsync("guide-strongswan");
        await using var gateway = new StrongSwan(lab, StrongSwanRelease.Debian12, new TunnelEnd
        {
            Node = Node.Gateway,
            LocalAddress = LabAddresses.GatewayWan,
            RemoteAddress = "%any",
            Identity = "cloud.example",
            PeerIdentity = "branch.example",
            LocalSelectors = [LabAddresses.CloudNetwork],
            RemoteSelectors = [LabAddresses.BranchNetwork],
        })
        { Written = guide.Files["swanctl.conf"] };
        await gateway.StartAsync();
        var box = new BoxProcess(lab, Node.Box);
        await box.StartAsync(Document(guide, "config.json"));
        await box.UpAsync(Hub);
        await Story.EchoesPassAsync(lab);
        (await box.CommandAsync("rekey", "--child", Hub)).Checked();
        await Story.EchoesPassAsync(lab);
    }

    [Fact]
    public async Task The_two_boxes_of_the_guide_meet()
    {
        var guide = Guide.Read("box-to-box.md");
        await using var lab = await Story.BeginAsync("guide-boxes");
        var hub = new BoxProcess(lab, Node.Gateway);
        await hub.StartAsync(Document(guide, "hub.json"));
        var branch = new BoxProcess(lab, Node.Box);
        await branch.StartAsync(Document(guide, "config.json"));
        await branch.UpAsync(Hub);
        await Story.EchoesPassAsync(lab);
        (await branch.CommandAsync("why", Hub)).Checked();
    }

    private static JsonObject Document(Guide guide, string file) => JsonNode.Parse(guide.Files[file])!.AsObject();
}
