using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>
/// Return routability (RFC 4555 §3.7): the peer says that it is elsewhere, and shows that it hears us there before any ESP is sent that way.
/// A peer could otherwise turn our traffic against somebody else.
/// </summary>
internal sealed class PathCheck(Path path) : Exchange
{
    private const int CookieOctets = 16; // 8 to 64 (RFC 4555 §4.2.5)
    private byte[] _cookie = [];

    public override ExchangeType Type => ExchangeType.Informational;

    // --> HDR, SK { N(COOKIE2) }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now)
    {
        if (sa.Path != path) return null; // it moved on
        _cookie = sa.Endpoint.Entropy.Octets(CookieOctets);
        return [new NotifyPayload(ProtocolId.None, [], NotifyType.Cookie2, _cookie)];
    }

    // <-- HDR, SK { N(COOKIE2) }
    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        if (sa.Path == path && response.Notify(NotifyType.Cookie2) is { } echo && echo.Data.AsSpan().SequenceEqual(_cookie)) sa.MoveChildren();
    }
}
