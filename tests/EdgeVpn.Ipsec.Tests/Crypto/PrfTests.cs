using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto;

public sealed class PrfTests
{
    private static readonly byte[] Want = "what do ya want for nothing?"u8.ToArray();

    private const string LargerKey = "Test Using Larger Than Block-Size Key - Hash Key First";

    [Theory]
    [InlineData(PrfAlgorithm.HmacSha1, 20)]
    [InlineData(PrfAlgorithm.HmacSha256, 32)]
    [InlineData(PrfAlgorithm.HmacSha384, 48)]
    [InlineData(PrfAlgorithm.HmacSha512, 64)]
    public void An_hmac_prefers_keys_as_long_as_its_output(PrfAlgorithm algorithm, int octets)
    {
        var prf = Prf(algorithm);
        Assert.Equal((algorithm, octets, octets), (prf.Algorithm, prf.OutputOctets, prf.KeyOctets));
    }

    /// <summary>RFC 2202 §3, test cases 1 to 4, 6, 7.</summary>
    [Fact]
    public void Rfc2202_hmac_sha1()
    {
        AssertHmac(PrfAlgorithm.HmacSha1, Repeat(0x0b, 20), "Hi There"u8.ToArray(), "b617318655057264e28bc0b6fb378c8ef146be00");
        AssertHmac(PrfAlgorithm.HmacSha1, "Jefe"u8.ToArray(), "what do ya want for nothing?"u8.ToArray(), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        AssertHmac(PrfAlgorithm.HmacSha1, Repeat(0xaa, 20), Repeat(0xdd, 50), "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
        AssertHmac(PrfAlgorithm.HmacSha1, Counting(1, 25), Repeat(0xcd, 50), "4c9007f4026250c6bc8414f9bf50c86c2d7235da");
        AssertHmac(PrfAlgorithm.HmacSha1, Repeat(0xaa, 80), Encoding.ASCII.GetBytes(LargerKey), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
        AssertHmac(
            PrfAlgorithm.HmacSha1,
            Repeat(0xaa, 80),
            "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"u8.ToArray(),
            "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
    }

    /// <summary>RFC 4231 §4, test cases 1 to 4, 6, 7: key, data, HMAC-SHA-256, -384, -512.</summary>
    public static TheoryData<string, byte[], byte[], string, string, string> Rfc4231Cases { get; } = new()
    {
        {
            "§4.2", Repeat(0x0b, 20), "Hi There"u8.ToArray(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
        },
        {
            "§4.3", "Jefe"u8.ToArray(), "what do ya want for nothing?"u8.ToArray(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        },
        {
            "§4.4", Repeat(0xaa, 20), Repeat(0xdd, 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
            "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"
        },
        {
            "§4.5", Counting(1, 25), Repeat(0xcd, 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
            "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"
        },
        {
            "§4.7", Repeat(0xaa, 131), Encoding.ASCII.GetBytes(LargerKey),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"
        },
        {
            "§4.8", Repeat(0xaa, 131),
            ("This is a test using a larger than block-size key and a larger than block-size data. "u8
                + "The key needs to be hashed before being used by the HMAC algorithm."u8).ToArray(),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
            "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"
        },
    };

    [Theory]
    [MemberData(nameof(Rfc4231Cases))]
    public void Rfc4231_hmac_sha2(string section, byte[] key, byte[] data, string sha256, string sha384, string sha512)
    {
        Assert.StartsWith("§4.", section, StringComparison.Ordinal);
        AssertHmac(PrfAlgorithm.HmacSha256, key, data, sha256);
        AssertHmac(PrfAlgorithm.HmacSha384, key, data, sha384);
        AssertHmac(PrfAlgorithm.HmacSha512, key, data, sha512);
    }

    /// <summary>RFC 4868 §2.7.2: keys as long as the output, and the ICV that is left of it.</summary>
    public static TheoryData<string, PrfAlgorithm, IntegrityAlgorithm, byte[], byte[], string> Rfc4868Cases { get; } = new()
    {
        { "AUTH256-1", PrfAlgorithm.HmacSha256, IntegrityAlgorithm.HmacSha256_128, Repeat(0x0b, 32), "Hi There"u8.ToArray(), "198a607eb44bfbc69903a0f1cf2bbdc5" },
        { "AUTH256-2", PrfAlgorithm.HmacSha256, IntegrityAlgorithm.HmacSha256_128, Jefe(8), Want, "167f928588c5cc2eef8e3093caa0e87c" },
        { "AUTH256-3", PrfAlgorithm.HmacSha256, IntegrityAlgorithm.HmacSha256_128, Repeat(0xaa, 32), Repeat(0xdd, 50), "cdcb1220d1ecccea91e53aba3092f962" },
        { "AUTH256-4", PrfAlgorithm.HmacSha256, IntegrityAlgorithm.HmacSha256_128, Counting(1, 32), Repeat(0xcd, 50), "372efcf9b40b35c2115b1346903d2ef4" },
        { "AUTH384-1", PrfAlgorithm.HmacSha384, IntegrityAlgorithm.HmacSha384_192, Repeat(0x0b, 48), "Hi There"u8.ToArray(), "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973" },
        { "AUTH384-2", PrfAlgorithm.HmacSha384, IntegrityAlgorithm.HmacSha384_192, Jefe(12), Want, "2c7353974f1842fd66d53c452ca42122b28c0b594cfb184d" },
        { "AUTH384-3", PrfAlgorithm.HmacSha384, IntegrityAlgorithm.HmacSha384_192, Repeat(0xaa, 48), Repeat(0xdd, 50), "809f439be00274321d4a538652164b53554a508184a0c316" },
        { "AUTH384-4", PrfAlgorithm.HmacSha384, IntegrityAlgorithm.HmacSha384_192, [.. Counting(1, 32), .. Counting(10, 16)], Repeat(0xcd, 50), "5b540085c6e6358096532b2493609ed1cb298f774f87bb5c" },
        { "AUTH512-1", PrfAlgorithm.HmacSha512, IntegrityAlgorithm.HmacSha512_256, Repeat(0x0b, 64), "Hi There"u8.ToArray(), "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8" },
        { "AUTH512-2", PrfAlgorithm.HmacSha512, IntegrityAlgorithm.HmacSha512_256, Jefe(16), Want, "cb370917ae8a7ce28cfd1d8f4705d6141c173b2a9362c15df235dfb251b15454" },
        { "AUTH512-3", PrfAlgorithm.HmacSha512, IntegrityAlgorithm.HmacSha512_256, Repeat(0xaa, 64), Repeat(0xdd, 50), "2ee7acd783624ca9398710f3ee05ae41b9f9b0510c87e49e586cc9bf961733d8" },
        { "AUTH512-4", PrfAlgorithm.HmacSha512, IntegrityAlgorithm.HmacSha512_256, Counting(1, 64), Repeat(0xcd, 50), "5e6688e5a3daec826ca32eaea224eff5e700628947470e13ad01302561bab108" },
    };

    [Theory]
    [MemberData(nameof(Rfc4868Cases))]
    public void Rfc4868_section_2_7_2_hmac_sha2_truncated(string name, PrfAlgorithm prf, IntegrityAlgorithm integrity, byte[] key, byte[] data, string icv)
    {
        Assert.Equal(AlgorithmCatalog.IntegrityKeyOctets(integrity), key.Length);
        var encryption = new byte[AlgorithmCatalog.EncryptionKeyOctets(EncryptionAlgorithm.AesCbc, 128)];
        using var cipher = AlgorithmCatalog.Default.SkCipher(EncryptionAlgorithm.AesCbc, 128, integrity, encryption, key, new SeededEntropy(1))!;
        using var output = Prf(prf).Compute(key, data);
        Assert.True(icv == Hex.Of(output.Octets[..cipher.IcvOctets]), name);
    }

    /// <summary>RFC 7296 §2.13, written out by hand: T1 | T2 | T3 | …</summary>
    [Theory]
    [InlineData(PrfAlgorithm.HmacSha1)]
    [InlineData(PrfAlgorithm.HmacSha256)]
    [InlineData(PrfAlgorithm.HmacSha384)]
    [InlineData(PrfAlgorithm.HmacSha512)]
    public void Prf_plus_is_the_chain_of_its_blocks(PrfAlgorithm algorithm)
    {
        var prf = Prf(algorithm);
        var key = new SeededEntropy(1).Octets(prf.KeyOctets);
        var seed = new SeededEntropy(2).Octets(80);

        var t1 = Hmac(algorithm, key, [.. seed, 1]);
        var t2 = Hmac(algorithm, key, [.. t1, .. seed, 2]);
        var t3 = Hmac(algorithm, key, [.. t2, .. seed, 3]);
        byte[] chain = [.. t1, .. t2, .. t3];

        foreach (var length in new[] { 0, 1, t1.Length - 1, t1.Length, t1.Length + 1, (2 * t1.Length) + 5, chain.Length })
        {
            using var output = prf.Plus(key, seed, length);
            Assert.Equal(chain[..length], output.Octets.ToArray());
        }
    }

    [Fact]
    public void Prf_plus_ends_after_255_blocks()
    {
        var prf = Prf(PrfAlgorithm.HmacSha256);
        byte[] key = [1];
        byte[] seed = [2];

        var block = Array.Empty<byte>();
        for (var n = 1; n <= 255; n++)
            block = Hmac(PrfAlgorithm.HmacSha256, key, [.. block, .. seed, (byte)n]);

        using var longest = prf.Plus(key, seed, 255 * 32);
        Assert.Equal(block, longest.Octets[^32..].ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => prf.Plus(key, seed, (255 * 32) + 1));
    }

    private static byte[] Jefe(int times) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("Jefe", times)));

    private static void AssertHmac(PrfAlgorithm algorithm, byte[] key, byte[] data, string expected)
    {
        using var output = Prf(algorithm).Compute(key, data);
        Assert.Equal(expected, Hex.Of(output.Octets));
    }

    private static Prf Prf(PrfAlgorithm algorithm)
    {
        var prf = AlgorithmCatalog.Default.Prf(algorithm);
        Assert.NotNull(prf);
        return prf;
    }

    private static byte[] Hmac(PrfAlgorithm algorithm, byte[] key, byte[] data) => algorithm switch
    {
        PrfAlgorithm.HmacSha1 => HMACSHA1.HashData(key, data),
        PrfAlgorithm.HmacSha256 => HMACSHA256.HashData(key, data),
        PrfAlgorithm.HmacSha384 => HMACSHA384.HashData(key, data),
        _ => HMACSHA512.HashData(key, data),
    };

    private static byte[] Repeat(byte octet, int count) => [.. Enumerable.Repeat(octet, count)];

    private static byte[] Counting(int first, int count) => [.. Enumerable.Range(first, count).Select(n => (byte)n)];
}
