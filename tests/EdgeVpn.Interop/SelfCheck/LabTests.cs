using System.Net;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.SelfCheck;

/// <summary>The lab itself: it cleans up, and its instruments see what they are there to see.</summary>
[Trait("peer", "self-check")]
public sealed class LabTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Nothing_is_left_of_a_lab_that_ended()
    {
        Requires.Lab();
        var lab = await Lab.StartAsync("self-check/ends");
        var daemon = lab.Start(Node.Box, new DaemonSetup { Name = "sleeper", Command = ["sleep", "600"] });
        await lab.DisposeAsync();
        Assert.False(daemon.IsRunning);
        Assert.Empty(TracesOf(lab.Id));
    }

    [Fact]
    public async Task A_kept_lab_outlives_its_owner_until_it_is_ended()
    {
        Requires.Lab();
        var lab = await Lab.StartAsync("self-check/kept");
        await lab.KeepAsync();
        await lab.DisposeAsync();
        Assert.DoesNotContain(lab.Id, await Janitor.SweepAsync());
        Assert.NotEmpty(TracesOf(lab.Id));

        Assert.True(await KeptLab.EndAsync(lab.Id));

        Assert.Empty(TracesOf(lab.Id));
        Assert.False(await KeptLab.EndAsync(lab.Id));
    }

    [Fact]
    public async Task What_a_killed_run_left_is_swept_and_a_living_lab_stays()
    {
        Requires.Lab();
        await using var living = await Lab.StartAsync("self-check/living");

        // As a killed run leaves it: namespaces, a process and files, and a lock that nobody holds. Until it is all there the lock is held: sweeps of other tests
        // and of other runs look at every lab of this machine, and any of them may be the one that takes this one down.
        var dead = $"dead{Environment.ProcessId:x}";
        Assert.True(LabFolders.TryLock(dead, out var owner));
        var netns = $"{LabFolders.NamespacePrefix}{dead}-box";
        (await Tool.RunAsync(["ip", "netns", "add", netns])).Checked();
        Directory.CreateDirectory(LabFolders.RunFolder(dead));
        var orphan = Daemon.Start(netns, new DaemonSetup { Name = "orphan", Command = ["sleep", "600"] }, Path.Combine(LabFolders.RunFolder(dead), "run"), Path.Combine(living.EvidenceFolder, "orphan.log"));
        await Until.TrueAsync("the orphan is inside", Soon, async () => (await Tool.RunAsync(["ip", "netns", "pids", netns])).Output.Contains($"{orphan.ProcessId}", StringComparison.Ordinal));

        Assert.DoesNotContain(dead, await Janitor.SweepAsync());
        Assert.True(orphan.IsRunning);

        await owner.DisposeAsync();
        await Janitor.SweepAsync();

        await Until.TrueAsync("the orphan is dead and nothing is left", Soon, () => !orphan.IsRunning && !TracesOf(dead).Any());
        Assert.True(await Ping.AnswersAsync(living, Node.Box, LabAddresses.GatewayWan));
    }

    [Fact]
    public async Task A_clear_packet_on_the_wan_is_found_by_its_address_and_behind_nat_by_its_mark()
    {
        Requires.Lab();
        await using var lab = await Lab.StartAsync("self-check/clear-text");
        var wan = await Capture.StartAsync(lab, WanLink.Branch);
        Assert.True(await Ping.AnswersAsync(lab, Node.Box, LabAddresses.InternetBranchSide));
        await lab.RunAsync(Node.Box, ["nft", "-f", "-"], "table ip nat {\n chain post {\n type nat hook postrouting priority srcnat;\n ip daddr 198.51.100.1 masquerade\n }\n}\n");
        Assert.True(await Ping.AnswersAsync(lab, Node.BranchLan, LabAddresses.InternetHost));
        Assert.False(await Ping.AnswersAsync(lab, Node.BranchLan, LabAddresses.CloudHost));

        var packets = await wan.StopAsync();
        var clear = ClearText.Find(packets.Where(packet => packet.Protocol == CapturedPacket.Icmp));
        var byAddress = clear.Where(packet => packet.Destination.Equals(IPAddress.Parse(LabAddresses.CloudHost)) && packet.Source.Equals(IPAddress.Parse(LabAddresses.BranchHost)));
        var byMark = clear.Where(packet => packet.Source.Equals(IPAddress.Parse(LabAddresses.BoxWan)) && packet.Destination.Equals(IPAddress.Parse(LabAddresses.InternetHost)));
        Assert.NotEmpty(byAddress);
        Assert.NotEmpty(byMark);
    }

    [Fact]
    public async Task A_numbered_stream_counts_every_datagram_that_the_router_drops()
    {
        Requires.Lab();
        await using var lab = await Lab.StartAsync("self-check/stream");
        await using (var whole = UdpStream.Start(lab, Node.Box, LabAddresses.BoxWan, Node.Gateway, LabAddresses.GatewayWan))
        {
            await Until.TrueAsync("a hundred arrive", Soon, () => whole.Received >= 100);
            Assert.True(await whole.FinishAsync() is { Lost: 0, Duplicated: 0, Reordered: 0, Corrupted: 0, Refused: 0 });
        }

        await lab.SetInternetAsync(new InternetState { LossPercent = 50 });
        await using var holed = UdpStream.Start(lab, Node.Box, LabAddresses.BoxWan, Node.Gateway, LabAddresses.GatewayWan);
        await Until.TrueAsync("two hundred are sent", Soon, () => holed.Sent >= 200);
        var result = await holed.FinishAsync();
        Assert.Equal(await lab.DroppedAsync("loss"), result.Lost);
        Assert.Equal(result.Sent, result.Received + result.Lost);
        Assert.InRange(result.Lost, 50, result.Sent - 50);
    }

    [Fact]
    public async Task A_pulled_cable_takes_the_carrier_and_comes_back_with_both_address_families()
    {
        Requires.Lab();
        await using var lab = await Lab.StartAsync("self-check/cable");
        await lab.PullCableAsync(WanLink.Branch);
        await Until.TrueAsync("no carrier at the box", Soon, async () => (await lab.RunAsync(Node.Box, ["ip", "link", "show", "wan0"])).Output.Contains("NO-CARRIER", StringComparison.Ordinal));
        await lab.PlugCableAsync(WanLink.Branch);
        await Until.TrueAsync("IPv4 is back", Soon, () => Ping.AnswersAsync(lab, Node.Box, LabAddresses.GatewayWan));
        await Until.TrueAsync("the router answers over IPv6", Soon, () => Ping.AnswersAsync(lab, Node.Gateway, LabAddresses.InternetBranchSide6));
    }

    [Fact]
    public async Task A_blocked_port_drops_and_counts_and_nat_hides_the_branch()
    {
        Requires.Lab();
        await using var lab = await Lab.StartAsync("self-check/internet", new InternetState { Nat = true, BlockedUdpPorts = [4500] });
        var cloud = await Capture.StartAsync(lab, WanLink.Cloud);
        Assert.True(await Ping.AnswersAsync(lab, Node.Box, LabAddresses.GatewayWan));
        using (var socket = NetnsSockets.Udp(lab, Node.Box, IPAddress.Parse(LabAddresses.BoxWan)))
            await socket.SendToAsync(new byte[] { 1 }, new IPEndPoint(IPAddress.Parse(LabAddresses.GatewayWan), 4500));
        Assert.Equal(1, await lab.DroppedAsync("blocked"));
        await Until.TrueAsync("the translated echo was captured", Soon, () => cloud.Packets().Any(packet => packet.Source.ToString() == LabAddresses.InternetCloudSide));
        var packets = await cloud.StopAsync();
        Assert.DoesNotContain(packets, packet => packet.IsUdpOn(4500) || packet.Source.ToString() == LabAddresses.BoxWan);
    }

    [Fact]
    public async Task Iperf_and_a_checked_copy_go_through_a_tunnel()
    {
        Requires.StrongSwan(StrongSwanRelease.Debian12);
        await using var lab = await Lab.StartAsync("self-check/load");
        var (branch, _) = await StrongSwanTests.PairAsync(lab, StrongSwanRelease.Debian12, TunnelEnd.Branch, TunnelEnd.Cloud);
        Assert.True(await branch.InitiateAsync());
        var copy = await BulkCopy.ToCloudAsync(lab, 4 << 20, seed: 1, within: TimeSpan.FromSeconds(30));
        Assert.Equal((4 << 20, copy.SentSha256), (copy.Octets, copy.ReceivedSha256));
        var tcp = await Iperf.TcpAsync(lab, Node.BranchLan, Node.CloudLan, LabAddresses.CloudHost, TimeSpan.FromSeconds(1));
        Assert.True(tcp.ReceivedOctets > 100_000, tcp.ToString());
        var udp = await Iperf.UdpAsync(lab, Node.BranchLan, Node.CloudLan, LabAddresses.CloudHost, TimeSpan.FromSeconds(1), megabitsPerSecond: 1, payloadOctets: 1000);
        Assert.True(udp.ReceivedOctets > 50_000, udp.ToString());
        var child = Assert.Single((await branch.SasAsync()).Children());
        Assert.True(child.OctetsOut > copy.Octets + tcp.ReceivedOctets + udp.ReceivedOctets, child.ToString());
    }

    private static IEnumerable<string> TracesOf(string id) =>
        Directory.GetFiles("/run/netns").Concat(Directory.GetFileSystemEntries(LabFolders.Root)).Where(path => path.Contains(id, StringComparison.Ordinal));
}
