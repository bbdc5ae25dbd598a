namespace EdgeVpn.Ipsec.Wire.Registry;

/// <summary>IKEv2 Traffic Selector Types (RFC 7296 §3.13.1).</summary>
public enum TrafficSelectorType : byte
{
    IPv4AddressRange = 7,
    IPv6AddressRange = 8,

    /// <summary>RFC 4595.</summary>
    FcAddressRange = 9,

    /// <summary>RFC 9478.</summary>
    SecurityLabel = 10,
}
