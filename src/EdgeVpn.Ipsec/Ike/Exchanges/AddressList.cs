using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>Tells the peer which other addresses we have, all of them each time (RFC 4555 §3.6).</summary>
internal sealed class AddressList : Exchange
{
    public override ExchangeType Type => ExchangeType.Informational;

    // --> HDR, SK { N(ADDITIONAL_IP4_ADDRESS)+ }   |   { N(NO_ADDITIONAL_ADDRESSES) }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now) => sa.IsMobile && sa.IsEstablished ? [.. sa.TellAddresses()] : null;

    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        // The peer has it; what it makes of it is its own business.
    }
}
