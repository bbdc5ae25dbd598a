using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Traffic;
using EdgeVpn.Ipsec.Esp;
using Xunit;

namespace EdgeVpn.Interop.Engine;

/// <summary>Our ESP against two implementations that share no line with it: scapy both ways, tshark as a reader. Needs no root.</summary>
[Trait("peer", "scapy")]
public sealed class SecondImplementationTests
{
    /// <summary>Encryption, integrity, ESN. scapy 2.5 does ESN with GCM only: with a separate integrity algorithm it leaves the upper half out of the ICV.</summary>
    public static TheoryData<string, string, bool> Suites => new()
    {
        { "aes128gcm16", "", false }, { "aes192gcm16", "", true }, { "aes256gcm16", "", false }, { "aes256gcm16", "", true },
        { "aes128", "sha1", false }, { "aes192", "sha384", false }, { "aes256", "sha256", false }, { "aes256", "sha512", false },
    };

    [Theory, MemberData(nameof(Suites))]
    public async Task Scapy_opens_what_we_seal(string encryption, string integrity, bool extended)
    {
        Requires.SecondReaders();
        var sample = EspSample.Of(encryption, integrity, extended, seed: 1);
        var inners = EspSample.Inners();
        var opened = await Scapy.OpenAsync(sample.Keys, sample.Seal(inners), esnHigh: extended ? 0 : null);
        Assert.All(opened, packet => Assert.Null(packet.Error));
        Assert.Equal(inners, opened.Select(packet => packet.Octets!));
    }

    [Theory, MemberData(nameof(Suites))]
    public async Task We_open_what_scapy_seals_once_and_nothing_that_was_changed(string encryption, string integrity, bool extended)
    {
        Requires.SecondReaders();
        var sample = EspSample.Of(encryption, integrity, extended, seed: 2);
        var inners = EspSample.Inners();
        var random = new Random(3);
        var plain = inners.Select((inner, at) =>
        {
            var iv = new byte[sample.Parameters.Suite.IvOctets];
            random.NextBytes(iv);
            return new ScapyPlain(inner, (uint)at + 1, iv);
        });
        var sealedByScapy = await Scapy.SealAsync(sample.Keys, plain, esnHigh: extended ? 0 : null);
        using var inbound = EspSaFactory.Default.Inbound(sample.Parameters, EspSelectors.Any);
        foreach (var (packet, inner) in sealedByScapy.Zip(inners))
        {
            Assert.Null(packet.Error);
            var changed = packet.Octets!.ToArray();
            changed[random.Next(8, changed.Length)] ^= (byte)(1 << random.Next(8));
            Assert.Equal(EspRefusal.IcvMismatch, inbound.Open(changed, out _, out _));
            var octets = packet.Octets!.ToArray();
            Assert.Equal(EspRefusal.None, inbound.Open(octets, out var offset, out var length));
            Assert.Equal(inner, octets[offset..(offset + length)]);
            Assert.Equal(EspRefusal.Replayed, inbound.Open(packet.Octets!.ToArray(), out _, out _));
        }
    }

    [Theory]
    [InlineData("aes128gcm16", "")]
    [InlineData("aes256gcm16", "")]
    [InlineData("aes128", "sha1")]
    [InlineData("aes256", "sha256")]
    [InlineData("aes256", "sha512")]
    public async Task Tshark_finds_every_ICV_of_ours_good(string encryption, string integrity)
    {
        Requires.SecondReaders();
        var sample = EspSample.Of(encryption, integrity, extended: false, seed: 4);
        var packets = sample.Seal(EspSample.Inners());
        var folder = Path.Combine(LabFolders.Artifacts, "interop", "second-implementation", $"{encryption}{integrity}");
        Directory.CreateDirectory(folder);
        var capture = Path.Combine(folder, "ours.pcap");
        PcapFile.Write(capture, packets.Select(EspSample.Outer));
        var verdict = await Tshark.CheckAsync(Path.Combine(folder, "wireshark"), capture, [], [sample.Keys]);
        Assert.True(verdict.AllGood && verdict.EspGood == packets.Length, verdict + string.Join('\n', verdict.Problems));
    }
}
