using System.Collections.Immutable;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike.Configuration;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>What a person may see of an IKE SA: never a key.</summary>
public sealed record IkeSaStatus(
    IkeSaId Id,
    string Connection,
    string State,
    bool WeInitiated,
    ulong InitiatorSpi,
    ulong ResponderSpi,
    Path Path,
    NatSituation Nat,
    IkeSuite? Suite,
    Identification? PeerIdentity,
    ImmutableArray<ChildSaStatus> Children)
{
    /// <summary>Whether we can authenticate anew: we are its caller, or could have been.</summary>
    public bool MayRenew { get; init; }

    /// <summary>As initiator: what the peer gave us.</summary>
    public AssignedConfiguration? Assigned { get; init; }

    /// <summary>As responder: the peer's addresses inside the tunnel, where we gave them.</summary>
    public ImmutableArray<IpAddress> Leased { get; init; } = [];

    internal static IkeSaStatus Of(IkeSa sa) => new(
        sa.Id,
        sa.ConnectionName,
        sa.State.GetType().Name,
        sa.WeInitiated,
        sa.InitiatorSpi,
        sa.ResponderSpi,
        sa.Path,
        sa.Nat,
        sa.Suite,
        (sa.State as IkeState.Established)?.Peer.Identity,
        [.. sa.Children.All.Select(static child => new ChildSaStatus(
            child.Id,
            child.State.ToString(),
            child.IsUsed,
            child.InboundSpi,
            child.OutboundSpi,
            child.Suite,
            child.KeyExchange,
            child.LocalSelectors,
            child.RemoteSelectors) { AdditionalKeyExchanges = child.AdditionalKeyExchanges })])
    {
        MayRenew = sa.MayRenew,
        Assigned = sa.Assigned,
        Leased = sa.Leased,
    };
}

/// <summary>What a person may see of a pair of ESP SAs.</summary>
public sealed record ChildSaStatus(
    ChildSaId Id,
    string State,
    bool IsUsed,
    uint InboundSpi,
    uint OutboundSpi,
    EspSuite Suite,
    KeyExchangeMethod KeyExchange,
    ImmutableArray<TrafficSelector> LocalSelectors,
    ImmutableArray<TrafficSelector> RemoteSelectors)
{
    /// <summary>Key exchanges behind the first (RFC 9370).</summary>
    public ImmutableArray<KeyExchangeMethod> AdditionalKeyExchanges { get; init; } = [];
}
