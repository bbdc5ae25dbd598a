using EdgeVpn.Ipsec.Ike.Exchanges;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>A peer that calls again while an SA with it stands: which of the two carries traffic, and when the older one goes.</summary>
internal sealed partial class IkeSa
{
    /// <summary>A peer that authenticates anew deletes the old SA itself; this long we leave it to do so.</summary>
    private static readonly TimeSpan SupersededPatience = TimeSpan.FromSeconds(10);

    private IkeSa? _supersededBy;
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
        if (!_isProven && IsEstablished && Endpoint.Siblings(this).Any()) Enqueue(new Liveness(), now);
    }

    /// <summary>Another SA of the same peer's took this one's place, and stays: this one goes, unless the peer deletes it before.</summary>
    public void SupersedeBy(IkeSa newer, Instant now)
    {
        _supersededBy = newer;
        Timers.Set(IkeTimer.Superseded, now + SupersededPatience);
    }

    /// <summary>Something authentic came from a peer that called us: it has our answer to IKE_AUTH.</summary>
    private void Prove(Instant now)
    {
        if (_isProven || State is not IkeState.Established) return;
        _isProven = true;
        if (WeInitiated || IsSuccessor) return;
        Children.UseAwaiting(now);
        Endpoint.Enforce(this, now);
    }

    private void GiveWay(Instant now)
    {
        var newer = _supersededBy?.EndOfLine;
        _supersededBy = null;
        if (newer is { IsEstablished: true } && newer.Children.Live.Any()) StartClose(new CloseReason(CloseCause.Superseded), now);
    }
}
