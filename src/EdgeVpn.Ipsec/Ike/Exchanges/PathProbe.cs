using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>
/// The empty question of <see cref="Liveness"/>, over a way that is not in use (RFC 4555 §3.10). Left unanswered there it is repeated over the way
/// in use, which the peer then answers: a dead way costs a second and no SA.
/// </summary>
internal sealed class PathProbe(Path path) : Exchange
{
    /// <summary>Transmissions over the way that is asked; the others go over the one in use.</summary>
    private const int Transmissions = 2;

    private Path? _answered;

    public override ExchangeType Type => ExchangeType.Informational;

    public override Path? Way(int transmission) => transmission <= Transmissions ? path : null;

    // --> HDR, SK {}
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now) => sa.IsMobile && sa.IsInForce ? [] : null;

    public override void AnsweredOver(Path way) => _answered = way;

    public override void Complete(IkeSa sa, PayloadList response, Instant now) => sa.AnsweredFrom(path, _answered!.Value, now);
}
