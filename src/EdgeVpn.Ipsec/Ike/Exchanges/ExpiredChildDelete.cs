using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>Tells the peer of a pair that we already stopped using because its hard lifetime ended.</summary>
internal sealed class ExpiredChildDelete(uint inboundSpi) : Exchange
{
    public override ExchangeType Type => ExchangeType.Informational;

    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now) =>
        [new DeletePayload(ProtocolId.Esp, [Octets.Of(inboundSpi)])];

    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        // Both ends are rid of it.
    }
}
