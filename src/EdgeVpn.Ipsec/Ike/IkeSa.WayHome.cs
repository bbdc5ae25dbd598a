using EdgeVpn.Ipsec.Ike.Exchanges;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>
/// Back to the way that the configuration prefers, once it works again. MOBIKE leaves it when the peer is silent there; this finds out that it no
/// longer is, by requests of an ordinary kind that go there first.
/// </summary>
internal sealed partial class IkeSa
{
    /// <summary>Answers in a row over the preferred way before it is taken.</summary>
    private const int AnswersToReturn = 3;

    /// <summary>Whoever leaves the preferred way again so soon is asked to wait longer before the next return, …</summary>
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromMinutes(10);

    /// <summary>… up to this many times as long.</summary>
    private const int MostPatience = 16;

    private int _answersFromHome;
    private int _patience = 1;
    private Instant _returnedAt = Instant.Zero;
    private bool _peerLeftHome;

    /// <summary>How often the preferred way is asked: a minute with the usual DPD timeout.</summary>
    private TimeSpan ReturnInterval => Connection.DpdTimeout * (4.0 / 3 * _patience);

    /// <summary>After an answer: soon again, some ten seconds.</summary>
    private TimeSpan AgainInterval => Connection.DpdTimeout / 4;

    /// <summary>Where both ends would be if nothing were wrong, if that is elsewhere, ours to decide and possible.</summary>
    private Path? Home => IsMobile && BeganLine && IsInForce && !_peerLeftHome && (Path.Local.Address, Path.Remote.Address) != _home
        ? new Path(Path.Local with { Address = _home.Local }, Path.Remote with { Address = _home.Remote })
        : null;

    /// <summary>The way in use is another: from here on the preferred one is asked, unless this is it.</summary>
    private void LookHomeward(Instant now)
    {
        _answersFromHome = 0;
        if (Home is null) Timers.Stop(IkeTimer.WayHome);
        else Timers.Set(IkeTimer.WayHome, now + Endpoint.Entropy.JitterDown(ReturnInterval, 0.2));
    }

    /// <summary>The preferred way died under us.</summary>
    private void LeaveHome(Instant now) =>
        _patience = now - _returnedAt < SteadyAfter ? Math.Min(_patience * 2, MostPatience) : 1;

    private void AskHome(Instant now)
    {
        if (Home is not { } home) return;
        if (IsBusy) Timers.Set(IkeTimer.WayHome, now + AgainInterval); // what is on its way says more than a question would
        else Enqueue(new PathProbe(home), now);
    }

    /// <summary>A question that went over the preferred way first was answered.</summary>
    /// <param name="over">The way of the answer.</param>
    public void AnsweredFrom(Path asked, Path over, Instant now)
    {
        if (Home is not { } home || asked != home) return;
        if (over != home)
        {
            LookHomeward(now);
        }
        else if (++_answersFromHome < AnswersToReturn)
        {
            Timers.Set(IkeTimer.WayHome, now + AgainInterval);
        }
        else
        {
            _returnedAt = now;
            MoveOn(home, now);
        }
    }

    /// <summary>The peer lists its addresses: one that it no longer has is not asked.</summary>
    private void HeedWhetherPeerLeft(IReadOnlyCollection<IpAddress> told, Path from, Instant now)
    {
        if (!BeganLine || Nat.HasFlag(NatSituation.Remote)) return; // behind a NAT it knows itself by others
        var left = from.Remote.Address != _home.Remote && !told.Contains(_home.Remote);
        if (left == _peerLeftHome) return;
        _peerLeftHome = left;
        LookHomeward(now);
    }
}
