using System.Globalization;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>Runs when no other lab does: a peer that is starved of processor time loses packets of its own.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>New keys while numbered datagrams flow both ways: not one is lost.</summary>
/// <remarks>
/// charon takes ESP from a socket with the kernel's default buffer, some 270 datagrams. Where the machine keeps it waiting longer than that lasts,
/// the kernel drops there, before any key matters (stopped for 3 × 0.4 s on purpose: 646 lost, and 647 counted at its socket, IKE among them); so many are not ours.
/// </remarks>
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
        Assert.Equal(0, await UnreadAsync(lab)); // ours have room for seconds
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

    /// <summary>Datagrams for which the gateway's socket on port 4500 had no room, because nobody read it.</summary>
    private static async Task<int> UnreadAsync(Lab lab)
    {
        const string port = ":1194"; // 4500
        var sockets = (await lab.RunAsync(Node.Gateway, ["cat", "/proc/net/udp"])).Output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return sockets.Where(fields => fields.Length > 2 && fields[1].EndsWith(port, StringComparison.Ordinal)).Sum(fields => int.Parse(fields[^1], CultureInfo.InvariantCulture));
    }

    /// <summary>Where each kernel and each TUN lost packets, for who reads why one is missing.</summary>
    private static async Task NoteDropsAsync(Lab lab)
    {
        foreach (var node in (Node[])[Node.BranchLan, Node.Box, Node.Gateway, Node.CloudLan])
        {
            // The last column of udp counts what found the socket's buffer full; raw the same for protocol 50.
            await lab.TryRunAsync(node, ["cat", "/proc/net/udp", "/proc/net/raw"]);
            await lab.TryRunAsync(node, ["grep", "-E", "^(Ip|Udp):", "/proc/net/snmp"]);
            await lab.TryRunAsync(node, ["ip", "-s", "link"]);
        }
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
        await NoteDropsAsync(lab);
        var unread = await UnreadAsync(lab);
        Story.NothingLost(thereResult with { Lost = Math.Max(0, thereResult.Lost - unread) });
        Story.NothingLost(backResult);
    }
}
