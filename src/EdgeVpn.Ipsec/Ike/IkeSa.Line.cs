namespace EdgeVpn.Ipsec.Ike;

/// <summary>The line of IKE SAs that took each other's place, by rekeying or by authentication anew: the earlier ones wait for their Deletes.</summary>
internal sealed partial class IkeSa
{
    /// <summary>When the last of the line is gone, what it replaced waits no longer than this: one or two retransmissions of a Delete that was lost.</summary>
    private static readonly TimeSpan LastOfLinePatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether the first IKE SA of this line was ours: its initiator alone decides about addresses (RFC 4555 §3.5), and is the first to
    /// authenticate anew (RFC 4478 §3), whoever rekeys.
    /// </summary>
    public bool BeganLine { get; init; }

    /// <summary>The SA before this one, while it waits for its deletion.</summary>
    private IkeSa? _predecessor;

    /// <summary>What it was replaced by; known also when it is gone.</summary>
    private IkeSa? _successor;

    /// <summary>What stands in this SA's place now, or this SA itself.</summary>
    public IkeSa EndOfLine => _successor?.EndOfLine ?? this;

    /// <summary>Whether nothing of the line lives on: then nobody is there to whom a Delete would say anything.</summary>
    private bool IsAfterItsLine => WaitsForDelete && _successor is { IsClosed: true };

    /// <summary>Replaced, and either end's Delete is still to come or to be answered.</summary>
    private bool WaitsForDelete => State is IkeState.Replaced or IkeState.Closing { Reason.Cause: CloseCause.Rekeyed or CloseCause.Reauthenticated };

    /// <summary>Takes over what the old SA knew of its peer.</summary>
    public void Inherit(IkeSa old)
    {
        InheritAddresses(old);
        InheritAuthentication(old);
        IsSuccessor = true;
    }

    /// <summary>This SA stands in the old one's place from now on.</summary>
    private void Follow(IkeSa old) => (old._successor, _predecessor) = (this, old);

    /// <summary>What this SA replaced waits for the next in line instead, or, if this was the last, not much longer.</summary>
    private void LeaveLine(Instant now)
    {
        var next = WaitsForDelete && _successor is { IsClosed: false } ? _successor : null;
        if (next?._predecessor == this) next._predecessor = _predecessor;
        if (next is null)
        {
            for (var old = _predecessor; old is not null; old = old._predecessor)
            {
                old.Timers.SetEarlier(IkeTimer.ExpireIke, now + LastOfLinePatience);
                Endpoint.Touch(old);
            }
        }
        else if (_predecessor is { } before)
        {
            before._successor = next;
            if (before.State is IkeState.Replaced waiting) before.State = waiting with { By = next };
        }

        _predecessor = null;
    }
}
