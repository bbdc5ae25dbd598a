using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>Nothing protected leaves in clear: with the daemon, without it, and in between.</summary>
[Trait("story", "clear-text")]
public sealed class ClearTextStory
{
    [Fact]
    public Task A_killed_daemon_leaves_nothing_of_a_protected_network_on_the_wire() =>
        TellAsync("clear-text", LabAddresses.CloudHost, StoryDocuments.Box(), StoryDocuments.Gateway());

    [Fact]
    public Task A_killed_daemon_of_a_full_tunnel_lets_nothing_out_at_all()
    {
        var (box, gateway) = StoryDocuments.FullTunnel();
        return TellAsync("clear-text-full", LabAddresses.InternetHost, box, gateway);
    }

    private static async Task TellAsync(
        string name, string alsoProtected, JsonObject boxDocument, JsonObject gatewayDocument)
    {
        await using var lab = await Story.BeginAsync(name);
        var gateway = new BoxProcess(lab, Node.Gateway);
        await gateway.StartAsync(gatewayDocument);
        var box = new BoxProcess(lab, Node.Box);
        var capture = await Capture.StartAsync(lab, WanLink.Branch);
        await box.StartAsync(boxDocument);
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);

        await using (var there = UdpStream.ToCloud(lab))
        await using (var back = UdpStream.ToBranch(lab))
        {
            await Until.TrueAsync("both streams arrive", BoxProcess.Soon, () => there.Received > 100 && back.Received > 100);
            await box.KillAsync();
            var (received, sent) = (there.Received, there.Sent);
            await Until.TrueAsync("the branch keeps sending", BoxProcess.Soon, () => there.Sent > sent + 200);
            Assert.InRange(there.Received, received, received + 20); // what was under way: the tunnel is really gone
            await Ping.RunAsync(lab, Node.BranchLan, alsoProtected);
            await lab.TryRunAsync(Node.Box, ["ping", "-c", "3", "-i", "0.2", "-W", "1", "-I", LabAddresses.BoxLan, alsoProtected]); // the box, as one of the LAN

            await box.StartAsync(boxDocument);
            await box.UpAsync(StoryDocuments.Hub);
            received = there.Received;
            await Until.TrueAsync("the stream arrives again", BoxProcess.Soon, () => there.Received > received + 100);
            await box.Daemon.StopAsync();
            Assert.Equal(0, box.Daemon.ExitCode);
            sent = there.Sent;
            await Until.TrueAsync("the branch keeps sending", BoxProcess.Soon, () => there.Sent > sent + 100);
        }

        var packets = await capture.StopAsync();
        Assert.Empty(ClearText.Find(packets));
        Assert.True(packets.Count(Encrypted) > 300, $"only {packets.Count(Encrypted)} ESP packets in the capture");
    }

    private static bool Encrypted(CapturedPacket packet) => packet.Protocol == CapturedPacket.Esp || packet.IsEspInUdp;
}
