using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Certificate payload: one certificate, or another thing of the registry (RFC 7296 §3.6).</summary>
public sealed record CertPayload(CertificateEncoding Encoding, byte[] Data) : Payload
{
    public override PayloadType Type => PayloadType.Certificate;

    public override int BodyLength => 1 + Data.Length;

    public static WireError TryRead(ReadOnlySpan<byte> body, out CertPayload? value)
    {
        value = null;
        if (body.IsEmpty) return WireError.Truncated;
        value = new CertPayload((CertificateEncoding)body[0], body[1..].ToArray());
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer)
    {
        writer.WriteByte((byte)Encoding);
        writer.Write(Data);
    }

    public bool Equals(CertPayload? other) => other is not null && Encoding == other.Encoding && OctetEquality.Same(Data, other.Data);

    public override int GetHashCode() => HashCode.Combine(Encoding, OctetEquality.Hash(Data));

    public override string ToString() => $"CERT({Encoding}, {Data.Length} octets)";
}
