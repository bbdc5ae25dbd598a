using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>Who plays which end. The branch always asks: it may stand behind NAT.</summary>
public enum Role
{
    /// <summary>Our box at the branch, the peer in the cloud.</summary>
    WeInitiate,

    /// <summary>The peer at the branch, our gateway in the cloud.</summary>
    WeRespond,

    /// <summary>strongSwan on both ends: shows that the lab and the rows are right.</summary>
    SelfCheck,
}

/// <summary>One column of the interop table.</summary>
public sealed record Pairing(IPeer Peer, Role Role)
{
    /// <summary>For a self-check, what stands at the branch.</summary>
    public IPeer SelfCheckBranch { get; init; } = StrongSwanRelease.Debian12;

    public string Name => $"{Peer.Product.ToLowerInvariant()}-{Peer.Version}-{RoleName}";

    public string RoleName => Role switch { Role.WeInitiate => "we-initiate", Role.WeRespond => "we-respond", _ => "self-check" };

    public IVpnEnd Branch(Lab lab, TunnelEnd end) => Role switch
    {
        Role.WeInitiate => Ours(lab, end),
        Role.WeRespond => Peer.End(lab, end),
        _ => SelfCheckBranch.End(lab, end),
    };

    public IVpnEnd Cloud(Lab lab, TunnelEnd end) => Role switch
    {
        Role.WeRespond => Ours(lab, end),
        _ => Peer.End(lab, end),
    };

    private ApplianceEnd Ours(Lab lab, TunnelEnd end) => new(lab, end, exportKeys: !Peer.CarriesTraffic);
}
