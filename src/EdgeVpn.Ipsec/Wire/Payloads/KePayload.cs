using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Key Exchange payload: a public value, or a KEM's key or ciphertext (RFC 7296 §3.4, RFC 9370).</summary>
/// <param name="Method">The group or method that <paramref name="Data"/> belongs to.</param>
/// <param name="Data">Length and content are the method's to check.</param>
public sealed record KePayload(KeyExchangeMethod Method, byte[] Data) : Payload
{
    public override PayloadType Type => PayloadType.KeyExchange;

    public override int BodyLength => 4 + Data.Length;

    public static WireError TryRead(ReadOnlySpan<byte> body, out KePayload? value)
    {
        value = null;
        var reader = new WireReader(body);
        if (!reader.TryReadUInt16(out var method) || !reader.TrySkip(2)) return WireError.Truncated;
        value = new KePayload((KeyExchangeMethod)method, reader.TakeRest().ToArray());
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer)
    {
        writer.WriteUInt16((ushort)Method);
        writer.WriteReserved(2);
        writer.Write(Data);
    }

    public bool Equals(KePayload? other) => other is not null && Method == other.Method && OctetEquality.Same(Data, other.Data);

    public override int GetHashCode() => HashCode.Combine(Method, OctetEquality.Hash(Data));

    public override string ToString() => $"KE({Method}, {Data.Length} octets)";
}
