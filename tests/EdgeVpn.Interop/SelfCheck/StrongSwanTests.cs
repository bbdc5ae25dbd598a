using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.SelfCheck;

/// <summary>What the rows do not show of strongSwan: its versions, raw ESP, certificates, childless IKE.</summary>
[Trait("peer", "self-check")]
public sealed class StrongSwanTests
{
    [Theory, InlineData("5.9.8"), InlineData("6.0.1")]
    public async Task The_running_daemon_is_the_version_the_results_name(string version)
    {
        var release = version == "5.9.8" ? StrongSwanRelease.Debian12 : StrongSwanRelease.Debian13;
        Requires.StrongSwan(release);
        await using var lab = await Lab.StartAsync($"self-check/version-{version}");
        var charon = new StrongSwan(lab, release, TunnelEnd.Cloud);
        await charon.StartAsync();
        Assert.Contains($"strongSwan {version}", await charon.DaemonVersionAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_of_Debian_13_speak_protocol_50_without_nat_and_udp_4500_with_it()
    {
        Requires.StrongSwan(StrongSwanRelease.Debian13);
        foreach (var nat in new[] { false, true })
        {
            await using var lab = await Lab.StartAsync($"self-check/raw-esp-nat-{nat}", new InternetState { Nat = nat });
            var wan = await Capture.StartAsync(lab, WanLink.Branch);
            var (branch, cloud) = await PairAsync(lab, StrongSwanRelease.Debian13, TunnelEnd.Branch, TunnelEnd.Cloud);
            Assert.True(await branch.InitiateAsync());
            Assert.Equal(10, (await Ping.RunAsync(lab, Node.BranchLan, LabAddresses.CloudHost, 10)).Received);
            var packets = await wan.StopAsync();
            Assert.Equal(nat ? 0 : 20, packets.Count(packet => packet.Protocol == CapturedPacket.Esp));
            Assert.Equal(nat ? 20 : 0, packets.Count(packet => packet.IsEspInUdp));
            Assert.Equal(nat, packets.Any(packet => packet.IsUdpOn(4500)));
            Assert.Equal(nat, Assert.Single((await cloud.SasAsync()).Children()).IsUdpEncapsulated);
        }
    }

    [Fact]
    public async Task Certificates_of_one_authority_are_accepted_and_of_another_refused()
    {
        Requires.StrongSwan(StrongSwanRelease.Debian12);
        using var pki = new LabPki();
        using var other = new LabPki();
        await using var lab = await Lab.StartAsync("self-check/certificates");
        var (branch, cloud) = await PairAsync(lab, StrongSwanRelease.Debian12,
            TunnelEnd.Branch with { Authentication = pki.Issue("branch.lab") }, TunnelEnd.Cloud with { Authentication = pki.Issue("cloud.lab") });
        Assert.True(await branch.InitiateAsync());
        Assert.True(await Ping.AnswersAsync(lab, Node.BranchLan, LabAddresses.CloudHost));

        await branch.StopAsync();
        await using var stranger = new StrongSwan(lab, StrongSwanRelease.Debian12, TunnelEnd.Branch with { Authentication = other.Issue("branch.lab") });
        await stranger.StartAsync();
        Assert.False(await stranger.InitiateAsync());
        Assert.Equal("AUTHENTICATION_FAILED", (await cloud.FaultAsync())?.Notify);
    }

    [Fact]
    public async Task A_childless_IKE_SA_has_no_child_until_one_is_asked_for()
    {
        Requires.StrongSwan(StrongSwanRelease.Debian12);
        await using var lab = await Lab.StartAsync("self-check/childless");
        var (branch, cloud) = await PairAsync(lab, StrongSwanRelease.Debian12, TunnelEnd.Branch with { Childless = true }, TunnelEnd.Cloud with { Childless = true });
        Assert.True(await branch.InitiateIkeAsync());
        Assert.Empty(Assert.Single((await branch.SasAsync()).Established()).Children);
        Assert.Empty(Assert.Single((await cloud.SasAsync()).Established()).Children);
        Assert.True(await branch.InitiateAsync());
        Assert.Single(Assert.Single((await cloud.SasAsync()).Established()).Children);
    }

    internal static async Task<(StrongSwan Branch, StrongSwan Cloud)> PairAsync(Lab lab, StrongSwanRelease release, TunnelEnd branchEnd, TunnelEnd cloudEnd, bool logKeys = false)
    {
        var branch = new StrongSwan(lab, release, branchEnd, logKeys);
        var cloud = new StrongSwan(lab, release, cloudEnd, logKeys);
        await Task.WhenAll(branch.StartAsync(), cloud.StartAsync());
        return (branch, cloud);
    }
}
