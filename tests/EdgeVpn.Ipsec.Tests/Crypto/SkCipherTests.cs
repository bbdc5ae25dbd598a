using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto;

/// <summary>What holds for every protection of the SK payload.</summary>
public sealed class SkCipherTests
{
    private const int BodyOffset = 32; // IKE header and SK generic header

    /// <summary>Encryption, Key Length, integrity; octets of IV, ICV, block.</summary>
    public static TheoryData<EncryptionAlgorithm, int, IntegrityAlgorithm, int, int, int> Suites { get; } = new()
    {
        { EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96, 16, 12, 16 },
        { EncryptionAlgorithm.AesCbc, 192, IntegrityAlgorithm.HmacSha384_192, 16, 24, 16 },
        { EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128, 16, 16, 16 },
        { EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha512_256, 16, 32, 16 },
        { EncryptionAlgorithm.TripleDes, 0, IntegrityAlgorithm.HmacSha1_96, 8, 12, 8 },
        { EncryptionAlgorithm.AesGcm8, 128, IntegrityAlgorithm.None, 8, 8, 1 },
        { EncryptionAlgorithm.AesGcm12, 192, IntegrityAlgorithm.None, 8, 12, 1 },
        { EncryptionAlgorithm.AesGcm16, 128, IntegrityAlgorithm.None, 8, 16, 1 },
        { EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None, 8, 16, 1 },
        { EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None, 8, 16, 1 },
    };

    [Theory]
    [MemberData(nameof(Suites))]
    public void What_is_sealed_opens_at_every_length(
        EncryptionAlgorithm encryption, int keyLength, IntegrityAlgorithm integrity, int ivOctets, int icvOctets, int blockOctets)
    {
        using var sealer = Cipher(encryption, keyLength, integrity);
        using var opener = Cipher(encryption, keyLength, integrity);
        Assert.Equal((ivOctets, icvOctets, blockOctets), (sealer.IvOctets, sealer.IcvOctets, sealer.BlockOctets));

        for (var length = 0; length <= 70; length++)
        {
            var plaintext = new SeededEntropy(length).Octets(length);
            var message = Sealed(sealer, plaintext);
            Assert.Equal(0, (sealer.SealedLength(length) - ivOctets - icvOctets) % blockOctets);
            Assert.True(sealer.SealedLength(length) - ivOctets - icvOctets - length <= blockOctets);

            Assert.True(opener.TryOpen(message, BodyOffset, out var offset, out var opened));
            Assert.Equal(BodyOffset + ivOctets, offset);
            Assert.Equal(plaintext, message.AsSpan(offset, opened).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Any_flipped_bit_fails_to_open(
        EncryptionAlgorithm encryption, int keyLength, IntegrityAlgorithm integrity, int ivOctets, int icvOctets, int blockOctets)
    {
        _ = (ivOctets, icvOctets, blockOctets);
        using var cipher = Cipher(encryption, keyLength, integrity);
        var message = Sealed(cipher, new SeededEntropy(3).Octets(20));
        for (var bit = 0; bit < message.Length * 8; bit++)
        {
            var forged = message.ToArray();
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(cipher.TryOpen(forged, BodyOffset, out var offset, out var length), $"bit {bit} of octet {bit / 8}");
            Assert.Equal((0, 0), (offset, length));
        }

        Assert.True(cipher.TryOpen(message, BodyOffset, out _, out _));
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void A_refused_message_shows_no_plaintext(
        EncryptionAlgorithm encryption, int keyLength, IntegrityAlgorithm integrity, int ivOctets, int icvOctets, int blockOctets)
    {
        _ = (icvOctets, blockOctets);
        using var cipher = Cipher(encryption, keyLength, integrity);
        var plaintext = new SeededEntropy(4).Octets(64);
        var message = Sealed(cipher, plaintext);
        message[^1] ^= 1;
        Assert.False(cipher.TryOpen(message, BodyOffset, out _, out _));
        for (var i = 0; i + 8 <= plaintext.Length; i++)
            Assert.True(message.AsSpan(BodyOffset + ivOctets).IndexOf(plaintext.AsSpan(i, 8)) < 0, $"plaintext from octet {i} is left behind");
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void A_message_cut_short_or_made_longer_fails_to_open(
        EncryptionAlgorithm encryption, int keyLength, IntegrityAlgorithm integrity, int ivOctets, int icvOctets, int blockOctets)
    {
        _ = (ivOctets, icvOctets, blockOctets);
        using var cipher = Cipher(encryption, keyLength, integrity);
        var message = Sealed(cipher, new SeededEntropy(5).Octets(40));
        for (var length = 0; length < message.Length; length++)
            Assert.False(cipher.TryOpen(message.AsSpan(0, length).ToArray(), BodyOffset, out _, out _), $"cut to {length} octets");
        for (var more = 1; more <= 16; more++)
            Assert.False(cipher.TryOpen([.. message, .. new byte[more]], BodyOffset, out _, out _), $"{more} octets more");
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void One_plaintext_sealed_twice_has_two_ivs(
        EncryptionAlgorithm encryption, int keyLength, IntegrityAlgorithm integrity, int ivOctets, int icvOctets, int blockOctets)
    {
        _ = (icvOctets, blockOctets);
        using var cipher = Cipher(encryption, keyLength, integrity);
        var ivs = Enumerable.Range(0, 300).Select(_ => Hex.Of(Sealed(cipher, new byte[5]).AsSpan(BodyOffset, ivOctets))).ToHashSet();
        Assert.Equal(300, ivs.Count);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void A_message_that_does_not_end_with_the_icv_is_the_callers_mistake(
        EncryptionAlgorithm encryption, int keyLength, IntegrityAlgorithm integrity, int ivOctets, int icvOctets, int blockOctets)
    {
        _ = (ivOctets, icvOctets, blockOctets);
        using var cipher = Cipher(encryption, keyLength, integrity);
        var message = new byte[BodyOffset + cipher.SealedLength(20) + 1];
        Assert.Throws<ArgumentException>(() => cipher.Seal(message, BodyOffset, 20));
    }

    internal static SkCipher Cipher(EncryptionAlgorithm encryption, int keyLength, IntegrityAlgorithm integrity)
    {
        var keys = new SeededEntropy(7);
        var cipher = AlgorithmCatalog.Default.SkCipher(
            encryption,
            keyLength,
            integrity,
            keys.Octets(AlgorithmCatalog.EncryptionKeyOctets(encryption, keyLength)),
            keys.Octets(AlgorithmCatalog.IntegrityKeyOctets(integrity)),
            new SeededEntropy(8));
        Assert.NotNull(cipher);
        return cipher;
    }

    private static byte[] Sealed(SkCipher cipher, byte[] plaintext)
    {
        var message = new byte[BodyOffset + cipher.SealedLength(plaintext.Length)];
        new SeededEntropy(6).Fill(message.AsSpan(0, BodyOffset));
        plaintext.CopyTo(message, BodyOffset + cipher.IvOctets);
        cipher.Seal(message, BodyOffset, plaintext.Length);
        return message;
    }
}
