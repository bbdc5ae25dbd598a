namespace EdgeVpn.Ipsec.Wire.Registry;

/// <summary>IKEv2 Identification Payload ID Types (RFC 7296 §3.5).</summary>
public enum IdentificationType : byte
{
    IPv4Address = 1,

    /// <summary>A fully qualified domain name, without terminator.</summary>
    Fqdn = 2,

    /// <summary>An e-mail address, without terminator.</summary>
    Rfc822Address = 3,

    IPv6Address = 5,

    /// <summary>The DER of an X.500 distinguished name.</summary>
    DerAsn1Dn = 9,

    /// <summary>The DER of an X.509 general name.</summary>
    DerAsn1Gn = 10,

    /// <summary>Octets that mean something to both ends only.</summary>
    KeyId = 11,

    /// <summary>RFC 4595.</summary>
    FcName = 12,

    /// <summary>RFC 7619.</summary>
    Null = 13,
}
