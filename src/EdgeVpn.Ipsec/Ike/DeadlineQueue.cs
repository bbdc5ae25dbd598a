using System.Diagnostics.CodeAnalysis;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Which SA is due first; an SA has at most one entry that counts, older ones are skipped when met.</summary>
internal sealed class DeadlineQueue
{
    private readonly PriorityQueue<IkeSa, Instant> _queue = new();

    public Instant Next
    {
        get
        {
            DropStale();
            return _queue.TryPeek(out _, out var at) ? at : Instant.Never;
        }
    }

    public void Schedule(IkeSa sa, Instant deadline)
    {
        if (sa.ScheduledFor == deadline) return;
        sa.ScheduledFor = deadline;
        if (deadline != Instant.Never) _queue.Enqueue(sa, deadline);
    }

    public bool TryTakeDue(Instant now, [NotNullWhen(true)] out IkeSa? sa)
    {
        DropStale();
        if (!_queue.TryPeek(out sa, out var at) || at > now) return false;
        _queue.Dequeue();
        sa.ScheduledFor = Instant.Never;
        return true;
    }

    private void DropStale()
    {
        while (_queue.TryPeek(out var sa, out var at) && sa.ScheduledFor != at)
            _queue.Dequeue();
    }
}
