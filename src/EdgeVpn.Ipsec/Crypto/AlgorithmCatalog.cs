using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto.KeyExchange;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>What this engine can compute, by IANA number. Immutable; what policy allows is another question.</summary>
public sealed class AlgorithmCatalog
{
    private readonly ImmutableDictionary<PrfAlgorithm, Prf> _prfs;
    private readonly ImmutableDictionary<KeyExchangeMethod, IKeyExchange> _keyExchanges;

    private AlgorithmCatalog(ImmutableDictionary<PrfAlgorithm, Prf> prfs, ImmutableDictionary<KeyExchangeMethod, IKeyExchange> keyExchanges)
    {
        _prfs = prfs;
        _keyExchanges = keyExchanges;
    }

    /// <summary>Everything that BouncyCastle and the platform's library give.</summary>
    public static AlgorithmCatalog Default { get; } = MakeDefault();

    /// <summary>A catalogue where this method is added, or takes the place of the one with its number: a faster library, a toy group in a simulation.</summary>
    public AlgorithmCatalog With(IKeyExchange keyExchange)
    {
        ArgumentNullException.ThrowIfNull(keyExchange);
        return new AlgorithmCatalog(_prfs, _keyExchanges.SetItem(keyExchange.Method, keyExchange));
    }

    /// <summary>A catalogue where this function is added, or takes the place of the one with its number.</summary>
    public AlgorithmCatalog With(Prf prf)
    {
        ArgumentNullException.ThrowIfNull(prf);
        return new AlgorithmCatalog(_prfs.SetItem(prf.Algorithm, prf), _keyExchanges);
    }

    /// <returns>Null if unknown.</returns>
    public Prf? Prf(PrfAlgorithm algorithm) => _prfs.GetValueOrDefault(algorithm);

    /// <returns>Null if unknown.</returns>
    public IKeyExchange? KeyExchange(KeyExchangeMethod method) => _keyExchanges.GetValueOrDefault(method);

    /// <summary>True if <see cref="SkCipher"/> makes a cipher of this combination.</summary>
    public static bool HasSkCipher(EncryptionAlgorithm encryption, int keyLengthBits, IntegrityAlgorithm integrity) => encryption switch
    {
        EncryptionAlgorithm.AesCbc or EncryptionAlgorithm.TripleDes =>
            EncryptionKeyOctets(encryption, keyLengthBits) > 0 && IntegrityKeyOctets(integrity) > 0,
        EncryptionAlgorithm.AesGcm8 or EncryptionAlgorithm.AesGcm12 or EncryptionAlgorithm.AesGcm16 or EncryptionAlgorithm.ChaCha20Poly1305 =>
            EncryptionKeyOctets(encryption, keyLengthBits) > 0 && integrity == IntegrityAlgorithm.None,
        _ => false,
    };

    /// <summary>One direction's protection of the SK payload. The keys are copied; the caller disposes the cipher.</summary>
    /// <param name="keyLengthBits">The Key Length attribute; 0 where the algorithm has none.</param>
    /// <param name="encryptionKey">SK_ei or SK_er: <see cref="EncryptionKeyOctets"/> octets, an AEAD's salt last (RFC 5282 §7.1).</param>
    /// <param name="integrityKey">SK_ai or SK_ar: <see cref="IntegrityKeyOctets"/> octets; empty for an AEAD.</param>
    /// <param name="entropy">The source of CBC's IVs.</param>
    /// <returns>Null if the combination is unknown.</returns>
    /// <exception cref="ArgumentException">A key's length is not that of its algorithm.</exception>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Asked of a catalogue like functions and groups, so that callers hold one thing.")]
    public SkCipher? SkCipher(
        EncryptionAlgorithm encryption,
        int keyLengthBits,
        IntegrityAlgorithm integrity,
        ReadOnlySpan<byte> encryptionKey,
        ReadOnlySpan<byte> integrityKey,
        IEntropy entropy)
    {
        if (!HasSkCipher(encryption, keyLengthBits, integrity))
            return null;
        if (encryptionKey.Length != EncryptionKeyOctets(encryption, keyLengthBits))
            throw new ArgumentException("The encryption key has not the algorithm's length.", nameof(encryptionKey));
        if (integrityKey.Length != IntegrityKeyOctets(integrity))
            throw new ArgumentException("The integrity key has not the algorithm's length.", nameof(integrityKey));

        if (!IsAead(encryption))
        {
            var (hash, icvOctets) = Hmac(integrity);
            return new SkCbcHmac(BlockCipher(encryption, encryptionKey), hash, icvOctets, integrityKey, entropy);
        }

        return new SkAead(Aead(encryption, encryptionKey[..^SkAead.SaltOctets]), encryptionKey[^SkAead.SaltOctets..]);
    }

    /// <summary>Octets of key material taken for one direction, an AEAD's salt included.</summary>
    /// <param name="keyLengthBits">The Key Length attribute; 0 if absent, as it must be for algorithms of one length (RFC 7296 §3.3.5).</param>
    /// <returns>−1 if the algorithm is unknown, or the key length is not one of its own.</returns>
    public static int EncryptionKeyOctets(EncryptionAlgorithm encryption, int keyLengthBits) => (encryption, keyLengthBits) switch
    {
        (EncryptionAlgorithm.AesCbc, 128 or 192 or 256) => keyLengthBits / 8,
        (EncryptionAlgorithm.AesGcm8 or EncryptionAlgorithm.AesGcm12 or EncryptionAlgorithm.AesGcm16 or EncryptionAlgorithm.NullAuthAesGmac, 128 or 192 or 256) =>
            (keyLengthBits / 8) + 4, // RFC 4106 §8.1, RFC 4543 §5.1
        (EncryptionAlgorithm.ChaCha20Poly1305, 0) => 32 + 4, // RFC 7634 §2
        (EncryptionAlgorithm.TripleDes, 0) => 24,
        (EncryptionAlgorithm.Null, 0) => 0,
        _ => -1,
    };

    /// <summary>Octets of key material taken for one direction: the hash's output length (RFC 4868 §2.1.1). 0 for none.</summary>
    /// <returns>−1 if the algorithm is unknown.</returns>
    public static int IntegrityKeyOctets(IntegrityAlgorithm integrity) => integrity switch
    {
        IntegrityAlgorithm.None => 0,
        IntegrityAlgorithm.HmacSha1_96 => 20,
        IntegrityAlgorithm.HmacSha256_128 => 32,
        IntegrityAlgorithm.HmacSha384_192 => 48,
        IntegrityAlgorithm.HmacSha512_256 => 64,
        _ => -1,
    };

    /// <summary>True for combined-mode algorithms: they come without an integrity algorithm (RFC 7296 §3.3.3).</summary>
    public static bool IsAead(EncryptionAlgorithm encryption) => encryption is
        EncryptionAlgorithm.AesCcm8 or EncryptionAlgorithm.AesCcm12 or EncryptionAlgorithm.AesCcm16 or
        EncryptionAlgorithm.AesGcm8 or EncryptionAlgorithm.AesGcm12 or EncryptionAlgorithm.AesGcm16 or
        EncryptionAlgorithm.NullAuthAesGmac or EncryptionAlgorithm.ChaCha20Poly1305;

    private static AlgorithmCatalog MakeDefault()
    {
        Prf[] prfs =
        [
            new HmacPrf(PrfAlgorithm.HmacSha1, HashAlgorithmName.SHA1, SHA1.HashSizeInBytes),
            new HmacPrf(PrfAlgorithm.HmacSha256, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes),
            new HmacPrf(PrfAlgorithm.HmacSha384, HashAlgorithmName.SHA384, SHA384.HashSizeInBytes),
            new HmacPrf(PrfAlgorithm.HmacSha512, HashAlgorithmName.SHA512, SHA512.HashSizeInBytes),
        ];
        IKeyExchange[] keyExchanges =
        [
            .. ModpMethods.Over(static prime => new MontgomeryModulus(prime)),
            new EcpKeyExchange(EcpGroup.Ecp256),
            new EcpKeyExchange(EcpGroup.Ecp384),
            new EcpKeyExchange(EcpGroup.Ecp521),
            XdhKeyExchange.Curve25519,
            XdhKeyExchange.Curve448,
            MlKemKeyExchange.MlKem512,
            MlKemKeyExchange.MlKem768,
            MlKemKeyExchange.MlKem1024,
        ];
        return new AlgorithmCatalog(prfs.ToImmutableDictionary(p => p.Algorithm), keyExchanges.ToImmutableDictionary(k => k.Method));
    }

    private static SymmetricAlgorithm BlockCipher(EncryptionAlgorithm encryption, ReadOnlySpan<byte> key)
    {
        SymmetricAlgorithm cipher = encryption == EncryptionAlgorithm.AesCbc ? Aes.Create() : TripleDES.Create();
        cipher.SetKey(key);
        return cipher;
    }

    private static (HashAlgorithmName Hash, int IcvOctets) Hmac(IntegrityAlgorithm integrity) => integrity switch
    {
        IntegrityAlgorithm.HmacSha1_96 => (HashAlgorithmName.SHA1, 12),
        IntegrityAlgorithm.HmacSha256_128 => (HashAlgorithmName.SHA256, 16),
        IntegrityAlgorithm.HmacSha384_192 => (HashAlgorithmName.SHA384, 24),
        IntegrityAlgorithm.HmacSha512_256 => (HashAlgorithmName.SHA512, 32),
        _ => throw new ArgumentOutOfRangeException(nameof(integrity), integrity, "Not an HMAC."),
    };

    private static IAead Aead(EncryptionAlgorithm encryption, ReadOnlySpan<byte> key) => encryption switch
    {
        EncryptionAlgorithm.AesGcm8 => new PlatformAesGcm(key, tagOctets: 8),
        EncryptionAlgorithm.AesGcm12 => new PlatformAesGcm(key, tagOctets: 12),
        EncryptionAlgorithm.AesGcm16 => new PlatformAesGcm(key, tagOctets: 16),
        _ => PlatformChaCha.IsSupported ? new PlatformChaCha(key) : new ManagedChaCha(key),
    };
}
