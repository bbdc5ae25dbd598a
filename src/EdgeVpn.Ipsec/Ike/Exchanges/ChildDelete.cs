using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>Deletes a pair of ESP SAs (RFC 7296 §1.4.1).</summary>
internal sealed class ChildDelete(ChildSa child, CloseReason reason) : Exchange
{
    public override ExchangeType Type => ExchangeType.Informational;

    public ChildSa Child => child;

    public override bool IsReady(IkeSa sa, Instant now) => reason.Cause != CloseCause.Rekeyed || sa.HasDrained(now);

    // --> HDR, SK { D(our inbound SPI) }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now)
    {
        if (!child.IsAlive) return null;
        child.State = ChildState.Deleting;
        return [new DeletePayload(ProtocolId.Esp, [Octets.Of(child.InboundSpi)])];
    }

    // <-- HDR, SK { D(the peer's inbound SPI) }, or without D if its own Delete crossed ours
    public override void Complete(IkeSa sa, PayloadList response, Instant now) => sa.Children.Remove(child, reason);
}
