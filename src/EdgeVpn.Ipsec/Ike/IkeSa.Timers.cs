using EdgeVpn.Ipsec.Ike.Exchanges;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>What happens when a deadline of an IKE SA has come.</summary>
internal sealed partial class IkeSa
{
    /// <summary>The peer is asked whether it lives after this part of the DPD timeout; the rest is for retransmissions.</summary>
    private const double IdlePart = 1.0 / 3;

    public TimerTable Timers { get; } = new();

    public Instant NextDeadline => Timers.Next;

    /// <summary>Does what is due. Late, early or spurious calls are harmless.</summary>
    public void Advance(Instant now)
    {
        while (Timers.TryTakeDue(now, out var timer)) OnTimer(timer, now);
    }

    /// <summary>An IKE rekey failed: try again after a part of what is left of the lifetime.</summary>
    public void PostponeRekey(Instant now) =>
        Timers.Set(IkeTimer.RekeyIke, now + Endpoint.Entropy.JitterDown(Connection.IkeLifetime * 0.05, 0.5));

    private void OnTimer(IkeTimer timer, Instant now)
    {
        switch (timer)
        {
            case IkeTimer.Retransmit:
                Retransmit(now);
                break;
            case IkeTimer.HalfOpen:
                Closed(new CloseReason(CloseCause.HalfOpenTimeout), now);
                break;
            case IkeTimer.Liveness:
                CheckLiveness(now);
                break;
            case IkeTimer.RekeyIke:
                if (!Wants<IkeRekey>()) Enqueue(new IkeRekey(), now);
                break;
            case IkeTimer.Reauthenticate:
                Reauthenticate(now);
                break;
            case IkeTimer.Superseded:
                GiveWay(now);
                break;
            case IkeTimer.ExpireIke when IsAfterItsLine:
                Closed((State as IkeState.Closing)?.Reason ?? new CloseReason(CloseCause.Rekeyed), now);
                break;
            case IkeTimer.ExpireIke:
                StartClose(new CloseReason(State is IkeState.Replaced ? CloseCause.Rekeyed : CloseCause.LifetimeExpired), now);
                break;
            case IkeTimer.Children:
                Children.Advance(now);
                break;
            case IkeTimer.Retry:
                RetryDelayed(now);
                break;
            case IkeTimer.Discard:
                Closed(new CloseReason(CloseCause.Redundant), now);
                break;
            case IkeTimer.Reassembly:
                _envelope!.DropIncomplete(now);
                Timers.Set(IkeTimer.Reassembly, _envelope.Deadline);
                break;
            case IkeTimer.Work:
                Closed(new CloseReason(CloseCause.LocalFailure, Detail: "a signature, certificate or key agreement was not worked out in time"), now);
                break;
            case IkeTimer.FollowUps:
                EndFollowUps();
                Pump(now);
                break;
            case IkeTimer.Drain:
                SendHeld();
                break;
            case IkeTimer.Renewed:
                CloseRenewed(now);
                break;
            case IkeTimer.WayHome:
                AskHome(now);
                break;
            case IkeTimer.Forget:
                Endpoint.Forget(this);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(timer));
        }
    }

    private void CheckLiveness(Instant now)
    {
        var idle = Connection.DpdTimeout * IdlePart;
        if (now - _lastHeard >= idle)
        {
            if (Current is null) Enqueue(new Liveness(), now); // another request on its way asks the same question
            Timers.Set(IkeTimer.Liveness, now + idle);
        }
        else
        {
            Timers.Set(IkeTimer.Liveness, _lastHeard + idle);
        }
    }

    private void RetryDelayed(Instant now)
    {
        foreach (var delayed in _delayed.Where(d => d.At <= now).ToList())
        {
            _delayed.Remove(delayed);
            _queue.Enqueue(delayed.Exchange);
        }

        if (_delayed.Count > 0) Timers.Set(IkeTimer.Retry, _delayed.Min(static d => d.At));
        Pump(now);
    }

    private void StopAllButRetransmit()
    {
        foreach (var timer in Enum.GetValues<IkeTimer>())
        {
            if (timer is not (IkeTimer.Retransmit or IkeTimer.Work or IkeTimer.Drain)) Timers.Stop(timer);
        }
    }
}
