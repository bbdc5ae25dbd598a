using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>Tells the peer where we are now (RFC 4555 §3.5). It goes over the new way; its answer is the proof that this works, and ESP follows.</summary>
internal sealed class MobikeUpdate : Exchange
{
    private Path _path;

    public static NotifyPayload Supported => new(ProtocolId.None, [], NotifyType.MobikeSupported, []);

    public override ExchangeType Type => ExchangeType.Informational;

    // --> HDR, SK { N(UPDATE_SA_ADDRESSES), N(NATD_S), N(NATD_D) [, N(ADDITIONAL_IP4_ADDRESS)*] }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now)
    {
        if (!sa.IsMobile || sa.State is not (IkeState.Established or IkeState.Replaced)) return null;
        _path = sa.Path;
        return
        [
            new NotifyPayload(ProtocolId.None, [], NotifyType.UpdateSaAddresses, []),
            .. NatDetection.Notifies(sa.InitiatorSpi, sa.ResponderSpi, _path, sa.PretendsNat),
            .. sa.TellOtherAddresses(),
        ];
    }

    // <-- HDR, SK { N(NATD_S), N(NATD_D) }   |   { N(UNACCEPTABLE_ADDRESSES) }
    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        if (ErrorNotify.Find(response) is not null || _path != sa.Path) return; // another update follows, or DPD decides
        sa.Nat = NatDetection.Evaluate(response, sa.InitiatorSpi, sa.ResponderSpi, sa.Path) ?? sa.Nat;
        sa.MoveChildren();
    }
}
