using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Authentication payload (RFC 7296 §3.8).</summary>
/// <param name="Method">What <paramref name="Data"/> is.</param>
/// <param name="Data">The signature or MIC; for method 14, the algorithm identifier and the signature (RFC 7427 §3).</param>
public sealed record AuthPayload(AuthenticationMethod Method, byte[] Data) : Payload
{
    public override PayloadType Type => PayloadType.Authentication;

    public override int BodyLength => 4 + Data.Length;

    public static WireError TryRead(ReadOnlySpan<byte> body, out AuthPayload? value)
    {
        value = null;
        var reader = new WireReader(body);
        if (!reader.TryReadByte(out var method) || !reader.TrySkip(3)) return WireError.Truncated;
        value = new AuthPayload((AuthenticationMethod)method, reader.TakeRest().ToArray());
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer)
    {
        writer.WriteByte((byte)Method);
        writer.WriteReserved(3);
        writer.Write(Data);
    }

    public bool Equals(AuthPayload? other) => other is not null && Method == other.Method && OctetEquality.Same(Data, other.Data);

    public override int GetHashCode() => HashCode.Combine(Method, OctetEquality.Hash(Data));

    public override string ToString() => $"AUTH({Method}, {Data.Length} octets)";
}
