using System.Buffers.Binary;
using System.Collections.Immutable;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.SelfCheck;

/// <summary>tshark and scapy read what strongSwan sent, and say so when a key or an octet is wrong.</summary>
[Trait("peer", "self-check")]
public sealed class SecondReaderTests
{
    [Theory]
    [InlineData("aes256-sha256-modp1024", "aes256gcm16", "5.9.8")]
    [InlineData("aes256gcm16-prfsha384-ecp384", "aes256-sha256", "6.0.1")]
    [InlineData("aes128-sha1-modp2048", "aes128-sha1", "6.0.1")]
    public async Task Tshark_and_scapy_find_every_packet_of_strongSwan_good_and_a_spoiled_one_bad(string ike, string esp, string version)
    {
        var release = version == "5.9.8" ? StrongSwanRelease.Debian12 : StrongSwanRelease.Debian13;
        Requires.StrongSwan(release);
        await using var lab = await Lab.StartAsync($"self-check/second-reader-{esp}");
        var wan = await Capture.StartAsync(lab, WanLink.Branch);
        var branchEnd = TunnelEnd.Branch with { Ike = ike, Esp = esp };
        var (branch, _) = await StrongSwanTests.PairAsync(lab, release, branchEnd, TunnelEnd.Cloud with { Ike = ike, Esp = esp }, logKeys: true);
        Assert.True(await branch.InitiateAsync());
        Assert.Equal(10, (await Ping.RunAsync(lab, Node.BranchLan, LabAddresses.CloudHost, 10)).Received);
        var packets = await wan.StopAsync();
        var (ikeKeys, espKeys) = StrongSwanKeyLog.Read(branch.Log(), branchEnd, Assert.Single(await branch.SasAsync()));

        var verdict = await Tshark.CheckAsync(Path.Combine(lab.RunFolder, "wireshark"), wan.File, [ikeKeys], espKeys);
        Assert.True(verdict is { AllGood: true, IkeProtected: 2, Esp: 20 }, verdict + string.Join('\n', verdict.Problems));

        var spoiled = espKeys.Select(key => key with { EncryptionKey = Spoil(key.EncryptionKey), IntegrityKey = Spoil(key.IntegrityKey) });
        var wrong = await Tshark.CheckAsync(Path.Combine(lab.RunFolder, "wireshark"), wan.File, [ikeKeys with { IntegrityInitiator = Spoil(ikeKeys.IntegrityInitiator), EncryptionInitiator = Spoil(ikeKeys.EncryptionInitiator) }], spoiled);
        Assert.Equal((1, 0), (wrong.IkeGood, wrong.EspGood));

        foreach (var keys in espKeys) await ScapyAgreesAsync(keys, packets, udp: branch.AlwaysUdp);
    }

    private static async Task ScapyAgreesAsync(EspKeys keys, IEnumerable<CapturedPacket> packets, bool udp)
    {
        var sent = packets.Where(packet => (udp ? packet.IsEspInUdp : packet.Protocol == CapturedPacket.Esp) && packet.Source.ToString() == keys.Source)
            .Select(packet => packet.Payload.ToArray()).ToArray();
        Assert.Equal(10, sent.Length);

        var opened = await Scapy.OpenAsync(keys, sent, udp);
        Assert.All(opened, packet => Assert.Null(packet.Error));
        Assert.All(opened, packet => Assert.True(packet.Octets.AsSpan().IndexOf("EDGEVPN-IN-CLEAR"u8) > 0));

        // The same inner packet, sequence number and IV give the same octets.
        var iv = keys.Integrity.Length == 0 ? 8 : 16;
        var again = await Scapy.SealAsync(keys, opened.Zip(sent, (inner, octets) =>
            new ScapyPlain(inner.Octets!, BinaryPrimitives.ReadUInt32BigEndian(octets.AsSpan(4)), octets[8..(8 + iv)])), udp);
        Assert.Equal(sent, again.Select(packet => packet.Octets));

        foreach (var octets in sent) octets[^1] ^= 1;
        Assert.All(await Scapy.OpenAsync(keys, sent, udp), packet => Assert.NotNull(packet.Error));
    }

    private static ImmutableArray<byte> Spoil(ImmutableArray<byte> key) =>
        key.IsEmpty ? key : key.SetItem(0, (byte)(key[0] ^ 1));
}
