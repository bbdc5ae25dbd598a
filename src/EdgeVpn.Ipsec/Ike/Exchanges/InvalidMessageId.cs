using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>Tells the peer of a request of its own that lies outside the window (RFC 7296 §2.3): a request of ours, for that one must not be answered.</summary>
internal sealed class InvalidMessageId(uint invalid) : Exchange
{
    /// <summary>Not more often than this.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMinutes(1);

    public override ExchangeType Type => ExchangeType.Informational;

    // --> HDR, SK { N(INVALID_MESSAGE_ID) }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now) =>
        [new NotifyPayload(ProtocolId.None, [], NotifyType.InvalidMessageId, Octets.Of(invalid))];

    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        // The peer knows; what it makes of it is its own affair.
    }
}
