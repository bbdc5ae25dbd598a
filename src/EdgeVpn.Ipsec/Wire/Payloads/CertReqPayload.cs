using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Certificate Request payload: an encoding and the authorities the sender trusts (RFC 7296 §3.7).</summary>
/// <param name="Encoding">What the sender can read.</param>
/// <param name="Authorities">For X.509: SHA-1 hashes of Subject Public Key Infos, 20 octets each, one behind the other.</param>
public sealed record CertReqPayload(CertificateEncoding Encoding, byte[] Authorities) : Payload
{
    /// <summary>Octets of one authority's hash.</summary>
    public const int AuthorityLength = 20;

    public override PayloadType Type => PayloadType.CertificateRequest;

    public override int BodyLength => 1 + Authorities.Length;

    public static WireError TryRead(ReadOnlySpan<byte> body, out CertReqPayload? value)
    {
        value = null;
        if (body.IsEmpty) return WireError.Truncated;
        value = new CertReqPayload((CertificateEncoding)body[0], body[1..].ToArray());
        return WireError.None;
    }

    /// <summary>Whether the authority with this SHA-1 hash is listed. A tail that is no whole hash is passed over.</summary>
    public bool Names(ReadOnlySpan<byte> authority)
    {
        for (var at = 0; at + AuthorityLength <= Authorities.Length; at += AuthorityLength)
        {
            if (Authorities.AsSpan(at, AuthorityLength).SequenceEqual(authority)) return true;
        }

        return false;
    }

    public override void WriteBody(ref WireWriter writer)
    {
        writer.WriteByte((byte)Encoding);
        writer.Write(Authorities);
    }

    public bool Equals(CertReqPayload? other) =>
        other is not null && Encoding == other.Encoding && OctetEquality.Same(Authorities, other.Authorities);

    public override int GetHashCode() => HashCode.Combine(Encoding, OctetEquality.Hash(Authorities));

    public override string ToString() => $"CERTREQ({Encoding}, {Authorities.Length / AuthorityLength} authorities)";
}
