using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>Who plays which end. The branch always asks: it may stand behind NAT.</summary>
public enum Role
{
    /// <summary>Our box at the branch, strongSwan in the cloud.</summary>
    WeInitiate,

    /// <summary>strongSwan at the branch, our gateway in the cloud.</summary>
    WeRespond,

    /// <summary>strongSwan on both ends: shows that the lab and the rows are right.</summary>
    SelfCheck,
}

/// <summary>One column of the interop table.</summary>
public sealed record Pairing(StrongSwanRelease Peer, Role Role)
{
    /// <summary>For a self-check, what stands at the branch.</summary>
    public StrongSwanRelease SelfCheckBranch { get; init; } = StrongSwanRelease.Debian12;

    public string Name => $"strongswan-{Peer.Version}-{RoleName}";

    public string RoleName => Role switch { Role.WeInitiate => "we-initiate", Role.WeRespond => "we-respond", _ => "self-check" };

    public IVpnEnd Branch(Lab lab, TunnelEnd end) => Role switch
    {
        Role.WeInitiate => new ApplianceEnd(lab, end),
        Role.WeRespond => new StrongSwan(lab, Peer, end),
        _ => new StrongSwan(lab, SelfCheckBranch, end),
    };

    public IVpnEnd Cloud(Lab lab, TunnelEnd end) => Role switch
    {
        Role.WeRespond => new ApplianceEnd(lab, end),
        _ => new StrongSwan(lab, Peer, end),
    };
}
