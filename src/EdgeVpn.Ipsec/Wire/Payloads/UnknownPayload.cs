using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>A payload of a type that we do not read: skipped, unless its sender made it critical (RFC 7296 §2.5).</summary>
public sealed record UnknownPayload(PayloadType PayloadType, bool IsCritical, byte[] Body) : Payload
{
    public override PayloadType Type => PayloadType;

    public override int BodyLength => Body.Length;

    public override void WriteBody(ref WireWriter writer) => writer.Write(Body);

    public bool Equals(UnknownPayload? other) =>
        other is not null && PayloadType == other.PayloadType && IsCritical == other.IsCritical && OctetEquality.Same(Body, other.Body);

    public override int GetHashCode() => HashCode.Combine(PayloadType, IsCritical, OctetEquality.Hash(Body));

    public override string ToString() => $"{PayloadType}?({(IsCritical ? "critical, " : "")}{Body.Length} octets)";
}
