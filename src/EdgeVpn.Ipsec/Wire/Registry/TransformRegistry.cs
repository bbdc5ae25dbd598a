namespace EdgeVpn.Ipsec.Wire.Registry;

/// <summary>IKEv2 Security Protocol Identifiers (RFC 7296 §3.3.1).</summary>
public enum ProtocolId : byte
{
    None = 0,
    Ike = 1,
    Ah = 2,
    Esp = 3,
}

/// <summary>IKEv2 Transform Types (RFC 7296 §3.3.2, RFC 9370).</summary>
public enum TransformType : byte
{
    EncryptionAlgorithm = 1,
    PseudorandomFunction = 2,
    IntegrityAlgorithm = 3,
    KeyExchangeMethod = 4,
    ExtendedSequenceNumbers = 5,
    AdditionalKeyExchange1 = 6,
    AdditionalKeyExchange2 = 7,
    AdditionalKeyExchange3 = 8,
    AdditionalKeyExchange4 = 9,
    AdditionalKeyExchange5 = 10,
    AdditionalKeyExchange6 = 11,
    AdditionalKeyExchange7 = 12,
}

/// <summary>Transform Type 1: Encryption Algorithm Transform IDs.</summary>
public enum EncryptionAlgorithm : ushort
{
    None = 0,
    DesIv64 = 1,
    Des = 2,
    TripleDes = 3,
    Rc5 = 4,
    Idea = 5,
    Cast = 6,
    Blowfish = 7,
    TripleIdea = 8,
    DesIv32 = 9,
    Null = 11,
    AesCbc = 12,
    AesCtr = 13,
    AesCcm8 = 14,
    AesCcm12 = 15,
    AesCcm16 = 16,
    AesGcm8 = 18,
    AesGcm12 = 19,
    AesGcm16 = 20,
    NullAuthAesGmac = 21,
    CamelliaCbc = 23,
    CamelliaCtr = 24,
    CamelliaCcm8 = 25,
    CamelliaCcm12 = 26,
    CamelliaCcm16 = 27,
    ChaCha20Poly1305 = 28,
    AesCcm8Iiv = 29, // RFC 8750
    AesGcm16Iiv = 30, // RFC 8750
    ChaCha20Poly1305Iiv = 31, // RFC 8750
}

/// <summary>Transform Type 2: Pseudorandom Function Transform IDs.</summary>
public enum PrfAlgorithm : ushort
{
    None = 0,
    HmacMd5 = 1,
    HmacSha1 = 2,
    HmacTiger = 3,
    Aes128Xcbc = 4,
    HmacSha256 = 5,
    HmacSha384 = 6,
    HmacSha512 = 7,
    Aes128Cmac = 8,
}

/// <summary>Transform Type 3: Integrity Algorithm Transform IDs.</summary>
public enum IntegrityAlgorithm : ushort
{
    None = 0,
    HmacMd5_96 = 1,
    HmacSha1_96 = 2,
    DesMac = 3,
    KpdkMd5 = 4,
    AesXcbc96 = 5,
    HmacMd5_128 = 6,
    HmacSha1_160 = 7,
    AesCmac96 = 8,
    Aes128Gmac = 9,
    Aes192Gmac = 10,
    Aes256Gmac = 11,
    HmacSha256_128 = 12,
    HmacSha384_192 = 13,
    HmacSha512_256 = 14,
}

/// <summary>Transform Type 4: Key Exchange Method Transform IDs.</summary>
public enum KeyExchangeMethod : ushort
{
    None = 0,
    Modp768 = 1,
    Modp1024 = 2,
    Modp1536 = 5,
    Modp2048 = 14,
    Modp3072 = 15,
    Modp4096 = 16,
    Modp6144 = 17,
    Modp8192 = 18,
    Ecp256 = 19,
    Ecp384 = 20,
    Ecp521 = 21,
    Modp1024s160 = 22,
    Modp2048s224 = 23,
    Modp2048s256 = 24,
    Ecp192 = 25,
    Ecp224 = 26,
    BrainpoolP224r1 = 27,
    BrainpoolP256r1 = 28,
    BrainpoolP384r1 = 29,
    BrainpoolP512r1 = 30,
    Curve25519 = 31,
    Curve448 = 32,
    MlKem512 = 35,
    MlKem768 = 36,
    MlKem1024 = 37,
}

/// <summary>Transform Type 5: Extended Sequence Numbers Transform IDs.</summary>
public enum EsnTransform : ushort
{
    None = 0,
    Extended = 1,
}

/// <summary>IKEv2 Transform Attribute Types (RFC 7296 §3.3.5).</summary>
public enum TransformAttributeType : ushort
{
    KeyLength = 14,
}
