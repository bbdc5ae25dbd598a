using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Nonce payload, Ni or Nr (RFC 7296 §3.9).</summary>
/// <param name="Nonce">16 to 256 octets.</param>
public sealed record NoncePayload(byte[] Nonce) : Payload
{
    public const int MinLength = 16;
    public const int MaxLength = 256;

    public override PayloadType Type => PayloadType.Nonce;

    public override int BodyLength => Nonce.Length;

    public static WireError TryRead(ReadOnlySpan<byte> body, out NoncePayload? value)
    {
        value = null;
        if (body.Length is < MinLength or > MaxLength) return WireError.BadNonceLength;
        value = new NoncePayload(body.ToArray());
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer) => writer.Write(Nonce);

    public bool Equals(NoncePayload? other) => other is not null && OctetEquality.Same(Nonce, other.Nonce);

    public override int GetHashCode() => OctetEquality.Hash(Nonce);

    public override string ToString() => $"Nonce({Nonce.Length} octets)";
}
