using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Errands;

/// <summary>The peer's proof, judged by who has the authorities and may ask for revocation lists.</summary>
internal sealed class VerifyPeerErrand(
    string connection,
    Identification identity,
    ImmutableArray<byte[]> certificates,
    AuthPayload auth,
    byte[] octets,
    ImmutableArray<SignatureHashAlgorithm> accepted) : Errand
{
    private static readonly PeerVerdict NoVerdict =
        new PeerVerdict.Refused(new CloseReason(CloseCause.LocalFailure, Detail: "the peer's certificate was not looked at"));

    public PeerVerdict Verdict { get; private set; } = NoVerdict;

    public Identification Identity => identity;

    public override IkeOutput Ask(IkeSa sa) => new IkeOutput.VerifyPeer(Work, sa.Id, connection, identity, certificates, auth, octets, accepted);

    protected override bool Take(IkeInput.Returned returned)
    {
        if (returned is not IkeInput.PeerVerified verified) return false;
        Verdict = verified.Verdict;
        return true;
    }
}
