using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto.PacketAead;

/// <summary>ESP packets that others published, opened and, where our IV is free to be theirs, sealed.</summary>
public sealed class VectorTests
{
    private const int GcmBodyOffset = 16;

    [Fact]
    public void Gcm_packets_of_the_McGrew_draft_open_with_the_library()
    {
        foreach (var vector in McGrewVectors.All)
        {
            using var aead = BclAead.AesGcm(vector.KeyAndSalt, 16, vector.IsExtended);
            AssertOpens(aead, vector.Packet, vector.Sequence, GcmBodyOffset, 16, vector.Plain);
        }
    }

    /// <summary>RFC 7634 appendix A: an ICMP echo in tunnel mode.</summary>
    [Fact]
    public void ChaCha20Poly1305_packet_of_RFC_7634_appendix_A_opens()
    {
        var plain =
            "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" +
            "202122232425262728292a2b2c2d2e2f303132333435363701020204";
        var packet = Hex.Octets(
            "01020304 00000005 1011121314151617" +
            "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb61aa95dfab4c02f7" +
            "2aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da9165b82829f641e0" +
            "76aaa8266b7fb0f7b11b369907e1ad43");
        using var aead = BclAead.ChaCha20Poly1305(
            Hex.Octets("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f a0a1a2a3"), extendedSequenceNumbers: false);
        AssertOpens(aead, packet, sequence: 5, GcmBodyOffset, 16, plain);
    }

    /// <summary>The echo of RFC 7634 appendix A under RFC 4543, by scapy 2.6.1; keys with their salts count up from 80. RFC 4543 itself prints none.</summary>
    [Theory]
    [InlineData(16, false, 1ul, "0000000000000001", "206555b0d2fdd78810056efc35b68de0")]
    [InlineData(24, false, 1ul, "0000000000000001", "4b21b8210c1d9d2e1c5a1f6507ff6acf")]
    [InlineData(32, false, 1ul, "0000000000000001", "19ae2783300071597252e13dc7203d85")]
    [InlineData(32, true, 0x5_0000_0007ul, "0000000500000007", "ec3cec9cb90fc7a2ed6ddb10aabb7ed0")]
    [InlineData(16, false, 5ul, "1011121314151617", "0150337116f1feb0b99325dee54addaa")]
    public void Gmac_packets_of_a_second_implementation_open_and_are_sealed_alike(int keyOctets, bool extended, ulong sequence, string iv, string icv)
    {
        var plain =
            "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" +
            "202122232425262728292a2b2c2d2e2f303132333435363701020204";
        var packet = Hex.Octets("01020304" + ((uint)sequence).ToString("x8") + iv + plain + icv);
        using var aead = new BclAesGmac([.. Enumerable.Range(0x80, keyOctets + 4).Select(static value => (byte)value)], extended);
        AssertOpens(aead, (byte[])packet.Clone(), sequence, GcmBodyOffset, 16, plain);
        if (Convert.ToUInt64(iv, 16) != sequence) return; // ours is the sequence number
        var ours = (byte[])packet.Clone();
        ours.AsSpan(8, 8).Clear();
        ours.AsSpan()[^16..].Clear();
        aead.Seal(ours, ours.AsSpan(GcmBodyOffset, 84), sequence);
        Assert.Equal(Hex.Of(packet), Hex.Of(ours));
    }

    /// <summary>The ICV by BouncyCastle's own AES and GHASH, over what RFC 4543 §3.3 and §3.4 list. (Wycheproof has no case of GMAC.)</summary>
    [Theory, InlineData(16), InlineData(24), InlineData(32)]
    public void Gmac_agrees_with_another_library_at_every_length(int keyOctets)
    {
        var random = new Random(keyOctets);
        for (var body = 4; body <= 1_504; body += body < 80 ? 4 : 100)
        {
            foreach (var extended in (bool[])[false, true])
            {
                var (keyAndSalt, header, high, rest) = (new byte[keyOctets + 4], new byte[8], new byte[4], new byte[8 + body]);
                foreach (var octets in (byte[][])[keyAndSalt, header, high, rest]) random.NextBytes(octets);
                var gmac = new GMac(new GcmBlockCipher(new AesEngine()));
                gmac.Init(new ParametersWithIV(new KeyParameter(keyAndSalt[..keyOctets]), [.. keyAndSalt[keyOctets..], .. rest[..8]]));
                gmac.BlockUpdate([.. header[..4], .. extended ? high : [], .. header[4..], .. rest]);
                var icv = new byte[16];
                gmac.DoFinal(icv);

                var sequence = Convert.ToUInt64(Hex.Of([.. high, .. header[4..]]), 16);
                using var aead = new BclAesGmac(keyAndSalt, extended);
                AssertOpens(aead, [.. header, .. rest, .. icv], sequence, GcmBodyOffset, 16, Hex.Of(rest.AsSpan(8)));
                Assert.Equal(!extended, aead.TryOpen([.. header, .. rest, .. icv], sequence ^ (1ul << 40)));
            }
        }
    }

    /// <summary>Wycheproof's cases whose nonce is 12 octets and whose associated data is an ESP header's.</summary>
    [Fact]
    public void Wycheproof_agrees_on_what_looks_like_esp()
    {
        var opened = 0;
        foreach (var test in Wycheproof.Read("chacha20_poly1305_test.json"))
        {
            if (test.Iv.Length == 12 && test.Associated.Length is 8 or 12 && test.Key.Length == 32)
            {
                using var aead = BclAead.ChaCha20Poly1305([.. test.Key, .. test.Iv[..4]], extendedSequenceNumbers: test.Associated.Length == 12);
                opened += AssertAgrees(aead, test);
            }
        }

        foreach (var test in Wycheproof.Read("aes_gcm_test.json"))
        {
            if (test.Iv.Length == 12 && test.Associated.Length is 8 or 12)
            {
                using var aead = BclAead.AesGcm([.. test.Key, .. test.Iv[..4]], 16, extendedSequenceNumbers: test.Associated.Length == 12);
                opened += AssertAgrees(aead, test);
            }
        }

        Assert.True(opened > 50, $"only {opened} cases look like ESP");
    }

    private static int AssertAgrees<TAead>(TAead aead, Wycheproof.Case test)
        where TAead : struct, IPacketAead
    {
        var extended = test.Associated.Length == 12;
        var sequence = Convert.ToUInt64(Hex.Of(test.Associated.AsSpan(4)), 16);
        byte[] packet = [.. test.Associated[..4], .. test.Associated[^4..], .. test.Iv[4..], .. test.Cipher, .. test.Tag];
        Assert.True(test.IsValid == aead.TryOpen(packet, sequence), $"case {test.Id}: {test.Comment} ({(extended ? 64 : 32)} bits)");
        if (test.IsValid)
            Assert.Equal(Hex.Of(test.Message), Hex.Of(packet.AsSpan()[GcmBodyOffset..^16]));
        return 1;
    }

    /// <summary>RFC 3602 §4, cases 5 to 8: whole ESP packets without ICV; ours has one, so it is computed here by other means.</summary>
    [Theory]
    [InlineData( // Case 5: transport mode, ping
        "90d382b410eeba7ad938c46cec1a82bf", "00004321", 1u, "e96e8c08ab465763fd098d45dd3ff893",
        "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637" +
        "0102030405060708090a0b0c0d0e0e01",
        "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874a" +
        "a269add047ad2d5913ac19b7cfbad4a6")]
    [InlineData( // Case 6: transport mode, ping
        "90d382b410eeba7ad938c46cec1a82bf", "00004321", 8u, "69d08df7d203329db093fc4924e5bd80",
        "0800b5e8a80a0500a69c083d0b660e00777777777777777777777777" + "01020201",
        "f51995881ec4e0c4488987ce742e8109689bb379d2d750c0d915dca346a89f75")]
    [InlineData( // Case 7: tunnel mode, ping
        "0123456789abcdef0123456789abcdef", "00008765", 2u, "f4e765244f6407adf13dc1380f673f37",
        "45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a2040008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223" +
        "2425262728292a2b2c2d2e2f3031323334353637" + "0102030405060708090a" + "0a04",
        "773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5" +
        "c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d")]
    [InlineData( // Case 8: tunnel mode, ping
        "0123456789abcdef0123456789abcdef", "00008765", 5u, "85d47224b5f3dd5d2101d4ea8dffab22",
        "45000044090c00004001f990c0a87b03c0a87bc80800d63caa0a0200c69c083da3de0300ffffffffffffffffffffffffffffffffffffffffffffffffffffffff" +
        "ffffffff" + "0102030405060708090a" + "0a04",
        "15b92683819596a8047232cc00f7048fe45318e11f8a0f62ede3c3fc61203bb50f980a08c9843fd3a1b06d5c07ff9639b7eb7dfb3512e5de435e7207ed971ef3" +
        "d2726d9b5ef6affc6d17a0decbb13892")]
    public void Cbc_packets_of_RFC_3602_open_and_are_sealed_alike(
        string key, string spi, uint sequence, string iv, string plain, string cipher)
    {
        var covered = Hex.Octets(spi + sequence.ToString("x8") + iv + cipher);
        var integrityKey = Hex.Octets("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
        byte[] packet = [.. covered, .. HMACSHA256.HashData(integrityKey, covered)[..16]];

        using var opener = CbcThenHmac.ForOpening(
            EncryptionAlgorithm.AesCbc, Hex.Octets(key), IntegrityAlgorithm.HmacSha256_128, integrityKey, extendedSequenceNumbers: false);
        AssertOpens(opener, (byte[])packet.Clone(), sequence, bodyOffset: 24, icvOctets: 16, plain);

        // The sealer's IV is E(chain start ⊕ sequence): the chain start that makes it the RFC's.
        using var aes = Aes.Create();
        aes.Key = Hex.Octets(key);
        var start = aes.DecryptEcb(Hex.Octets(iv), PaddingMode.None);
        start[15] ^= (byte)sequence;
        using var sealer = CbcThenHmac.ForSealing(
            EncryptionAlgorithm.AesCbc, Hex.Octets(key), IntegrityAlgorithm.HmacSha256_128, integrityKey, false, start);
        byte[] ours = [.. covered[..8], .. new byte[16], .. Hex.Octets(plain), .. new byte[16]];
        sealer.Seal(ours, ours.AsSpan(24, plain.Length / 2), sequence);
        Assert.Equal(Hex.Of(packet), Hex.Of(ours));
    }

    private static void AssertOpens<TAead>(TAead aead, byte[] packet, ulong sequence, int bodyOffset, int icvOctets, string plain)
        where TAead : struct, IPacketAead
    {
        Assert.True(aead.TryOpen(packet, sequence));
        Assert.Equal(plain, Hex.Of(packet.AsSpan()[bodyOffset..^icvOctets]));
    }
}
