using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>An empty INFORMATIONAL request: whoever answers it lives (RFC 7296 §2.4).</summary>
internal sealed class Liveness : Exchange
{
    public override ExchangeType Type => ExchangeType.Informational;

    // --> HDR, SK {}
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now) => [];

    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        // That it came is all it says; the SA noted when the peer was last heard.
    }
}
