using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Scenarios;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Engine;

/// <summary>A capture of our daemon with a strongSwan, read by tshark with the keys that our daemon exported.</summary>
[Trait("peer", "strongswan-6.0.1")]
public sealed class ExportedKeysTests
{
    [Theory]
    [InlineData("aes256gcm16-prfsha384-ecp384", "aes256-sha256-modp2048", false)]
    [InlineData("aes256-sha256-modp2048", "aes256gcm16-ecp384", true)]
    public async Task Tshark_reads_every_IKE_message_and_finds_every_ICV_good_across_rekeys(string ike, string esp, bool nat)
    {
        Requires.StrongSwan(StrongSwanRelease.Debian13);
        Requires.SecondReaders();
        await Requires.ApplianceAsync();
        var scenario = (Rows.Named("child-rekey") with { Internet = new InternetState { Nat = nat } }).With(ike, esp);
        await using var lab = await Lab.StartAsync($"exported-keys/{esp}", scenario.Internet);
        // What leaves together in one super-packet would be captured as one.
        foreach (var node in new[] { Node.Box, Node.Gateway }) await lab.RunAsync(node, ["ethtool", "-K", "wan0", "tx-udp-segmentation", "off", "gso", "off"]);
        await using var branch = new ApplianceEnd(lab, scenario.Branch, exportKeys: true);
        await using var cloud = new StrongSwan(lab, StrongSwanRelease.Debian13, scenario.Cloud);
        var captures = await Task.WhenAll(Capture.StartAsync(lab, WanLink.Branch), Capture.StartAsync(lab, WanLink.Cloud));
        await Task.WhenAll(branch.StartAsync(), cloud.StartAsync());
        Assert.True(await branch.InitiateAsync(), branch.Daemon!.Log());
        var stage = new Stage(lab, scenario, branch, cloud, captures[0], captures[1]);
        await stage.TrafficAsync();
        await stage.RekeyChildAsync(cloud);
        await stage.RekeyIkeAsync(branch);
        await stage.TrafficAsync();
        await branch.StopAsync();
        await captures[0].StopAsync();

        var (ikeKeys, espKeys) = ApplianceKeyFile.Read(branch.KeyFile);
        var verdict = await Tshark.CheckAsync(Path.Combine(lab.RunFolder, "wireshark"), captures[0].File, ikeKeys, espKeys);

        // IKE_AUTH, a child rekey and an IKE rekey with their deletes, and the delete at the end: two messages each at the least.
        Assert.True(verdict is { AllGood: true, IkeProtected: >= 12, Esp: >= 80 }, verdict + "\n" + string.Join('\n', verdict.Problems));
        Assert.Equal((2, 4), (ikeKeys.Length, espKeys.Length));
    }
}
