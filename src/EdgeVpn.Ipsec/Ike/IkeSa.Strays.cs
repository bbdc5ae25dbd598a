using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Hints: messages under this SA's SPIs that are no part of its exchanges. None of them changes a state.</summary>
internal sealed partial class IkeSa
{
    /// <summary>A hint that comes more often than this makes us ask no more questions.</summary>
    private static readonly TimeSpan HintsHeeded = TimeSpan.FromSeconds(10);

    private Instant _nextHint = Instant.Zero;
    private Instant _nextInvalidMessageId = Instant.Zero;

    /// <summary>Someone says in clear that the peer does not know this SA. It may be so: ask the peer (RFC 7296 §2.4, §2.21.4).</summary>
    private bool IsHint(IkeHeader header, ReadOnlySpan<byte> datagram, Instant now)
    {
        if (!StrayNotify.IsInvalidIkeSpi(header, datagram)) return false;
        Endpoint.Counters.InvalidSpiHints++;
        AskWhetherPeerLives(now);
        return true;
    }

    /// <summary>Something speaks against it: ask, but not because of every hint.</summary>
    public void AskWhetherPeerLives(Instant now)
    {
        if (!IsInForce || IsBusy || now < _nextHint) return; // a request on its way asks the same question
        _nextHint = now + HintsHeeded;
        Enqueue(new Liveness(), now);
    }

    /// <summary>A request with an ID that is not its turn: dropped, and if it is authentic and ahead of us the peer is told (§2.3).</summary>
    private void ReceiveOutsideWindow(IkeHeader header, ReadOnlySpan<byte> datagram, Instant now)
    {
        Endpoint.Counters.UnexpectedRequests++;
        if (!IsInForce || header.MessageId <= _window.ExpectedRequestId || now < _nextInvalidMessageId) return;
        if (Wants<InvalidMessageId>() || !_envelope!.IsAuthentic(datagram, UsesFragments)) return;
        _nextInvalidMessageId = now + InvalidMessageId.Least;
        Enqueue(new InvalidMessageId(header.MessageId), now);
    }
}
