using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>How a connection stands, in the words of status and lights.</summary>
public enum ConnectionState
{
    /// <summary>Asked to be down.</summary>
    Off,

    /// <summary>An attempt is on its way.</summary>
    Negotiating,

    /// <summary>Packets can pass.</summary>
    Up,

    /// <summary>The last attempt was refused; the next one comes.</summary>
    Refused,

    /// <summary>Nothing is on its way: between attempts, or waiting for the peer to call.</summary>
    Waiting,
}

/// <summary>What everyone but the IKE thread sees of a connection: a snapshot.</summary>
/// <param name="Reason">Why it is not up, or what last went wrong; null while it is up and well.</param>
public sealed record ConnectionView(
    ConnectionPlan Plan,
    ConnectionState State,
    Instant Since,
    Reason? Reason,
    string? Detail,
    int Mtu,
    int Failures,
    Instant NextAttempt,
    ImmutableArray<IkeSaStatus> IkeSas,
    ImmutableDictionary<IkeSaId, Instant> EstablishedAt)
{
    /// <summary>What suite and WAN allow; <see cref="Mtu"/> is less where the path was found to swallow large packets.</summary>
    public int FullMtu { get; init; } = Mtu;

    /// <summary>What probing through the tunnel found last; null where nobody was asked.</summary>
    public PathMtuResult? PathMtu { get; init; }

    /// <summary>The tunnel is made again and again: which of its SAs, and how often; null while it is not.</summary>
    public (Reason Reason, string? Detail)? Churn { get; init; }
}
