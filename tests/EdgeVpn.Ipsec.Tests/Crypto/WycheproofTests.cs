using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Tests.Crypto.KeyExchange;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto;

/// <summary>Project Wycheproof through our own seams: what is invalid must be refused, what is valid must be right.</summary>
public sealed class WycheproofTests
{
    [Theory]
    [InlineData("hmac_sha256_test.json", PrfAlgorithm.HmacSha256)]
    [InlineData("hmac_sha384_test.json", PrfAlgorithm.HmacSha384)]
    public void Hmac(string file, PrfAlgorithm algorithm)
    {
        var prf = AlgorithmCatalog.Default.Prf(algorithm)!;
        foreach (var (_, test) in Wycheproof.Tests(file))
        {
            using var output = prf.Compute(test.Octets("key"), test.Octets("msg"));
            var tag = test.Octets("tag"); // some groups truncate
            var right = output.Octets[..tag.Length].SequenceEqual(tag);
            Assert.True(right == (test.Text("result") == "valid"), test.Name(file));
        }
    }

    [Theory]
    [InlineData("ecdh_secp256r1_ecpoint_test.json", KeyExchangeMethod.Ecp256, 32)]
    [InlineData("ecdh_secp384r1_ecpoint_test.json", KeyExchangeMethod.Ecp384, 48)]
    public void Ecp(string file, KeyExchangeMethod method, int size)
    {
        foreach (var (_, test) in Wycheproof.Tests(file))
        {
            // Most of P-384's tests are of one kind, and slow: every fifth of those keeps the run short.
            if (method == KeyExchangeMethod.Ecp384 && test.HasFlag("EdgeCaseDoubling") && test.GetProperty("tcId").GetInt32() % 5 != 0)
                continue;

            // IKE sends x | y, SEC1 writes 04 before it. What has another form cannot be said in IKE, but must be refused as it stands.
            var peer = test.Octets("public");
            if (peer.Length == 1 + (2 * size) && peer[0] == 4)
                peer = peer[1..];
            AssertAgreement(method, Fixed(test.Octets("private"), size), peer, test.Octets("shared"), test.Text("result") == "valid", test.Name(file));
        }
    }

    /// <summary>Values on the twist and not in canonical form are acceptable, and taken (RFC 7748 §5); an all-zero secret is not.</summary>
    [Fact]
    public void Curve25519()
    {
        const string file = "x25519_test.json";
        foreach (var (_, test) in Wycheproof.Tests(file))
        {
            AssertAgreement(
                KeyExchangeMethod.Curve25519,
                test.Octets("private"),
                test.Octets("public"),
                test.Octets("shared"),
                test.Text("result") != "invalid" && !test.HasFlag("ZeroSharedSecret"),
                test.Name(file));
        }
    }

    [Fact]
    public void MlKem768_key_generation_and_decapsulation()
    {
        const string file = "mlkem_768_test.json";
        var exchange = KeyExchangeTests.Exchange(KeyExchangeMethod.MlKem768);
        foreach (var (_, test) in Wycheproof.Tests(file))
        {
            var seed = test.Octets("seed");
            if (seed.Length != 64)
                continue; // the seed is ours, not the peer's
            using var initiation = exchange.Initiate(new ScriptedEntropy(seed));
            if (test.TryGetProperty("ek", out _))
                Assert.Equal(test.Text("ek"), Hex.Of(initiation.PublicValue));
            var finished = initiation.TryFinish(test.Octets("c"), out var shared);
            Assert.True(finished == (test.Text("result") == "valid"), test.Name(file));
            if (finished)
                Assert.True(shared!.FixedTimeEquals(test.Octets("K")), test.Name(file));
        }
    }

    [Fact]
    public void MlKem768_encapsulation()
    {
        const string file = "mlkem_768_encaps_test.json";
        var exchange = KeyExchangeTests.Exchange(KeyExchangeMethod.MlKem768);
        foreach (var (_, test) in Wycheproof.Tests(file))
        {
            var responded = exchange.TryRespond(test.Octets("ek"), new ScriptedEntropy(test.Octets("m")), out var ciphertext, out var shared);
            Assert.True(responded == (test.Text("result") == "valid"), test.Name(file));
            if (!responded)
                continue;
            Assert.True(test.Octets("c").AsSpan().SequenceEqual(ciphertext), test.Name(file));
            Assert.True(shared!.FixedTimeEquals(test.Octets("K")), test.Name(file));
        }
    }

    /// <summary>Both providers of every AEAD of the SK payload, at the nonce and tag lengths that IKE has.</summary>
    [Theory]
    [InlineData("aes_gcm_test.json", false)]
    [InlineData("chacha20_poly1305_test.json", true)]
    [InlineData("chacha20_poly1305_test.json", false)]
    public void Aead(string file, bool managed)
    {
        var isGcm = file.StartsWith("aes", StringComparison.Ordinal);
        if (!isGcm && !managed && !PlatformChaCha.IsSupported)
            Assert.Skip("The platform's library has no ChaCha20-Poly1305.");

        var done = 0;
        foreach (var (group, test) in Wycheproof.Tests(file))
        {
            if (group.GetProperty("ivSize").GetInt32() != 96 || group.GetProperty("tagSize").GetInt32() != 128)
                continue;
            done++;
            using IAead aead = (isGcm, managed) switch
            {
                (true, _) => new PlatformAesGcm(test.Octets("key"), 16),
                (false, true) => new ManagedChaCha(test.Octets("key")),
                (false, false) => new PlatformChaCha(test.Octets("key")),
            };

            var data = test.Octets("ct");
            var opened = aead.TryOpen(test.Octets("iv"), test.Octets("aad"), data, test.Octets("tag"));
            Assert.True(opened == (test.Text("result") == "valid"), test.Name(file));
            if (!opened)
                continue;
            Assert.True(data.AsSpan().SequenceEqual(test.Octets("msg")), test.Name(file));

            var tag = new byte[16];
            aead.Seal(test.Octets("iv"), test.Octets("aad"), data, tag);
            Assert.True(data.AsSpan().SequenceEqual(test.Octets("ct")) && tag.AsSpan().SequenceEqual(test.Octets("tag")), test.Name(file));
        }

        Assert.True(done > 100, $"only {done} tests have IKE's lengths");
    }

    /// <summary>A tag of 8 octets is the head of one of 16: what is valid stays so, and no damaged octet of it does.</summary>
    [Fact]
    public void Aead_with_tags_of_8_octets()
    {
        const string file = "aes_gcm_test.json";
        var done = 0;
        foreach (var (group, test) in Wycheproof.Tests(file))
        {
            if (group.GetProperty("ivSize").GetInt32() != 96 || group.GetProperty("tagSize").GetInt32() != 128 || test.Text("result") != "valid")
                continue;
            done++;
            using var aead = new PlatformAesGcm(test.Octets("key"), 8);
            var data = test.Octets("ct");
            for (var i = 0; i < 8; i++)
            {
                var damaged = test.Octets("tag")[..8];
                damaged[i] ^= 0x20;
                Assert.False(aead.TryOpen(test.Octets("iv"), test.Octets("aad"), data, damaged), test.Name(file));
                Assert.True(data.AsSpan().SequenceEqual(test.Octets("ct")), test.Name(file)); // nothing is deciphered
            }

            Assert.True(aead.TryOpen(test.Octets("iv"), test.Octets("aad"), data, test.Octets("tag").AsSpan(0, 8)), test.Name(file));
            Assert.True(data.AsSpan().SequenceEqual(test.Octets("msg")), test.Name(file));
            var tag = new byte[8];
            aead.Seal(test.Octets("iv"), test.Octets("aad"), data, tag);
            Assert.True(data.AsSpan().SequenceEqual(test.Octets("ct")) && tag.AsSpan().SequenceEqual(test.Octets("tag").AsSpan(0, 8)), test.Name(file));
        }

        Assert.True(done > 50, $"only {done} tests have IKE's lengths");
    }

    /// <summary>"Acceptable" is a DigestInfo without NULL, which RFC 8017 §9.2 lets a verifier refuse; either answer is right.</summary>
    [Theory]
    [InlineData("rsa_signature_2048_sha256_test.json", SignatureAlgorithm.RsaPkcs1, SignatureHashAlgorithm.Sha256)]
    [InlineData("ecdsa_secp256r1_sha256_test.json", SignatureAlgorithm.Ecdsa, SignatureHashAlgorithm.Sha256)]
    [InlineData("ecdsa_secp384r1_sha384_test.json", SignatureAlgorithm.Ecdsa, SignatureHashAlgorithm.Sha384)]
    public void Signature(string file, SignatureAlgorithm algorithm, SignatureHashAlgorithm hash)
    {
        var scheme = new SignatureScheme(algorithm, hash);
        foreach (var (group, test) in Wycheproof.Tests(file))
        {
            if (test.Text("result") == "acceptable")
                continue;
            Assert.True(SignaturePublicKey.TryImport(group.Octets("publicKeyDer"), out var key), test.Name(file));
            using (key)
            {
                var verdict = key.Verify(scheme, test.Octets("sig"), test.Octets("msg"));
                Assert.True((verdict == SignatureVerdict.Valid) == (test.Text("result") == "valid"), test.Name(file));
            }
        }
    }

    private static void AssertAgreement(KeyExchangeMethod method, byte[] own, byte[] peer, byte[] shared, bool taken, string name)
    {
        using var initiation = KeyExchangeTests.Exchange(method).Initiate(new ScriptedEntropy(own));
        var finished = initiation.TryFinish(peer, out var secret);
        Assert.True(finished == taken, name);
        Assert.True(!taken || secret!.FixedTimeEquals(shared), name);
    }

    /// <summary>DER's INTEGER has a leading zero where its first bit is set, and no others.</summary>
    private static byte[] Fixed(byte[] number, int size)
    {
        var significant = number.AsSpan().TrimStart((byte)0);
        var octets = new byte[size];
        significant.CopyTo(octets.AsSpan(size - significant.Length));
        return octets;
    }
}
