namespace EdgeVpn.Ipsec.Wire.Registry;

/// <summary>IKEv2 Payload Types (RFC 7296 §3.2).</summary>
public enum PayloadType : byte
{
    /// <summary>No Next Payload.</summary>
    None = 0,

    /// <summary>SA (§3.3).</summary>
    SecurityAssociation = 33,

    /// <summary>KE (§3.4).</summary>
    KeyExchange = 34,

    /// <summary>IDi (§3.5).</summary>
    IdentificationInitiator = 35,

    /// <summary>IDr (§3.5).</summary>
    IdentificationResponder = 36,

    /// <summary>CERT (§3.6).</summary>
    Certificate = 37,

    /// <summary>CERTREQ (§3.7).</summary>
    CertificateRequest = 38,

    /// <summary>AUTH (§3.8).</summary>
    Authentication = 39,

    /// <summary>Ni, Nr (§3.9).</summary>
    Nonce = 40,

    /// <summary>N (§3.10).</summary>
    Notify = 41,

    /// <summary>D (§3.11).</summary>
    Delete = 42,

    /// <summary>V (§3.12).</summary>
    VendorId = 43,

    /// <summary>TSi (§3.13).</summary>
    TrafficSelectorInitiator = 44,

    /// <summary>TSr (§3.13).</summary>
    TrafficSelectorResponder = 45,

    /// <summary>SK: Encrypted and Authenticated (§3.14).</summary>
    Encrypted = 46,

    /// <summary>CP (§3.15).</summary>
    Configuration = 47,

    /// <summary>EAP (§3.16).</summary>
    ExtensibleAuthentication = 48,

    /// <summary>GSPM (RFC 6467).</summary>
    GenericSecurePasswordMethod = 49,

    /// <summary>IDg (RFC 9838).</summary>
    GroupIdentification = 50,

    /// <summary>GSA (RFC 9838).</summary>
    GroupSecurityAssociation = 51,

    /// <summary>KD (RFC 9838).</summary>
    KeyDownload = 52,

    /// <summary>SKF: Encrypted and Authenticated Fragment (RFC 7383).</summary>
    EncryptedFragment = 53,

    /// <summary>PS (RFC 8019).</summary>
    PuzzleSolution = 54,
}

/// <summary>What the wire format knows about a payload type.</summary>
public static class PayloadTypes
{
    /// <summary>SK or SKF: nothing follows in the same chain.</summary>
    public static bool EndsChain(this PayloadType type) => type is PayloadType.Encrypted or PayloadType.EncryptedFragment;

    /// <summary>Whether this engine reads payloads of this type. Others are skipped, unless critical (RFC 7296 §2.5).</summary>
    public static bool IsUnderstood(this PayloadType type) =>
        type is (>= PayloadType.SecurityAssociation and <= PayloadType.ExtensibleAuthentication) or PayloadType.EncryptedFragment;
}
