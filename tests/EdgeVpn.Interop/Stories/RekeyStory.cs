using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>Runs when no other lab does: a peer that is starved of processor time loses packets of its own.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>New keys while numbered datagrams flow both ways: not one is lost.</summary>
[Trait("story", "rekey")]
[Collection(nameof(Alone))]
public sealed class RekeyStory
{
    private const int ChildRekeys = 10, IkeRekeys = 3;

    [Fact]
    public async Task Rekeys_between_two_of_us_lose_no_packet()
    {
        await using var lab = await Story.BeginAsync("rekey");
        var (box, _) = await Story.StartBothAsync(lab);
        await RekeyAsync(lab, box);
    }

    [Fact]
    public async Task Rekeys_with_strongSwan_lose_no_packet()
    {
        Requires.StrongSwan(StrongSwanRelease.Debian12);
        await using var lab = await Story.BeginAsync("rekey-strongswan");
        await using var gateway = new StrongSwan(lab, StrongSwanRelease.Debian12, StoryDocuments.GatewayEnd);
        await gateway.StartAsync();
        var box = new BoxProcess(lab, Node.Box);
        await box.StartAsync(StoryDocuments.Box());
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
        await RekeyAsync(lab, box);
        var sa = Assert.Single(await gateway.SasAsync(), sa => sa.IsEstablished);
        Assert.Single(sa.Children, child => child.IsInstalled);
    }

    private static async Task RekeyAsync(Lab lab, BoxProcess box)
    {
        await using var there = UdpStream.ToCloud(lab, packetsPerSecond: 1_000);
        await using var back = UdpStream.ToBranch(lab, packetsPerSecond: 1_000);
        var (children, ikeSas) = (new HashSet<string>(), new HashSet<string>());
        for (var i = 0; i < ChildRekeys; i++)
        {
            (await box.CommandAsync("rekey", "--child", StoryDocuments.Hub)).Checked();
            if (i % 4 == 0 && i / 4 < IkeRekeys) (await box.CommandAsync("rekey", "--ike", StoryDocuments.Hub)).Checked();
            var connection = await box.ConnectionAsync(StoryDocuments.Hub);
            children.UnionWith(connection["childSas"]!.AsArray().Select(child => (string)child!["inboundSpi"]!));
            ikeSas.UnionWith(connection["ikeSas"]!.AsArray().Select(sa => (string)sa!["initiatorSpi"]!));
        }

        Assert.InRange(children.Count, ChildRekeys, int.MaxValue);
        Assert.InRange(ikeSas.Count, IkeRekeys, int.MaxValue);
        var (thereResult, backResult) = (await there.FinishAsync(), await back.FinishAsync());
        lab.Journal($"there {thereResult}\nback {backResult}\n");
        Story.NothingLost(thereResult);
        Story.NothingLost(backResult);
    }
}
