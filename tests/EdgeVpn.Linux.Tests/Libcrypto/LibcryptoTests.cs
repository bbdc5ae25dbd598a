using System.Numerics;
using System.Security.Cryptography;
using EdgeVpn.Linux.Libcrypto;
using Xunit;

namespace EdgeVpn.Linux.Tests.Libcrypto;

public class LibcryptoTests
{
    private readonly Random _random = new(20);

    public LibcryptoTests()
    {
        if (!CryptoLibrary.IsPresent) Assert.Skip("libcrypto.so.3 is not installed");
    }

    [Fact]
    public void The_library_tells_its_version() => Assert.StartsWith("OpenSSL 3", CryptoLibrary.Version);

    [Theory]
    [InlineData(AeadCipher.Aes128Gcm, 16), InlineData(AeadCipher.Aes192Gcm, 24), InlineData(AeadCipher.Aes256Gcm, 32)]
    public void GCM_agrees_with_the_BCL_for_every_short_length(AeadCipher cipher, int keyOctets)
    {
        var key = Octets(keyOctets);
        using var reference = new AesGcm(key, 16);
        using var sealer = new AeadContext(cipher, key, isSealing: true);
        using var opener = new AeadContext(cipher, key, isSealing: false);
        for (var length = 0; length < 300; length++)
        {
            byte[] nonce = Octets(12), associated = Octets(length % 90), plaintext = Octets(length), tag = new byte[16];
            var expected = new byte[length];
            var expectedTag = new byte[16];
            reference.Encrypt(nonce, plaintext, expected, expectedTag, associated);
            var text = plaintext.ToArray();
            sealer.Seal(nonce, associated, text, tag);
            Assert.Equal(expected, text);
            Assert.Equal(expectedTag, tag);
            Assert.True(opener.TryOpen(nonce, associated, text, tag));
            Assert.Equal(plaintext, text);
        }
    }

    [Fact]
    public void ChaCha20Poly1305_agrees_with_the_BCL()
    {
        if (!ChaCha20Poly1305.IsSupported) Assert.Skip("the BCL has none here");
        var key = Octets(32);
        using var reference = new ChaCha20Poly1305(key);
        using var sealer = new AeadContext(AeadCipher.ChaCha20Poly1305, key, isSealing: true);
        using var opener = new AeadContext(AeadCipher.ChaCha20Poly1305, key, isSealing: false);
        for (var length = 0; length < 300; length++)
        {
            byte[] nonce = Octets(12), associated = Octets(12), plaintext = Octets(length), ciphertext = new byte[length], tag = new byte[16];
            var expected = new byte[length];
            var expectedTag = new byte[16];
            reference.Encrypt(nonce, plaintext, expected, expectedTag, associated);
            sealer.Seal(nonce, associated, plaintext, ciphertext, tag);
            Assert.Equal(expected, ciphertext);
            Assert.Equal(expectedTag, tag);
            Assert.True(opener.TryOpen(nonce, associated, ciphertext, tag));
            Assert.Equal(plaintext, ciphertext);
        }
    }

    [Theory, InlineData(AeadCipher.Aes256Gcm), InlineData(AeadCipher.ChaCha20Poly1305)]
    public void Every_flipped_bit_is_refused_leaves_zeros_and_spoils_nothing_after_it(AeadCipher cipher)
    {
        var key = Octets(32);
        using var sealer = new AeadContext(cipher, key, isSealing: true);
        using var opener = new AeadContext(cipher, key, isSealing: false);
        byte[] nonce = Octets(12), associated = Octets(8), plaintext = Octets(40), tag = new byte[16];
        var ciphertext = plaintext.ToArray();
        sealer.Seal(nonce, associated, ciphertext, tag);
        byte[] all = [.. nonce, .. associated, .. ciphertext, .. tag];
        for (var bit = 0; bit < all.Length * 8; bit++)
        {
            all[bit / 8] ^= (byte)(1 << (bit % 8));
            var text = all[20..60];
            Assert.False(opener.TryOpen(all.AsSpan(0, 12), all.AsSpan(12, 8), text, all.AsSpan(60)));
            Assert.Equal(new byte[40], text);
            all[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(opener.TryOpen(nonce, associated, ciphertext, tag));
        Assert.Equal(plaintext, ciphertext);
    }

    [Fact]
    public void A_truncated_GCM_tag_is_the_start_of_the_whole_one()
    {
        var key = Octets(16);
        using var sealer = new AeadContext(AeadCipher.Aes128Gcm, key, isSealing: true);
        using var opener = new AeadContext(AeadCipher.Aes128Gcm, key, isSealing: false);
        byte[] nonce = Octets(12), text = Octets(33), whole = new byte[16], cut = new byte[8];
        sealer.Seal(nonce, default, text.ToArray(), whole);
        sealer.Seal(nonce, default, text, cut);
        Assert.Equal(whole[..8], cut);
        Assert.True(opener.TryOpen(nonce, default, text, cut));
        cut[7] ^= 1;
        Assert.False(opener.TryOpen(nonce, default, text, cut));
    }

    [Fact]
    public void Sealing_allocates_nothing()
    {
        using var sealer = new AeadContext(AeadCipher.Aes256Gcm, Octets(32), isSealing: true);
        using var hmac = new HmacContext(ShaVariant.Sha256, Octets(32));
        byte[] nonce = Octets(12), text = Octets(1400), tag = new byte[16];
        sealer.Seal(nonce, nonce, text, tag);
        hmac.Compute(text, tag);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            sealer.Seal(nonce, nonce, text, tag);
            hmac.Compute(text, tag);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Misuse_throws_before_the_library_is_asked()
    {
        Assert.Throws<ArgumentException>(() => new AeadContext(AeadCipher.Aes256Gcm, new byte[16], isSealing: true));
        using var opener = new AeadContext(AeadCipher.Aes128Gcm, new byte[16], isSealing: false);
        Assert.Throws<InvalidOperationException>(() => opener.Seal(new byte[12], default, new byte[4], new byte[16]));
        Assert.Throws<ArgumentException>(() => opener.TryOpen(new byte[8], default, new byte[4], new byte[16]));
        opener.Dispose();
        Assert.Throws<ObjectDisposedException>(() => opener.TryOpen(new byte[12], default, new byte[4], new byte[16]));
    }

    [Theory, InlineData(CbcCipher.Aes128, 16), InlineData(CbcCipher.Aes192, 24), InlineData(CbcCipher.Aes256, 32)]
    public void CBC_agrees_with_the_BCL(CbcCipher cipher, int keyOctets)
    {
        var key = Octets(keyOctets);
        using var reference = Aes.Create();
        reference.Key = key;
        using var encrypting = new CbcContext(cipher, key, isEncrypting: true);
        using var decrypting = new CbcContext(cipher, key, isEncrypting: false);
        for (var blocks = 0; blocks < 100; blocks++)
        {
            byte[] iv = Octets(16), plaintext = Octets(blocks * 16);
            var text = plaintext.ToArray();
            encrypting.Transform(iv, text);
            Assert.Equal(reference.EncryptCbc(plaintext, iv, PaddingMode.None), text);
            decrypting.Transform(iv, text);
            Assert.Equal(plaintext, text);
        }

        Assert.Throws<ArgumentException>(() => encrypting.Transform(new byte[16], new byte[17]));
    }

    [Fact]
    public void Triple_DES_agrees_with_the_BCL()
    {
        var key = Octets(24);
        using var reference = TripleDES.Create();
        reference.Key = key;
        byte[] iv = Octets(8), text = Octets(80);
        var expected = reference.EncryptCbc(text, iv, PaddingMode.None);
        using var encrypting = new CbcContext(CbcCipher.TripleDes, key, isEncrypting: true);
        encrypting.Transform(iv, text);
        Assert.Equal(expected, text);
    }

    [Theory, InlineData(ShaVariant.Sha1), InlineData(ShaVariant.Sha256), InlineData(ShaVariant.Sha384), InlineData(ShaVariant.Sha512)]
    public void HMAC_agrees_with_the_BCL_for_every_key_and_message_length(ShaVariant variant)
    {
        var name = variant switch { ShaVariant.Sha1 => HashAlgorithmName.SHA1, ShaVariant.Sha256 => HashAlgorithmName.SHA256, ShaVariant.Sha384 => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA512 };
        for (var length = 0; length < 300; length++)
        {
            byte[] key = Octets(length % 200), message = Octets(length);
            using var hmac = new HmacContext(variant, key);
            var expected = CryptographicOperations.HmacData(name, key, message);
            var actual = new byte[hmac.HashOctets];
            hmac.Compute(message, actual);
            Assert.Equal(expected, actual);
            hmac.Start();
            hmac.Append(message.AsSpan(0, length / 3));
            hmac.Append(message.AsSpan(length / 3));
            var truncated = new byte[12];
            hmac.Finish(truncated);
            Assert.Equal(expected[..12], truncated);
            Assert.True(hmac.Verify(message, truncated));
            truncated[11] ^= 0x80;
            Assert.False(hmac.Verify(message, truncated));
            Assert.False(hmac.Verify(message, default));
        }
    }

    // RFC 4231 §4.2, test case 1.
    [Fact]
    public void RFC_4231_case_1()
    {
        using var hmac = new HmacContext(ShaVariant.Sha256, Convert.FromHexString("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"));
        var actual = new byte[32];
        hmac.Compute("Hi There"u8, actual);
        Assert.Equal("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", Convert.ToHexStringLower(actual));
    }

    [Theory, InlineData(1024), InlineData(2048)]
    public void Powers_agree_with_BigInteger(int bits)
    {
        var modulus = Octets(bits / 8);
        modulus[0] |= 0x80;
        modulus[^1] |= 1;
        using var group = new ModularGroup(modulus);
        for (var round = 0; round < 5; round++)
        {
            byte[] value = Octets(bits / 8), exponent = Octets(round == 0 ? 1 : 32), actual = new byte[bits / 8];
            if (round == 1) value = [2];
            group.Power(value, exponent, actual);
            Assert.Equal(BigInteger.ModPow(Number(value), Number(exponent), Number(modulus)), Number(actual));
        }
    }

    [Fact]
    public void Both_ends_of_a_finite_field_exchange_arrive_at_the_same_value_with_leading_zeros_kept()
    {
        // A small safe prime, so that results with leading zeros are common: p = 2q + 1 = 0xfffffedb.
        using var group = new ModularGroup(Convert.FromHexString("00000000fffffedb"));
        for (var round = 0; round < 50; round++)
        {
            byte[] a = Octets(8), b = Octets(8), ga = new byte[8], gb = new byte[8], gab = new byte[8], gba = new byte[8];
            group.Power([2], a, ga);
            group.Power([2], b, gb);
            group.Power(gb, a, gab);
            group.Power(ga, b, gba);
            Assert.Equal(gab, gba);
            Assert.Equal(new byte[4], gab[..4]);
        }

        Assert.Throws<ArgumentException>(() => new ModularGroup([4]));
    }

    [Theory, InlineData(CurveName.P256, "nistP256"), InlineData(CurveName.P384, "nistP384"), InlineData(CurveName.P521, "nistP521"), InlineData(CurveName.BrainpoolP256R1, "brainpoolP256r1")]
    public void Curves_agree_with_the_BCL(CurveName name, string bclName)
    {
        using var curve = new EllipticCurve(name);
        var octets = curve.CoordinateOctets;
        for (var round = 0; round < 4; round++)
        {
            using var mine = ECDiffieHellman.Create(ECCurve.CreateFromFriendlyName(bclName));
            using var theirs = ECDiffieHellman.Create(ECCurve.CreateFromFriendlyName(bclName));
            var own = mine.ExportParameters(true);
            var other = theirs.ExportParameters(false);
            var publicValue = new byte[2 * octets];
            Assert.True(curve.TryPublicValue(own.D, publicValue));
            Assert.Equal([.. own.Q.X!, .. own.Q.Y!], publicValue);
            var shared = new byte[octets];
            Assert.True(curve.TryAgree(own.D, [.. other.Q.X!, .. other.Q.Y!], shared));
            Assert.Equal(mine.DeriveRawSecretAgreement(theirs.PublicKey), shared);
            publicValue[^1] ^= 1;
            Assert.False(curve.TryAgree(own.D, publicValue, shared)); // not on the curve
        }

        Assert.False(curve.TryPublicValue(new byte[octets], new byte[2 * octets]));
        Assert.False(curve.TryPublicValue(Enumerable.Repeat((byte)0xff, octets).ToArray(), new byte[2 * octets]));
        Assert.False(curve.TryAgree([1], new byte[2 * octets], new byte[octets]));
        Assert.False(curve.TryAgree([1], new byte[3], new byte[octets]));
    }

    // RFC 7748 §6.1
    [Fact]
    public void X25519_of_RFC_7748()
    {
        var curve = MontgomeryCurve.X25519();
        var alice = Convert.FromHexString("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
        var bobPublic = Convert.FromHexString("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
        var publicValue = new byte[32];
        curve.PublicValue(alice, publicValue);
        Assert.Equal("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", Convert.ToHexStringLower(publicValue));
        var shared = new byte[32];
        Assert.True(curve.TryAgree(alice, bobPublic, shared));
        Assert.Equal("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", Convert.ToHexStringLower(shared));
    }

    [Fact]
    public void Both_ends_agree_on_X25519_and_X448_and_a_point_of_small_order_is_refused()
    {
        foreach (var curve in (MontgomeryCurve[])[MontgomeryCurve.X25519(), MontgomeryCurve.X448()])
        {
            byte[] a = Octets(curve.Octets), b = Octets(curve.Octets);
            byte[] ga = new byte[curve.Octets], gb = new byte[curve.Octets], x = new byte[curve.Octets], y = new byte[curve.Octets];
            curve.PublicValue(a, ga);
            curve.PublicValue(b, gb);
            Assert.True(curve.TryAgree(a, gb, x));
            Assert.True(curve.TryAgree(b, ga, y));
            Assert.Equal(x, y);
            Assert.False(curve.TryAgree(a, new byte[curve.Octets], x));
            Assert.Equal(new byte[curve.Octets], x);
            Assert.False(curve.TryAgree(a, ga.AsSpan(1), x));
        }
    }

    private byte[] Octets(int count)
    {
        var octets = new byte[count];
        _random.NextBytes(octets);
        return octets;
    }

    private static BigInteger Number(byte[] octets) => new(octets, isUnsigned: true, isBigEndian: true);
}
