using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>Closes the IKE SA and whatever children it still has (RFC 7296 §1.4.1).</summary>
/// <param name="reason">Why.</param>
/// <param name="error">What to tell a peer whose AUTH we refuse, beside the Delete (§2.21.2).</param>
internal sealed class IkeDelete(CloseReason reason, NotifyType? error = null) : Exchange
{
    public override ExchangeType Type => ExchangeType.Informational;

    public CloseReason Reason => reason;

    public override bool IsReady(IkeSa sa, Instant now) => reason.Cause != CloseCause.Redundant || sa.HasDrained(now);

    // --> HDR, SK { [N(error),] D }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now)
    {
        var delete = new DeletePayload(ProtocolId.Ike, []);
        return error is { } type ? [new NotifyPayload(ProtocolId.None, [], type, []), delete] : [delete];
    }

    public override void Complete(IkeSa sa, PayloadList response, Instant now) => sa.Closed(reason, now);
}
