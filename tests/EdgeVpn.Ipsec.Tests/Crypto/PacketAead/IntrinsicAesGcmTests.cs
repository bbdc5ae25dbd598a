using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto.PacketAead;

public sealed class X86AesGcmTests : IntrinsicAesGcmTests<X86Aes>;

public sealed class ArmAesGcmTests : IntrinsicAesGcmTests<ArmAes>;

/// <summary>Our own AES-GCM on one processor's instructions, against published packets and against the library.</summary>
public abstract class IntrinsicAesGcmTests<TInstructions>
    where TInstructions : struct, IAesInstructions
{
    private const int BodyOffset = 16;

    protected IntrinsicAesGcmTests() => Assert.SkipUnless(TInstructions.IsSupported, $"this processor has no {TInstructions.Name}");

    [Fact]
    public void Packets_of_the_McGrew_draft_open_and_are_sealed_alike()
    {
        foreach (var vector in McGrewVectors.All)
        {
            var expected = vector.Packet;
            using var aead = new IntrinsicAesGcm<TInstructions>(vector.KeyAndSalt, 16, vector.IsExtended);
            var packet = (byte[])expected.Clone();
            Assert.True(aead.TryOpen(packet, vector.Sequence));
            Assert.Equal(vector.Plain, Hex.Of(packet.AsSpan()[BodyOffset..^16]));

            packet.AsSpan(^16..).Clear();
            aead.SealUnderIvOf(packet, packet.AsSpan()[BodyOffset..^16], vector.Sequence);
            Assert.Equal(Hex.Of(expected), Hex.Of(packet));
        }
    }

    [Theory]
    [InlineData(16, 16, false)]
    [InlineData(16, 12, true)]
    [InlineData(24, 16, true)]
    [InlineData(32, 16, false)]
    [InlineData(32, 16, true)]
    [InlineData(32, 12, false)]
    public void Every_length_gives_the_octets_of_the_library(int keyOctets, int icvOctets, bool extended)
    {
        var entropy = new SeededEntropy(keyOctets + icvOctets);
        var key = entropy.Octets(keyOctets + 4);
        using var ours = new IntrinsicAesGcm<TInstructions>(key, icvOctets, extended);
        using var theirs = BclAead.AesGcm(key, icvOctets, extended);
        var lengths = Enumerable.Range(1, 600).Concat([767, 768, 769, 1280, 1404, 1436, 1500, 4095, 4096, 4097, 8999, 9000]);
        foreach (var octets in lengths)
        {
            var sequence = entropy.NextUInt64();
            var inner = entropy.Octets(octets);
            byte[] packet = [.. entropy.Octets(BodyOffset), .. inner, .. new byte[icvOctets]];
            new EspHeader(entropy.NextUInt32(), (uint)sequence).Write(packet);
            var expected = (byte[])packet.Clone();
            theirs.Seal(expected, inner, sequence);
            ours.Seal(packet, packet.AsSpan(BodyOffset, octets), sequence);
            Assert.True(expected.AsSpan().SequenceEqual(packet), $"sealed in place, {octets} octets");

            byte[] elsewhere = [.. expected[..8], .. new byte[8 + octets + icvOctets]];
            var trailer = Math.Min(octets, octets % 19);
            inner.AsSpan(octets - trailer).CopyTo(elsewhere.AsSpan(BodyOffset + octets - trailer));
            ours.Seal(elsewhere, inner.AsSpan(0, octets - trailer), sequence);
            Assert.True(expected.AsSpan().SequenceEqual(elsewhere), $"sealed from elsewhere, {octets} octets, {trailer} of trailer");

            Assert.True(ours.TryOpen(packet, sequence), $"opened, {octets} octets");
            Assert.True(inner.AsSpan().SequenceEqual(packet.AsSpan(BodyOffset, octets)), $"opened, {octets} octets");
        }
    }

    [Fact]
    public void A_wrong_tag_leaves_only_zeros()
    {
        using var aead = new IntrinsicAesGcm<TInstructions>(new SeededEntropy(5).Octets(36), 16, false);
        foreach (var octets in (int[])[4, 16, 100, 128, 132, 1000])
        {
            var packet = new byte[BodyOffset + octets + 16];
            packet.AsSpan(BodyOffset, octets).Fill(0xAA);
            aead.Seal(packet, packet.AsSpan(BodyOffset, octets), 1);
            packet[^1] ^= 0x80;
            Assert.False(aead.TryOpen(packet, 1));
            Assert.Equal(-1, packet.AsSpan(BodyOffset, octets).IndexOfAnyExcept((byte)0));
        }
    }

    [Fact]
    public void Tags_of_8_octets_are_the_head_of_those_of_16()
    {
        var key = new SeededEntropy(6).Octets(36);
        using var eight = new IntrinsicAesGcm<TInstructions>(key, 8, false);
        using var sixteen = new IntrinsicAesGcm<TInstructions>(key, 16, false);
        var shorter = new byte[BodyOffset + 100 + 8];
        var longer = new byte[BodyOffset + 100 + 16];
        eight.Seal(shorter, shorter.AsSpan(BodyOffset, 100), 9);
        sixteen.Seal(longer, longer.AsSpan(BodyOffset, 100), 9);
        Assert.Equal(Hex.Of(longer.AsSpan()[..^8]), Hex.Of(shorter));
        shorter[^8] ^= 1;
        Assert.False(eight.TryOpen(shorter, 9));
    }

    /// <summary>Wycheproof's cases whose nonce is 12 octets and whose associated data fits one block, as ours always does.</summary>
    [Fact]
    public void Wycheproof_agrees()
    {
        var cases = Wycheproof.Read("aes_gcm_test.json").Where(test => test.Iv.Length == 12 && test.Associated.Length <= 16).ToArray();
        foreach (var test in cases)
        {
            var key = new AesGcmKey<TInstructions>(test.Key);
            Assert.True(test.IsValid == Opens(key, test), $"case {test.Id}: {test.Comment}");
            if (test.IsValid)
                Assert.True(Seals(key, test), $"case {test.Id}: {test.Comment}");
        }

        Assert.Contains(cases, test => !test.IsValid);
        Assert.True(cases.Length > 150, $"only {cases.Length} cases");
    }

    private static bool Opens(AesGcmKey<TInstructions> key, Wycheproof.Case test)
    {
        var data = (byte[])test.Cipher.Clone();
        var tag = Crypt<GcmOpens>(key, test, data);
        return CryptographicOperations.FixedTimeEquals(tag, test.Tag) && data.AsSpan().SequenceEqual(test.Message);
    }

    private static bool Seals(AesGcmKey<TInstructions> key, Wycheproof.Case test)
    {
        var data = (byte[])test.Message.Clone();
        var tag = Crypt<GcmSeals>(key, test, data);
        return data.AsSpan().SequenceEqual(test.Cipher) && tag.AsSpan().SequenceEqual(test.Tag);
    }

    private static byte[] Crypt<TDirection>(AesGcmKey<TInstructions> key, Wycheproof.Case test, byte[] data)
        where TDirection : struct, IGcmDirection
    {
        var associated = new byte[16];
        test.Associated.CopyTo(associated, 0);
        byte[] padded = [.. data, 0];
        var tag = AesGcmCore<TInstructions>.Crypt<TDirection>(
            key,
            Vector128.Create<byte>([.. test.Iv, 0, 0, 0, 0]),
            Vector128.Create(associated),
            test.Associated.Length,
            ref padded[0],
            0,
            ref padded[0],
            data.Length);
        padded.AsSpan(0, data.Length).CopyTo(data);
        var octets = new byte[16];
        tag.CopyTo(octets);
        return octets;
    }
}
