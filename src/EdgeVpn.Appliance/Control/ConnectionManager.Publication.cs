using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>How the connections stand, as a snapshot for every other thread.</summary>
public sealed partial class ConnectionManager
{
    private static readonly TimeSpan PublicationPause = TimeSpan.FromMilliseconds(20);

    private bool _isStale;
    private Instant _published;
    private volatile ConnectionView[] _views = [];

    /// <summary>How everything stands; any thread.</summary>
    public IReadOnlyList<ConnectionView> Views => _views;

    /// <summary>When <see cref="PublishWhatChanged"/> has something to do.</summary>
    public Instant NextPublication => _isStale ? _published + PublicationPause : Instant.Never;

    /// <summary>Shows what the engine's outputs changed. A gateway's hundreds of SAs make that dear, so that a burst of handshakes shares it.</summary>
    public void PublishWhatChanged(Instant now)
    {
        if (now >= NextPublication) Publish(now);
    }

    private void Publish(Instant now)
    {
        (_isStale, _published) = (false, now);
        var byConnection = _engine.Status().ToLookup(static sa => sa.Connection);
        _views = [.. _live.Values.Select(live => live.View = ViewOf(live, [.. byConnection[live.Plan.Name]], now))];
    }

    /// <summary>The one from before if nothing changed: a gateway's thousand connections, mostly the same, are looked at twice a second.</summary>
    private ConnectionView ViewOf(LiveConnection live, ImmutableArray<IkeSaStatus> sas, Instant now)
    {
        var before = live.View;
        var state = State(live, sas);
        if (state != (before?.State ?? ConnectionState.Waiting)) live.Since = now;
        var same = before is not null && sas.AsSpan().SequenceEqual(before.IkeSas.AsSpan(), ReferenceEqualityComparer.Instance);
        var view = new ConnectionView(
            live.Plan, state, live.Since, live.Reason, live.Detail, live.Mtu, live.Failures, live.NextAttempt, same ? before!.IkeSas : sas, live.EstablishedAt)
        {
            FullMtu = live.FullMtu,
            PathMtu = live.PathMtu,
            Churn = ChurnOf(live, now),
        };
        return view == before ? before : view;
    }

    /// <summary>What is going on, told once when it begins and once when it is over.</summary>
    private (Reason Reason, string? Detail)? ChurnOf(LiveConnection live, Instant now)
    {
        var churn = live.Churn.Look(live.Plan.Config.Esp.Lifetime, now);
        if (churn?.Reason != live.ChurnTold)
            _events.Add("tunnel.churn", live.Plan.Name, churn is { } begun ? $"{begun.Reason}: {begun.Detail}" : "it stays up again", ("reason", churn?.Reason.Name ?? ""));
        live.ChurnTold = churn?.Reason;
        return churn;
    }

    private static ConnectionState State(LiveConnection live, IEnumerable<IkeSaStatus> sas)
    {
        if (live.Children.Count > 0) return ConnectionState.Up;
        if (!live.IsWanted) return ConnectionState.Off;
        if (live.Reason is { Severity: ReasonSeverity.Refusal }) return ConnectionState.Refused;
        return sas.Any() || live.IsResolving ? ConnectionState.Negotiating : ConnectionState.Waiting;
    }
}
