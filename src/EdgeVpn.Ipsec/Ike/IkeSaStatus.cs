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

    /// <param name="sa">The SA.</param>
    /// <param name="before">What was shown of it last: shown again while it still holds, for most of a thousand SAs do not change from one second to the next.</param>
    internal static IkeSaStatus Of(IkeSa sa, IkeSaStatus? before) => before?.StillHolds(sa) is true ? before : new(
        sa.Id,
        sa.ConnectionName,
        NameOf(sa.State),
        sa.WeInitiated,
        sa.InitiatorSpi,
        sa.ResponderSpi,
        sa.Path,
        sa.Nat,
        sa.Suite,
        (sa.State as IkeState.Established)?.Peer.Identity,
        [.. sa.Children.All.Select(static child => new ChildSaStatus(
            child.Id,
            NameOf(child.State),
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

    // Whatever of this may be another value for the same SA.
    private bool StillHolds(IkeSa sa)
    {
        var children = sa.Children.All;
        if ((Connection, State, ResponderSpi, Path, Nat) != (sa.ConnectionName, NameOf(sa.State), sa.ResponderSpi, sa.Path, sa.Nat)
            || !ReferenceEquals(Suite, sa.Suite) || !ReferenceEquals(PeerIdentity, (sa.State as IkeState.Established)?.Peer.Identity)
            || MayRenew != sa.MayRenew || !ReferenceEquals(Assigned, sa.Assigned) || Leased != sa.Leased || Children.Length != children.Count) return false;
        for (var i = 0; i < Children.Length; i++)
        {
            var (shown, child) = (Children[i], children[i]);
            if ((shown.Id, shown.State, shown.IsUsed) != (child.Id, NameOf(child.State), child.IsUsed)) return false;
        }

        return true;
    }

    private static string NameOf(IkeState state) => state switch
    {
        IkeState.SaInitSent => nameof(IkeState.SaInitSent),
        IkeState.AuthSent => nameof(IkeState.AuthSent),
        IkeState.AwaitAuth => nameof(IkeState.AwaitAuth),
        IkeState.Established => nameof(IkeState.Established),
        IkeState.Replaced => nameof(IkeState.Replaced),
        IkeState.Closing => nameof(IkeState.Closing),
        IkeState.Closed => nameof(IkeState.Closed),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "no state of an IKE SA"),
    };

    private static string NameOf(ChildState state) => state switch
    {
        ChildState.Live => nameof(ChildState.Live),
        ChildState.Rekeying => nameof(ChildState.Rekeying),
        ChildState.Replaced => nameof(ChildState.Replaced),
        ChildState.Redundant => nameof(ChildState.Redundant),
        ChildState.Deleting => nameof(ChildState.Deleting),
        ChildState.Removed => nameof(ChildState.Removed),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "no state of a child SA"),
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
