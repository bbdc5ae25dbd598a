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

    /// <summary>Both ends said MOBIKE_SUPPORTED in IKE_AUTH.</summary>
    public bool IsMobile { get; set; }

    /// <summary>Whether the first IKE SA of this line was ours: its initiator alone decides about addresses, whoever rekeys (RFC 4555 §3.5).</summary>
    public bool DecidesAddresses { get; init; }

    /// <summary>We made the peer see a NAT, so that ESP is encapsulated.</summary>
    public bool PretendsNat { get; set; }

    /// <summary>ESP in UDP: where a NAT was found, or one of the ends pretends so, and both left port 500 (§2.23). MOBIKE alone moves IKE only.</summary>
    public bool UdpEncapsulated => Path.HasNonEspMarker && (Nat != NatSituation.None || PretendsNat);

    /// <summary>The SA takes over what the old one knew of its peer's address and habits.</summary>
    public void InheritAddresses(IkeSa old) =>
        (Nat, UsesFragments, IsMobile, PretendsNat) = (old.Nat, old.UsesFragments, old.IsMobile, old.PretendsNat);

    /// <summary>Our address changed: the peer is told over the new way, and what is on its way is repeated there (RFC 4555 §3.5).</summary>
    /// <remarks>On a replaced SA too: the peer may not know the successor yet, and cannot learn of it where we were.</remarks>
    public void LocalAddressChanged(IpAddress local, Instant now)
    {
        if (!IsMobile || !DecidesAddresses || State is not (IkeState.Established or IkeState.Replaced)) return;
        if (_toldAddress == local) return;
        _toldAddress = local;
        Redirect(Path with { Local = Path.Local with { Address = local } });
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
}
