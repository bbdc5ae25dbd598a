namespace EdgeVpn.Ipsec.Wire.Registry;

/// <summary>IKEv2 Exchange Types (RFC 7296 §3.1).</summary>
public enum ExchangeType : byte
{
    IkeSaInit = 34,
    IkeAuth = 35,
    CreateChildSa = 36,
    Informational = 37,

    /// <summary>RFC 5723.</summary>
    IkeSessionResume = 38,

    /// <summary>RFC 9838.</summary>
    GsaAuth = 39,

    /// <summary>RFC 9838.</summary>
    GsaRegistration = 40,

    /// <summary>RFC 9838.</summary>
    GsaRekey = 41,

    /// <summary>RFC 9838.</summary>
    GsaInbandRekey = 42,

    /// <summary>RFC 9242.</summary>
    IkeIntermediate = 43,

    /// <summary>RFC 9370.</summary>
    IkeFollowupKe = 44,
}
