using EdgeVpn.Ipsec.Ike.Exchanges;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>A peer that calls again while an SA with it stands: which of the two carries traffic, and when the older one goes.</summary>
internal sealed partial class IkeSa
{
    /// <summary>A peer that authenticates anew deletes the old SA itself; this long we leave it to do so.</summary>
    private static readonly TimeSpan SupersededPatience = TimeSpan.FromSeconds(10);

    private IkeSa? _supersededBy;
    private IkeSa? _outlasts;
    private bool _isProven;

    /// <summary>Made by a rekey: no set-up of its own.</summary>
    public bool IsSuccessor { get; private set; }

    /// <summary>The peer has it and its first child: it answered us, rekeyed it with us, or was heard on it since.</summary>
    public bool IsKnownToPeer => _isProven || WeInitiated || IsSuccessor;

    /// <summary>
    /// Asks whether the peer has our answer to IKE_AUTH, where an older SA carries its traffic until then: whoever answers here has the new child.
    /// </summary>
    public void ProveBesideOthers(Instant now)
    {
        if (!_isProven && IsEstablished && !Wants<Liveness>() && Endpoint.Siblings(this).Any()) Enqueue(new Liveness(), now);
    }

    /// <summary>Another SA of the same peer's took this one's place, and stays: this one goes, unless the peer deletes it before.</summary>
    public void SupersedeBy(IkeSa newer, Instant now)
    {
        _supersededBy = newer;
        Timers.Set(IkeTimer.Superseded, now + SupersededPatience);
    }

    /// <summary>The peer called for this SA while we called for that one, which goes, or what was made of it, once the peer was heard here.</summary>
    public void Outlast(IkeSa loser, Instant now)
    {
        _outlasts = loser;
        if (IsKnownToPeer) CloseOutlasted(now);
        else ProveBesideOthers(now);
    }

    /// <summary>Something authentic came from a peer that called us: it has our answer to IKE_AUTH.</summary>
    private void Prove(Instant now)
    {
        if (_isProven || State is not IkeState.Established) return;
        _isProven = true;
        if (WeInitiated || IsSuccessor) return;
        Children.UseAwaiting(now);
        CloseOutlasted(now);
        Endpoint.Enforce(this, now);
    }

    private void CloseOutlasted(Instant now)
    {
        var loser = _outlasts?.EndOfLine;
        _outlasts = null;
        if (loser is not { IsEstablished: true }) return;
        loser.StartClose(new CloseReason(CloseCause.Redundant), now);
        Endpoint.Touch(loser);
    }

    private void GiveWay(Instant now)
    {
        var newer = _supersededBy?.EndOfLine;
        _supersededBy = null;
        if (newer is { IsEstablished: true } && newer.Children.Live.Any()) StartClose(new CloseReason(CloseCause.Superseded), now);
    }
}
