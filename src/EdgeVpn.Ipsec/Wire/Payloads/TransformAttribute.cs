using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>One attribute of a transform: TV (two octets of value) or TLV (RFC 7296 §3.3.5).</summary>
/// <param name="Type">15 bits; the 16th says which form it has.</param>
/// <param name="IsShort">TV: <paramref name="Value"/> has exactly two octets and stands where TLV has its length.</param>
/// <param name="Value">The value as it stands on the wire.</param>
public sealed record TransformAttribute(TransformAttributeType Type, bool IsShort, byte[] Value)
{
    // |A|       Attribute Type        |    AF=0  Attribute Length     |
    // |F|                             |    AF=1  Attribute Value      |
    // |                   AF=0  Attribute Value                       |

    private const ushort ShortFormat = 0x8000;

    internal int Length => IsShort ? 4 : 4 + Value.Length;

    public bool Equals(TransformAttribute? other) =>
        other is not null && Type == other.Type && IsShort == other.IsShort && OctetEquality.Same(Value, other.Value);

    public override int GetHashCode() => HashCode.Combine(Type, IsShort, OctetEquality.Hash(Value));

    internal static WireError TryRead(ref WireReader reader, out TransformAttribute? attribute)
    {
        attribute = null;
        if (!reader.TryReadUInt16(out var format)) return WireError.Truncated;
        var isShort = (format & ShortFormat) != 0;
        var length = (ushort)2;
        if (!isShort && !reader.TryReadUInt16(out length)) return WireError.Truncated;
        if (!reader.TryTake(length, out var value)) return WireError.Truncated;
        attribute = new TransformAttribute((TransformAttributeType)(format & ~ShortFormat), isShort, value.ToArray());
        return WireError.None;
    }

    internal void Write(ref WireWriter writer)
    {
        writer.WriteUInt16((ushort)((ushort)Type | (IsShort ? ShortFormat : 0)));
        if (!IsShort) writer.WriteUInt16(checked((ushort)Value.Length));
        writer.Write(Value);
    }
}
