using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Exchanges of more than one round trip behind CREATE_CHILD_SA (RFC 9370 §2.2.4).</summary>
internal sealed partial class IkeSa
{
    private Exchange? _continuing;

    /// <summary>What the peer began and has not finished.</summary>
    public AwaitedFollowUps? Awaited { get; private set; }

    /// <summary>The next round of the exchange that was just answered: before anything that waits.</summary>
    public void Continue(Exchange exchange) => _continuing = exchange;

    public void Await(AwaitedFollowUps followUps, Instant now)
    {
        Awaited = followUps;
        Timers.Set(IkeTimer.FollowUps, now + AwaitedFollowUps.Patience);
    }

    /// <summary>They are done, or will not come any more.</summary>
    public void EndFollowUps()
    {
        var ended = Awaited;
        Awaited = null;
        Timers.Stop(IkeTimer.FollowUps);
        ended?.Dispose();
    }

    public Exchanges.Answer AnswerFollowUp(PayloadList request, Instant now) => Awaited?.Take(this, request, now) ?? Exchanges.Answer.Error(NotifyType.StateNotFound);

    /// <summary>What may be asked next: the next round of what was just answered, or the first in the queue.</summary>
    private Exchange? Next => _continuing ?? (_queue.TryPeek(out var first) && MayBegin(first) ? first : null);

    private void TakeNext()
    {
        if (_continuing is not null) _continuing = null;
        else _queue.Dequeue();
    }

    /// <summary>
    /// While the peer's CREATE_CHILD_SA is unfinished none of ours begins; and if it replaces this SA, nothing that the successor should ask.
    /// </summary>
    private bool MayBegin(Exchange exchange) => Awaited switch
    {
        null => true,
        { IsIkeRekey: true } => exchange is IkeDelete,
        _ => exchange.Type != ExchangeType.CreateChildSa,
    };
}
