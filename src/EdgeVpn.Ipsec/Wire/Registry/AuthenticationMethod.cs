namespace EdgeVpn.Ipsec.Wire.Registry;

/// <summary>IKEv2 Authentication Methods (RFC 7296 §3.8).</summary>
public enum AuthenticationMethod : byte
{
    RsaDigitalSignature = 1,
    SharedKeyMessageIntegrityCode = 2,
    DssDigitalSignature = 3,

    /// <summary>ECDSA with SHA-256 on the P-256 curve (RFC 4754).</summary>
    EcdsaSha256P256 = 9,

    /// <summary>ECDSA with SHA-384 on the P-384 curve (RFC 4754).</summary>
    EcdsaSha384P384 = 10,

    /// <summary>ECDSA with SHA-512 on the P-521 curve (RFC 4754).</summary>
    EcdsaSha512P521 = 11,

    /// <summary>RFC 6467.</summary>
    GenericSecurePassword = 12,

    /// <summary>RFC 7619.</summary>
    NullAuthentication = 13,

    /// <summary>RFC 7427.</summary>
    DigitalSignature = 14,
}

/// <summary>IKEv2 Hash Algorithms, as listed in SIGNATURE_HASH_ALGORITHMS (RFC 7427 §4).</summary>
public enum SignatureHashAlgorithm : ushort
{
    Sha1 = 1,
    Sha256 = 2,
    Sha384 = 3,
    Sha512 = 4,

    /// <summary>The signature scheme hashes by itself: EdDSA (RFC 8420).</summary>
    Identity = 5,

    /// <summary>RFC 9385.</summary>
    Streebog256 = 6,

    /// <summary>RFC 9385.</summary>
    Streebog512 = 7,
}
