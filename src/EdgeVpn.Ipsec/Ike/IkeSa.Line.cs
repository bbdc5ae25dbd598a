namespace EdgeVpn.Ipsec.Ike;

/// <summary>The line of IKE SAs that replaced each other: the earlier ones wait for their Deletes.</summary>
internal sealed partial class IkeSa
{
    /// <summary>When the last of the line is gone, what it replaced waits no longer than this: one or two retransmissions of a Delete that was lost.</summary>
    private static readonly TimeSpan LastOfLinePatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether the first IKE SA of this line was ours: its initiator alone decides about addresses (RFC 4555 §3.5) and authenticates anew
    /// (RFC 4478 §3), whoever rekeys.
    /// </summary>
    public bool BeganLine { get; init; }

    /// <summary>The SA before this one, while it waits for its deletion.</summary>
    private IkeSa? _predecessor;

    /// <summary>What it was replaced by; known also when it is gone.</summary>
    private IkeSa? _successor;

    /// <summary>What stands in this SA's place now, or this SA itself.</summary>
    public IkeSa EndOfLine => _successor?.EndOfLine ?? this;

    /// <summary>Whether nothing of the line lives on: then nobody is there to whom a Delete would say anything.</summary>
    private bool IsAfterItsLine => State is IkeState.Replaced { By.IsClosed: true };

    /// <summary>Takes over what the old SA knew of its peer.</summary>
    public void Inherit(IkeSa old)
    {
        InheritAddresses(old);
        InheritAuthentication(old);
        IsSuccessor = true;
    }

    /// <summary>What this SA replaced waits for the next in line instead, or, if this was the last, not much longer.</summary>
    private void LeaveLine(Instant now)
    {
        var next = (State as IkeState.Replaced)?.By;
        if (next?._predecessor == this) next._predecessor = _predecessor;
        if (_predecessor is { State: IkeState.Replaced waiting } old)
        {
            if (next is not null) old.State = waiting with { By = next };
            else old.Timers.SetEarlier(IkeTimer.ExpireIke, now + LastOfLinePatience);
            Endpoint.Touch(old);
        }

        _predecessor = null;
    }
}
