using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto;

/// <summary>The SK payload against published vectors, and against other constructions of the same thing.</summary>
public sealed class SkCipherVectorTests
{
    /// <summary>RFC 7634 Appendix B: an INFORMATIONAL request with one Notify payload.</summary>
    public static TheoryData<bool> Providers { get; } = new() { false, true };

    [Theory]
    [MemberData(nameof(Providers))]
    public void Rfc7634_appendix_b_chacha20_poly1305_in_ikev2(bool managed)
    {
        var key = Hex.Octets("80818283 84858687 88898a8b 8c8d8e8f 90919293 94959697 98999a9b 9c9d9e9f");
        var salt = Hex.Octets("a0a1a2a3");
        var header = Hex.Octets(
            "c0c1c2c3 c4c5c6c7" + // IKE SA Initiator's SPI
            "d0d1d2d3 d4d5d6d7" + // IKE SA Responder's SPI
            "2e 20 25 00" +       // SK, 2.0, INFORMATIONAL, no flags
            "00000009 00000045" + // Message ID, Length
            "29 00 0029");        // SK generic header: Notify follows
        var plaintext = Hex.Octets("0000000c 00004001 0000000a"); // Notify SET_WINDOW_SIZE
        var sealedBody = Hex.Octets(
            "10111213 14151617" +                        // IV
            "61039470 1f8d017f 7c129248 89" +            // ciphertext, Pad Length included
            "6b71bfe2 5236efd7 cdc67066 906315b2");      // ICV

        IAead Aead() => managed ? new ManagedChaCha(key) : new PlatformChaCha(key);
        if (!managed && !PlatformChaCha.IsSupported)
            Assert.Skip("The platform's library has no ChaCha20-Poly1305.");

        using var cipher = new SkAead(Aead(), salt, firstIv: 0x1011121314151617);
        byte[] message = [.. header, .. new byte[cipher.IvOctets], .. plaintext, .. new byte[1 + cipher.IcvOctets]];
        cipher.Seal(message, header.Length, plaintext.Length);
        Assert.Equal(Hex.Of([.. header, .. sealedBody]), Hex.Of(message));

        Assert.True(cipher.TryOpen(message, header.Length, out var offset, out var length));
        Assert.Equal(plaintext, message.AsSpan(offset, length).ToArray());
    }

    /// <summary>RFC 3602 §4, cases 1 to 4: the blocks before ours, which holds padding and Pad Length.</summary>
    [Theory]
    [InlineData( // case 1: "Single block msg"
        "06a92140 36b8a15b 512e03d5 34120006",
        "3dafba42 9d9eb430 b422da80 2c9fac41",
        "53696e67 6c652062 6c6f636b 206d7367",
        "e353779c 1079aeb8 2708942d be77181a")]
    [InlineData( // case 2
        "c286696d 887c9aa0 611bbb3e 2025a45a",
        "562e1799 6d093d28 ddb3ba69 5a2e6f58",
        "00010203 04050607 08090a0b 0c0d0e0f 10111213 14151617 18191a1b 1c1d1e1f",
        "d296cd94 c2cccf8a 3a863028 b5e1dc0a 7586602d 253cfff9 1b8266be a6d61ab1")]
    [InlineData( // case 3: "This is a 48-byte message (exactly 3 AES blocks)"
        "6c3ea047 7630ce21 a2ce334a a746c2cd",
        "c782dc4c 098c66cb d9cd27d8 25682c81",
        "54686973 20697320 61203438 2d627974 65206d65 73736167 65202865 78616374 6c792033 20414553 20626c6f 636b7329",
        "d0a02b38 36451753 d493665d 33f0e886 2dea54cd b293abc7 50693927 6772f8d5 021c1921 6bad525c 8579695d 83ba2684")]
    [InlineData( // case 4
        "56e47a38 c5598974 bc46903d ba290349",
        "8ce82eef bea0da3c 44699ed7 db51b7d9",
        "a0a1a2a3 a4a5a6a7 a8a9aaab acadaeaf b0b1b2b3 b4b5b6b7 b8b9babb bcbdbebf " +
        "c0c1c2c3 c4c5c6c7 c8c9cacb cccdcecf d0d1d2d3 d4d5d6d7 d8d9dadb dcdddedf",
        "c30e32ff edc0774e 6aff6af0 869f71aa 0f3af07a 9a31a9c6 84db207e b0ef8e4e " +
        "35907aa6 32c3ffdf 868bb7b2 9d3d46ad 83ce9f9a 102ee99d 49a53e87 f4c3da55")]
    public void Rfc3602_aes_cbc(string key, string iv, string plaintext, string ciphertext)
    {
        var integrityKey = new SeededEntropy(1).Octets(32);
        using var cipher = AlgorithmCatalog.Default.SkCipher(
            EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha256_128, Hex.Octets(key), integrityKey, new ScriptedEntropy(Hex.Octets(iv)));
        Assert.NotNull(cipher);

        var text = Hex.Octets(plaintext);
        var message = new byte[32 + cipher.SealedLength(text.Length)];
        text.CopyTo(message, 32 + 16);
        cipher.Seal(message, 32, text.Length);

        Assert.Equal(Hex.Octets(iv), message.AsSpan(32, 16).ToArray());
        Assert.Equal(Hex.Octets(ciphertext), message.AsSpan(48, text.Length).ToArray());
        Assert.Equal(HMACSHA256.HashData(integrityKey, message.AsSpan(..^16)).AsSpan(0, 16).ToArray(), message.AsSpan(^16..).ToArray());
    }

    [Fact]
    public void Triple_des_agrees_with_another_implementation()
    {
        var key = new SeededEntropy(1).Octets(24);
        var iv = new SeededEntropy(2).Octets(8);
        var text = new SeededEntropy(3).Octets(23); // with Pad Length, three blocks
        using var cipher = AlgorithmCatalog.Default.SkCipher(
            EncryptionAlgorithm.TripleDes, 0, IntegrityAlgorithm.HmacSha1_96, key, new byte[20], new ScriptedEntropy(iv));
        Assert.NotNull(cipher);
        var message = new byte[32 + cipher.SealedLength(text.Length)];
        text.CopyTo(message, 32 + 8);
        cipher.Seal(message, 32, text.Length);

        var other = new CbcBlockCipher(new DesEdeEngine());
        other.Init(true, new ParametersWithIV(new DesEdeParameters(key), iv));
        byte[] padded = [.. text, 0];
        var expected = new byte[padded.Length];
        for (var at = 0; at < padded.Length; at += 8)
            other.ProcessBlock(padded, at, expected, at);
        Assert.Equal(expected, message.AsSpan(40, 24).ToArray());
    }

    [Theory]
    [InlineData(EncryptionAlgorithm.AesGcm8, 8)]
    [InlineData(EncryptionAlgorithm.AesGcm12, 12)]
    [InlineData(EncryptionAlgorithm.AesGcm16, 16)]
    public void Aes_gcm_takes_salt_and_iv_as_nonce_and_all_before_the_body_as_associated_data(EncryptionAlgorithm encryption, int tagOctets)
    {
        var keyAndSalt = new SeededEntropy(1).Octets(36);
        using var cipher = AlgorithmCatalog.Default.SkCipher(encryption, 256, IntegrityAlgorithm.None, keyAndSalt, [], new SeededEntropy(2));
        Assert.NotNull(cipher);

        // An SKF payload: a fragment header stands before the body (RFC 7383 §2.5).
        var before = new SeededEntropy(3).Octets(36);
        var text = new SeededEntropy(4).Octets(50);
        byte[] message = [.. before, .. new byte[8], .. text, .. new byte[1 + tagOctets]];
        cipher.Seal(message, before.Length, text.Length);

        var engine = new GcmBlockCipher(new AesEngine());
        byte[] nonce = [.. keyAndSalt[32..], .. message[36..44]];
        engine.Init(true, new AeadParameters(new KeyParameter(keyAndSalt[..32]), tagOctets * 8, nonce, before));
        byte[] padded = [.. text, 0];
        var expected = new byte[padded.Length + tagOctets];
        var done = engine.ProcessBytes(padded, 0, padded.Length, expected, 0);
        engine.DoFinal(expected, done);
        Assert.Equal(expected, message[44..]);
    }

    [Fact]
    public void Ivs_of_an_aead_count_up_from_zero()
    {
        using var cipher = SkCipherTests.Cipher(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);
        for (var expected = 0UL; expected < 300; expected++)
        {
            var message = new byte[32 + cipher.SealedLength(4)];
            cipher.Seal(message, 32, 4);
            Assert.Equal(expected, System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(message.AsSpan(32)));
        }
    }

    [Fact]
    public void An_aead_stops_before_an_iv_repeats()
    {
        using var cipher = new SkAead(new PlatformAesGcm(new byte[32], 16), new byte[4], firstIv: ulong.MaxValue - 1);
        var message = new byte[32 + cipher.SealedLength(4)];
        cipher.Seal(message, 32, 4);
        Assert.Throws<OverflowException>(() => cipher.Seal(message, 32, 4));
    }

    /// <summary>RFC 7296 §3.14: "the recipient MUST accept any length that results in proper alignment", and any content.</summary>
    [Fact]
    public void Any_padding_content_and_any_fitting_pad_length_is_accepted()
    {
        for (var padLength = 0; padLength <= 255; padLength++)
        {
            var length = 16 - ((padLength + 1) % 16); // to whole blocks
            var text = new SeededEntropy(padLength).Octets(length);
            var message = SealedByHand([.. text, .. new SeededEntropy(1000 + padLength).Octets(padLength), (byte)padLength]);
            using var cipher = CbcCipher();
            Assert.True(cipher.TryOpen(message, 32, out var offset, out var opened), $"pad length {padLength}");
            Assert.Equal(text, message.AsSpan(offset, opened).ToArray());
        }
    }

    [Theory]
    [InlineData(16, 15, true)] // all padding: an empty plaintext
    [InlineData(16, 16, false)]
    [InlineData(16, 255, false)]
    [InlineData(32, 31, true)]
    [InlineData(32, 32, false)]
    public void A_pad_length_longer_than_the_text_is_refused(int paddedOctets, byte padLength, bool opens)
    {
        var padded = new SeededEntropy(1).Octets(paddedOctets);
        padded[^1] = padLength;
        var message = SealedByHand(padded);
        using var cipher = CbcCipher();
        Assert.Equal(opens, cipher.TryOpen(message, 32, out _, out var length));
        Assert.Equal(0, length);
        if (!opens)
            Assert.True(message.AsSpan(48, paddedOctets).IndexOfAnyExcept((byte)0) < 0, "refused text is left behind");
    }

    [Fact]
    public void A_true_icv_over_a_broken_block_is_refused()
    {
        for (var octets = 0; octets < 32; octets++)
        {
            if (octets == 16)
                continue;
            byte[] message = [.. new byte[32 + 16 + octets], .. new byte[16]];
            HMACSHA256.HashData(IntegrityKey, message.AsSpan(..^16)).AsSpan(0, 16).CopyTo(message.AsSpan(^16..));
            using var cipher = CbcCipher();
            Assert.False(cipher.TryOpen(message, 32, out _, out _), $"{octets} octets of ciphertext");
        }
    }

    private static byte[] EncryptionKey { get; } = new SeededEntropy(10).Octets(32);

    private static byte[] IntegrityKey { get; } = new SeededEntropy(11).Octets(32);

    private static SkCipher CbcCipher() => AlgorithmCatalog.Default.SkCipher(
        EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128, EncryptionKey, IntegrityKey, new SeededEntropy(12))!;

    /// <summary>A message as a peer with another habit of padding makes it.</summary>
    private static byte[] SealedByHand(byte[] padded)
    {
        using var aes = Aes.Create();
        aes.Key = EncryptionKey;
        var iv = new SeededEntropy(13).Octets(16);
        byte[] message = [.. new SeededEntropy(14).Octets(32), .. iv, .. aes.EncryptCbc(padded, iv, PaddingMode.None), .. new byte[16]];
        HMACSHA256.HashData(IntegrityKey, message.AsSpan(..^16)).AsSpan(0, 16).CopyTo(message.AsSpan(^16..));
        return message;
    }
}
