using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Vendor ID payload: octets that an implementation, or an extension of it, is known by (RFC 7296 §3.12).</summary>
public sealed record VendorIdPayload(byte[] VendorId) : Payload
{
    public override PayloadType Type => PayloadType.VendorId;

    public override int BodyLength => VendorId.Length;

    public static WireError TryRead(ReadOnlySpan<byte> body, out VendorIdPayload? value)
    {
        value = new VendorIdPayload(body.ToArray());
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer) => writer.Write(VendorId);

    public bool Equals(VendorIdPayload? other) => other is not null && OctetEquality.Same(VendorId, other.VendorId);

    public override int GetHashCode() => OctetEquality.Hash(VendorId);

    public override string ToString() => $"V({Convert.ToHexStringLower(VendorId)})";
}
