using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Chained digests of the IKE_INTERMEDIATE exchanges so far (RFC 9242 §3.3.2).</summary>
/// <remarks>
/// <code>
///   IntAuth_iN = prf(SK_piN, [IntAuth_iN-1 |] IntAuth_iNA | IntAuth_iNP)      request N
///   IntAuth_rN = prf(SK_prN, [IntAuth_rN-1 |] IntAuth_rNA | IntAuth_rNP)      response N
///   IntAuth    = IntAuth_iN | IntAuth_rN | IKE_AUTH_MID
/// </code>
/// SK_piN and SK_prN are those that were in force when the exchange took place.
/// </remarks>
internal sealed record IntermediateAuth(byte[] Initiator, byte[] Responder)
{
    public static readonly IntermediateAuth None = new([], []);

    /// <summary>A | P of a message: header and SK header as if nothing were encrypted or fragmented, then the inner chain.</summary>
    /// <param name="header">As sent; its NextPayload and Length are replaced.</param>
    /// <param name="first">The first inner payload.</param>
    /// <param name="chain">The inner chain as it went over the wire.</param>
    public static byte[] Covered(IkeHeader header, PayloadType first, ReadOnlySpan<byte> chain)
    {
        var covered = new byte[IkeHeader.Size + PayloadView.HeaderSize + chain.Length];
        (header with { NextPayload = PayloadType.Encrypted, Length = (uint)covered.Length }).Write(covered);
        PayloadChain.WriteEncryptedHeader(covered.AsSpan(IkeHeader.Size), first, chain.Length);
        chain.CopyTo(covered.AsSpan(IkeHeader.Size + PayloadView.HeaderSize));
        return covered;
    }

    public static byte[] Covered(IkeHeader header, IReadOnlyList<Payload> payloads)
    {
        var chain = new byte[PayloadChain.Measure(payloads)];
        PayloadChain.Write(payloads, chain, out var first);
        return Covered(header, first, chain);
    }

    /// <summary>With one more exchange.</summary>
    public IntermediateAuth After(Prf prf, IkeKeys keys, byte[] request, byte[] response) =>
        new(Digest(prf, keys.SkPi, Initiator, request), Digest(prf, keys.SkPr, Responder, response));

    /// <summary>What AUTH covers.</summary>
    /// <param name="authMessageId">Of the first IKE_AUTH request.</param>
    public byte[] Signed(uint authMessageId) => Octets.Join(Initiator, Responder, Octets.Of(authMessageId));

    private static byte[] Digest(Prf prf, Secret key, byte[] before, byte[] covered)
    {
        var digest = new byte[prf.OutputOctets];
        prf.Compute(key.Octets, Octets.Join(before, covered), digest);
        return digest;
    }
}
