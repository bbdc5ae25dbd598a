namespace EdgeVpn.Ipsec.Ike;

/// <summary>The deadlines of one IKE SA, each with a name.</summary>
public enum IkeTimer
{
    /// <summary>No answer to our request yet: send it again, or give up (RFC 7296 §2.1).</summary>
    Retransmit,

    /// <summary>A half-open SA that never finished, as initiator or responder.</summary>
    HalfOpen,

    /// <summary>Nothing was heard from the peer for a while: ask whether it lives (§2.4).</summary>
    Liveness,

    /// <summary>Replace the IKE SA well before its hard lifetime (§2.8).</summary>
    RekeyIke,

    /// <summary>Both ends prove who they are again, on a new IKE SA (RFC 4478, RFC 7296 §2.8.3).</summary>
    Reauthenticate,

    /// <summary>The peer called again and is there now, but did not delete this SA.</summary>
    Superseded,

    /// <summary>The hard lifetime: close it.</summary>
    ExpireIke,

    /// <summary>The earliest of the child SAs' own deadlines.</summary>
    Children,

    /// <summary>A request was answered TEMPORARY_FAILURE: try it again (§2.25).</summary>
    Retry,

    /// <summary>The peer made this SA in a simultaneous rekey and lost, but its Delete never came: it never learned of it (§2.25.2).</summary>
    Discard,

    /// <summary>MOBIKE took another way than the preferred one: ask whether that works again (RFC 4555 §3.10).</summary>
    WayHome,

    /// <summary>A message of the peer's never became whole: its fragments are dropped (RFC 7383 §2.6).</summary>
    Reassembly,

    /// <summary>The shell never returned what it was asked to work out.</summary>
    Work,

    /// <summary>The peer began a CREATE_CHILD_SA and never came with the rest of its key exchanges (RFC 9370 §2.2.4).</summary>
    FollowUps,

    /// <summary>Our answer to a Delete was held until what we sent before has arrived.</summary>
    Drain,

    /// <summary>Traffic moved to the SA that renews another: that one goes.</summary>
    Renewed,

    /// <summary>A closed SA stops answering retransmissions of the last request.</summary>
    Forget,
}

/// <summary>One deadline per <see cref="IkeTimer"/>; <see cref="Instant.Never"/> when it is not running.</summary>
internal sealed class TimerTable
{
    private static readonly Instant[] NoneRuns = [.. Enum.GetValues<IkeTimer>().Select(static _ => Instant.Never)];

    private readonly Instant[] _deadlines = [.. NoneRuns];

    public Instant Next
    {
        get
        {
            var next = Instant.Never;
            foreach (var deadline in _deadlines) next = Instant.Min(next, deadline);
            return next;
        }
    }

    public void Set(IkeTimer timer, Instant deadline) => _deadlines[(int)timer] = deadline;

    /// <summary>Moves a deadline forward, never back.</summary>
    public void SetEarlier(IkeTimer timer, Instant deadline) => _deadlines[(int)timer] = Instant.Min(_deadlines[(int)timer], deadline);

    public void Stop(IkeTimer timer) => _deadlines[(int)timer] = Instant.Never;

    public void StopAll() => Array.Fill(_deadlines, Instant.Never);

    public bool IsRunning(IkeTimer timer) => _deadlines[(int)timer] != Instant.Never;

    /// <summary>Takes one timer that is due, stopping it; false when none is.</summary>
    public bool TryTakeDue(Instant now, out IkeTimer timer)
    {
        for (var i = 0; i < _deadlines.Length; i++)
        {
            if (_deadlines[i] > now) continue;
            _deadlines[i] = Instant.Never;
            timer = (IkeTimer)i;
            return true;
        }

        timer = default;
        return false;
    }
}
