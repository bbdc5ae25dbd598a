namespace EdgeVpn.Ipsec.Wire.Registry;

/// <summary>IKEv2 Configuration Payload CFG Types (RFC 7296 §3.15).</summary>
public enum ConfigurationType : byte
{
    Request = 1,
    Reply = 2,
    Set = 3,
    Ack = 4,
}

/// <summary>IKEv2 Configuration Payload Attribute Types, 15 bits (RFC 7296 §3.15.1).</summary>
public enum ConfigurationAttributeType : ushort
{
    InternalIp4Address = 1,
    InternalIp4Netmask = 2,
    InternalIp4Dns = 3,
    InternalIp4Nbns = 4,
    InternalIp4Dhcp = 6,
    ApplicationVersion = 7,
    InternalIp6Address = 8,
    InternalIp6Dns = 10,
    InternalIp6Dhcp = 12,
    InternalIp4Subnet = 13,
    SupportedAttributes = 14,
    InternalIp6Subnet = 15,
    Mip6HomePrefix = 16, // RFC 5026
    InternalIp6Link = 17, // RFC 5739
    InternalIp6Prefix = 18, // RFC 5739
    HomeAgentAddress = 19, // 3GPP TS 24.302
    PCscfIp4Address = 20, // RFC 7651
    PCscfIp6Address = 21, // RFC 7651
    FttKat = 22, // 3GPP TS 24.302
    ExternalSourceIp4NatInfo = 23, // 3GPP TS 29.139
    TimeoutPeriodForLivenessCheck = 24, // 3GPP TS 24.302
    InternalDnsDomain = 25, // RFC 8598
    InternalDnssecTa = 26, // RFC 8598
    EncDnsIp4 = 27, // RFC 9464
    EncDnsIp6 = 28, // RFC 9464
    EncDnsDigestInfo = 29, // RFC 9464
}
