using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Configuration payload (RFC 7296 §3.15).</summary>
public sealed record CpPayload(ConfigurationType ConfigurationType, ImmutableArray<ConfigurationAttribute> Attributes) : Payload
{
    // |   CFG Type    |                    RESERVED                   |
    // |R|         Attribute Type      |            Length             |
    // ~                             Value                             ~

    /// <summary>Attributes in one payload: every type of the registry several times over, or two hundred split-tunnel subnets.</summary>
    public const int MaxAttributes = 256;

    private const int HeaderSize = 4;
    private const int AttributeHeaderSize = 4;
    private const ushort TypeMask = 0x7FFF;

    public override PayloadType Type => PayloadType.Configuration;

    public override int BodyLength => HeaderSize + Attributes.Sum(attribute => AttributeHeaderSize + attribute.Value.Length);

    public static WireError TryRead(ReadOnlySpan<byte> body, out CpPayload? value)
    {
        value = null;
        var reader = new WireReader(body);
        if (!reader.TryReadByte(out var type) || !reader.TrySkip(3)) return WireError.Truncated;
        var attributes = ImmutableArray.CreateBuilder<ConfigurationAttribute>();
        while (!reader.IsAtEnd)
        {
            if (attributes.Count == MaxAttributes) return WireError.TooManyAttributes;
            if (!reader.TryReadUInt16(out var attribute) || !reader.TryReadUInt16(out var length) || !reader.TryTake(length, out var octets))
                return WireError.Truncated;
            attributes.Add(new ConfigurationAttribute((ushort)(attribute & TypeMask), octets.ToArray()));
        }

        value = new CpPayload((ConfigurationType)type, attributes.ToImmutable());
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer)
    {
        writer.WriteByte((byte)ConfigurationType);
        writer.WriteReserved(3);
        foreach (var attribute in Attributes)
        {
            writer.WriteUInt16((ushort)(attribute.Type & TypeMask));
            writer.WriteUInt16(checked((ushort)attribute.Value.Length));
            writer.Write(attribute.Value);
        }
    }

    public bool Equals(CpPayload? other) =>
        other is not null && ConfigurationType == other.ConfigurationType && OctetEquality.Same(Attributes, other.Attributes);

    public override int GetHashCode() => HashCode.Combine(ConfigurationType, OctetEquality.Hash(Attributes));

    public override string ToString() => $"CP({ConfigurationType}, {string.Join(' ', Attributes)})";
}
