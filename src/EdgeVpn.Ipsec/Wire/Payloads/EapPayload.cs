using System.Buffers.Binary;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>EAP payload: one whole EAP message, Code first (RFC 7296 §3.16, RFC 3748 §4).</summary>
/// <param name="Message">Its own Length field is the length of the array.</param>
public sealed record EapPayload(byte[] Message) : Payload
{
    // |     Code      | Identifier    |           Length              |

    /// <summary>Octets of Success and Failure, the shortest messages.</summary>
    public const int MinLength = 4;

    public override PayloadType Type => PayloadType.ExtensibleAuthentication;

    public override int BodyLength => Message.Length;

    public static WireError TryRead(ReadOnlySpan<byte> body, out EapPayload? value)
    {
        value = null;
        if (body.Length < MinLength) return WireError.Truncated;
        if (BinaryPrimitives.ReadUInt16BigEndian(body[2..]) != body.Length) return WireError.BadLength;
        value = new EapPayload(body.ToArray());
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer) => writer.Write(Message);

    public bool Equals(EapPayload? other) => other is not null && OctetEquality.Same(Message, other.Message);

    public override int GetHashCode() => OctetEquality.Hash(Message);

    public override string ToString() => $"EAP({Message.Length} octets)";
}
