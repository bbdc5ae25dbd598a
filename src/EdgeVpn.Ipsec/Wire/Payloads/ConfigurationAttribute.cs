using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>One attribute of a configuration payload (RFC 7296 §3.15.1).</summary>
/// <param name="Type">15 bits, from <see cref="ConfigurationAttributeType"/>; unknown ones are kept, and ignored by who reads them.</param>
/// <param name="Value">Empty in a request that asks for any value.</param>
public sealed record ConfigurationAttribute(ushort Type, byte[] Value)
{
    public ConfigurationAttribute(ConfigurationAttributeType type, byte[] value)
        : this((ushort)type, value)
    {
    }

    public bool Equals(ConfigurationAttribute? other) => other is not null && Type == other.Type && OctetEquality.Same(Value, other.Value);

    public override int GetHashCode() => HashCode.Combine(Type, OctetEquality.Hash(Value));

    public override string ToString() => $"{(ConfigurationAttributeType)Type}={Convert.ToHexStringLower(Value)}";
}
