using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Addresses that change under an IKE SA (RFC 4555): the SA's own first, its children's once the new way is proven.</summary>
internal sealed partial class IkeSa
{
    /// <summary>The address of ours that the peer knows this SA by, or is being told.</summary>
    private IpAddress _toldAddress;

    /// <summary>Transmissions of a request after which other ways are tried: some three seconds of silence.</summary>
    private const int ProbeFrom = 4;

    private const int ProbesAtOnce = 4;

    private readonly List<Path> _probed = [];

    /// <summary>Where both ends are when nothing is wrong: what the shell said, and whom it called.</summary>
    private (IpAddress Local, IpAddress Remote) _home;
    private ImmutableArray<IpAddress> _peersOthers = [];
    private ImmutableArray<IpAddress> _toldOthers = [];

    /// <summary>Both ends said MOBIKE_SUPPORTED in IKE_AUTH.</summary>
    public bool IsMobile { get; set; }

    private ImmutableArray<IpAddress> Ours => OtherPaths.Ours(Connection, _home.Local, Path.Local.Address);

    /// <summary>We made the peer see a NAT, so that ESP is encapsulated.</summary>
    public bool PretendsNat { get; set; }

    /// <summary>ESP in UDP: where a NAT was found, or one of the ends pretends so, and both left port 500 (§2.23). MOBIKE alone moves IKE only.</summary>
    public bool UdpEncapsulated => Path.HasNonEspMarker && (Nat != NatSituation.None || PretendsNat);

    /// <summary>Our address changed: the peer is told over the new way, and what is on its way is repeated there (RFC 4555 §3.5).</summary>
    /// <remarks>On a replaced SA too: the peer may not know the successor yet, and cannot learn of it where we were.</remarks>
    public void LocalAddressChanged(IpAddress local, Instant now)
    {
        _home.Local = local;
        if (!IsMobile || State is not (IkeState.Established or IkeState.Replaced or IkeState.Closing) || _toldAddress == local) return;
        var path = Path with { Local = Path.Local with { Address = local } };
        if (State is IkeState.Closing)
        {
            Redirect(path); // for a Delete that must be sent again: nothing is sent from where we were
            return;
        }

        if (BeganLine)
        {
            MoveOn(path, now);
            return;
        }

        // Only the caller decides: it is told where we are, and finds out by itself that we are not where we were (§3.6).
        _toldAddress = local;
        Redirect(path);
        MoveChildren();
        Enqueue(new AddressList(), now);
    }

    /// <summary>As the caller: our address changed while the SA was being made.</summary>
    public void CatchUp(Instant now)
    {
        if (IsMobile && Path.Local.Address != _home.Local) MoveOn(Path with { Local = Path.Local with { Address = _home.Local } }, now);
    }

    /// <summary>Our whole list; as the one called with the address in use, which the caller may not know yet.</summary>
    public IEnumerable<Payload> TellAddresses()
    {
        _toldOthers = Ours;
        return OtherPaths.Tell(BeganLine ? _toldOthers : [Path.Local.Address, .. _toldOthers]);
    }

    /// <summary>Our addresses beside the one in use, in a message that says nothing where there never were any.</summary>
    public IEnumerable<Payload> TellOtherAddresses()
    {
        var ours = Ours;
        if (ours.IsEmpty && _toldOthers.IsEmpty) return [];
        _toldOthers = ours;
        return OtherPaths.Tell(ours);
    }

    /// <summary>Our other addresses may have changed with the connection.</summary>
    public void CompareOtherAddresses(Instant now)
    {
        if (!IsMobile || !IsInForce || Wants<AddressList>()) return;
        if (!Ours.SequenceEqual(_toldOthers)) Enqueue(new AddressList(), now);
    }

    /// <summary>The peer's other addresses, if the message speaks of them.</summary>
    /// <param name="from">The way that it came.</param>
    public void HeedAddresses(PayloadList message, Path from, Instant now)
    {
        if (!IsMobile || OtherPaths.ToldIn(message) is not { } told) return;
        _peersOthers = told;
        HeedWhetherPeerLeft(told, from, now);
        if (BeganLine && from.Remote.Address != Path.Remote.Address && !Nat.HasFlag(NatSituation.Remote)) AskWhetherPeerLives(now); // perhaps no longer where it was
    }

    /// <summary>
    /// A request stays unanswered: from the fourth time on it goes over other ways as well (RFC 4555 §3.10). It is the same message, so that
    /// whichever of them arrives is answered once.
    /// </summary>
    private void ProbeOtherPaths(PendingRequest request)
    {
        if (!IsMobile || !BeganLine || request.Transmissions < ProbeFrom || State is not (IkeState.Established or IkeState.Replaced)) return;
        var others = OtherPaths.Of(Path, Connection, Ours, _peersOthers.Insert(0, _home.Remote));
        for (var i = 0; i < Math.Min(others.Length, ProbesAtOnce); i++)
        {
            var path = others[(((request.Transmissions - ProbeFrom) * ProbesAtOnce) + i) % others.Length];
            if (!_probed.Contains(path)) _probed.Add(path);
            Repeat(path, request.Datagrams);
        }
    }

    /// <summary>The answer came over a way that was tried: that one works, and is used from now on.</summary>
    private void FollowProbe(Path path, Instant now)
    {
        if (path != Path && _probed.Contains(path))
        {
            if ((Path.Local.Address, Path.Remote.Address) == _home) LeaveHome(now);
            MoveOn(path, now);
        }

        _probed.Clear();
    }

    private void MoveOn(Path path, Instant now)
    {
        _toldAddress = path.Local.Address;
        Redirect(path);
        LookHomeward(now);
        if (Wants<MobikeUpdate>() && Current is not MobikeUpdate) return; // it takes the path of its turn
        Enqueue(new MobikeUpdate(), now);
    }

    /// <summary>IKE messages go this way from now on; ESP follows with <see cref="MoveChildren"/>.</summary>
    public void Redirect(Path path)
    {
        Path = path;
        CollidingRekey?.Sa.Redirect(path);
        if (State is IkeState.Replaced replaced) replaced.By.Redirect(path);
    }

    /// <summary>The children go where IKE goes.</summary>
    public void MoveChildren()
    {
        if (State is IkeState.Replaced replaced) replaced.By.MoveChildren();
        if (Children.All.Count > 0)
            Endpoint.Emit(new IkeOutput.MoveChildSas([.. Children.All.Select(static c => c.Id)], Path, UdpEncapsulated));
    }

    private void InheritAddresses(IkeSa old)
    {
        (Nat, UsesFragments, IsMobile, PretendsNat) = (old.Nat, old.UsesFragments, old.IsMobile, old.PretendsNat);
        (_peersOthers, _toldOthers, _home) = (old._peersOthers, old._toldOthers, old._home);
        (_patience, _returnedAt, _peerLeftHome) = (old._patience, old._returnedAt, old._peerLeftHome);
    }
}
