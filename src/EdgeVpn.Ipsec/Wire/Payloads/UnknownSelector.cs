using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>A traffic selector of a type that we do not read: passed over, kept for logs (RFC 7296 §3.13.1).</summary>
/// <param name="SelectorType">Its TS Type.</param>
/// <param name="IpProtocol">Second octet: a protocol in the types defined so far.</param>
/// <param name="Octets">What follows the length.</param>
public sealed record UnknownSelector(TrafficSelectorType SelectorType, byte IpProtocol, byte[] Octets)
{
    public bool Equals(UnknownSelector? other) =>
        other is not null && SelectorType == other.SelectorType && IpProtocol == other.IpProtocol && OctetEquality.Same(Octets, other.Octets);

    public override int GetHashCode() => HashCode.Combine(SelectorType, IpProtocol, OctetEquality.Hash(Octets));

    public override string ToString() => $"{SelectorType}?";
}
