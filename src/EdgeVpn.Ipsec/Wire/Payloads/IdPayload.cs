using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Identification payload, IDi or IDr (RFC 7296 §3.5).</summary>
/// <remarks><see cref="Payload.WriteBody"/> writes IDi' / IDr', the octets that the AUTH computation covers (§2.15).</remarks>
public sealed record IdPayload(bool IsInitiator, Identification Id) : Payload
{
    public override PayloadType Type => IsInitiator ? PayloadType.IdentificationInitiator : PayloadType.IdentificationResponder;

    public override int BodyLength => 4 + Id.Data.Length;

    public static WireError TryRead(bool isInitiator, ReadOnlySpan<byte> body, out IdPayload? value)
    {
        value = null;
        var reader = new WireReader(body);
        if (!reader.TryReadByte(out var type) || !reader.TrySkip(3)) return WireError.Truncated;
        var data = reader.TakeRest();
        var isProper = (IdentificationType)type switch
        {
            IdentificationType.IPv4Address => data.Length == 4,
            IdentificationType.IPv6Address => data.Length == 16,
            _ => true,
        };
        if (!isProper) return WireError.BadLength;
        value = new IdPayload(isInitiator, new Identification((IdentificationType)type, data.ToArray()));
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer)
    {
        writer.WriteByte((byte)Id.IdType);
        writer.WriteReserved(3);
        writer.Write(Id.Data);
    }

    public override string ToString() => $"{(IsInitiator ? "IDi" : "IDr")}({Id})";
}
