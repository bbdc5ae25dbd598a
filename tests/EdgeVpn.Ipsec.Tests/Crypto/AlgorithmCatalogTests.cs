using System.Diagnostics.CodeAnalysis;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto;

public sealed class AlgorithmCatalogTests
{
    [Theory]
    [InlineData(EncryptionAlgorithm.AesCbc, 128, 16)]
    [InlineData(EncryptionAlgorithm.AesCbc, 192, 24)]
    [InlineData(EncryptionAlgorithm.AesCbc, 256, 32)]
    [InlineData(EncryptionAlgorithm.AesCbc, 0, -1)] // the attribute is required (RFC 7296 §3.3.5)
    [InlineData(EncryptionAlgorithm.AesCbc, 64, -1)]
    [InlineData(EncryptionAlgorithm.AesCbc, 512, -1)]
    [InlineData(EncryptionAlgorithm.AesGcm8, 128, 20)]
    [InlineData(EncryptionAlgorithm.AesGcm12, 192, 28)]
    [InlineData(EncryptionAlgorithm.AesGcm16, 256, 36)]
    [InlineData(EncryptionAlgorithm.AesGcm16, 0, -1)]
    [InlineData(EncryptionAlgorithm.NullAuthAesGmac, 256, 36)]
    [InlineData(EncryptionAlgorithm.ChaCha20Poly1305, 0, 36)]
    [InlineData(EncryptionAlgorithm.ChaCha20Poly1305, 256, -1)] // the attribute must not be there (RFC 7634 §2)
    [InlineData(EncryptionAlgorithm.TripleDes, 0, 24)]
    [InlineData(EncryptionAlgorithm.TripleDes, 192, -1)]
    [InlineData(EncryptionAlgorithm.Null, 0, 0)]
    [InlineData(EncryptionAlgorithm.Des, 0, -1)]
    [InlineData(EncryptionAlgorithm.AesCtr, 128, -1)]
    [InlineData((EncryptionAlgorithm)1024, 128, -1)]
    public void Encryption_keys_have_the_length_of_their_rfc(EncryptionAlgorithm encryption, int keyLength, int octets) =>
        Assert.Equal(octets, AlgorithmCatalog.EncryptionKeyOctets(encryption, keyLength));

    [Theory]
    [InlineData(IntegrityAlgorithm.None, 0)]
    [InlineData(IntegrityAlgorithm.HmacSha1_96, 20)]
    [InlineData(IntegrityAlgorithm.HmacSha256_128, 32)]
    [InlineData(IntegrityAlgorithm.HmacSha384_192, 48)]
    [InlineData(IntegrityAlgorithm.HmacSha512_256, 64)]
    [InlineData(IntegrityAlgorithm.HmacMd5_96, -1)]
    [InlineData((IntegrityAlgorithm)1024, -1)]
    public void Integrity_keys_have_the_length_of_their_rfc(IntegrityAlgorithm integrity, int octets) =>
        Assert.Equal(octets, AlgorithmCatalog.IntegrityKeyOctets(integrity));

    [Fact]
    public void What_is_unknown_is_null()
    {
        var catalog = AlgorithmCatalog.Default;
        Assert.Null(catalog.Prf(PrfAlgorithm.None));
        Assert.Null(catalog.Prf(PrfAlgorithm.HmacMd5));
        Assert.Null(catalog.KeyExchange(KeyExchangeMethod.None));
        Assert.Null(catalog.KeyExchange(KeyExchangeMethod.Modp768));
        Assert.Null(catalog.KeyExchange((KeyExchangeMethod)1024));
    }

    [Theory]
    [InlineData(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.None)] // CBC needs an integrity algorithm
    [InlineData(EncryptionAlgorithm.AesCbc, 0, IntegrityAlgorithm.HmacSha256_128)]
    [InlineData(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacMd5_96)]
    [InlineData(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.HmacSha256_128)] // an AEAD has its own
    [InlineData(EncryptionAlgorithm.AesGcm16, 512, IntegrityAlgorithm.None)]
    [InlineData(EncryptionAlgorithm.Null, 0, IntegrityAlgorithm.HmacSha256_128)] // never for IKE (RFC 7296 §3.3.2)
    [InlineData(EncryptionAlgorithm.NullAuthAesGmac, 256, IntegrityAlgorithm.None)] // never for IKE (RFC 4543 §9)
    [InlineData(EncryptionAlgorithm.None, 0, IntegrityAlgorithm.None)]
    public void A_combination_that_does_not_protect_ike_has_no_cipher(EncryptionAlgorithm encryption, int keyLength, IntegrityAlgorithm integrity)
    {
        Assert.False(AlgorithmCatalog.HasSkCipher(encryption, keyLength, integrity));
        Assert.Null(AlgorithmCatalog.Default.SkCipher(encryption, keyLength, integrity, new byte[32], new byte[32], new SeededEntropy(1)));
    }

    [Theory]
    [MemberData(nameof(SkCipherTests.Suites), MemberType = typeof(SkCipherTests))]
    public void A_key_of_another_length_is_the_callers_mistake(
        EncryptionAlgorithm encryption, int keyLength, IntegrityAlgorithm integrity, int ivOctets, int icvOctets, int blockOctets)
    {
        _ = (ivOctets, icvOctets, blockOctets);
        var encryptionOctets = AlgorithmCatalog.EncryptionKeyOctets(encryption, keyLength);
        var integrityOctets = AlgorithmCatalog.IntegrityKeyOctets(integrity);
        Assert.True(AlgorithmCatalog.HasSkCipher(encryption, keyLength, integrity));
        Assert.Throws<ArgumentException>(() => Make(encryptionOctets + 1, integrityOctets));
        Assert.Throws<ArgumentException>(() => Make(encryptionOctets, integrityOctets + 1));

        void Make(int forEncryption, int forIntegrity) => AlgorithmCatalog.Default.SkCipher(
            encryption, keyLength, integrity, new byte[forEncryption], new byte[forIntegrity], new SeededEntropy(1));
    }

    [Fact]
    public void A_method_of_ones_own_takes_the_place_of_the_default_in_the_copy_only()
    {
        var own = new OwnMethod(KeyExchangeMethod.Modp2048);
        var toy = new OwnMethod((KeyExchangeMethod)1024);
        var catalog = AlgorithmCatalog.Default.With(own).With(toy);

        Assert.Same(own, catalog.KeyExchange(KeyExchangeMethod.Modp2048));
        Assert.Same(toy, catalog.KeyExchange((KeyExchangeMethod)1024));
        Assert.Same(AlgorithmCatalog.Default.KeyExchange(KeyExchangeMethod.Ecp256), catalog.KeyExchange(KeyExchangeMethod.Ecp256));
        Assert.NotSame(own, AlgorithmCatalog.Default.KeyExchange(KeyExchangeMethod.Modp2048));
        Assert.Null(AlgorithmCatalog.Default.KeyExchange((KeyExchangeMethod)1024));
    }

    private sealed class OwnMethod(KeyExchangeMethod method) : IKeyExchange
    {
        public KeyExchangeMethod Method => method;

        public IKeyExchangeInitiation Initiate(IEntropy entropy) => throw new NotSupportedException();

        public bool TryRespond(
            ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared) =>
            throw new NotSupportedException();
    }
}
