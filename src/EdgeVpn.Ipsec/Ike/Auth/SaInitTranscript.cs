namespace EdgeVpn.Ipsec.Ike.Auth;

/// <summary>What both ends sign: the two IKE_SA_INIT messages as they went over the wire, and the nonces (RFC 7296 §2.15).</summary>
/// <param name="Request">RealMessage1: the request that was answered, without a non-ESP marker.</param>
/// <param name="Response">RealMessage2.</param>
/// <param name="Ni">The initiator's nonce.</param>
/// <param name="Nr">The responder's nonce.</param>
internal sealed record SaInitTranscript(byte[] Request, byte[] Response, byte[] Ni, byte[] Nr)
{
    /// <summary>IntAuth: what was said in IKE_INTERMEDIATE, appended to the octets that both sign; empty if nothing was (RFC 9242 §3.3.2).</summary>
    public byte[] IntAuth { get; init; } = [];
}
