using System.Collections.Immutable;

namespace EdgeVpn.Model.Reasons;

// The tunnel: up, but not well.
public static partial class ReasonCode
{
    public static readonly Reason NothingReturns = new(
        "nothing-returns", 41, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The tunnel is up and packets go in, but none come back.",
        [
            "Does the far network have a route back to this LAN?",
            "Does a firewall behind the peer drop the traffic?",
            "Are the networks of both ends entered right, and not swapped?",
        ]);

    public static readonly Reason PathMtuBlackHole = new(
        "path-mtu-black-hole", 42, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "Small packets pass through the tunnel, large ones vanish.",
        [
            "A router on the way drops large packets without saying so: the box lowered its MTU and MSS.",
            "Set `tunnel.mtu` lower if applications still stall.",
        ]);

    public static readonly Reason PeerDeleted = new(
        "peer-deleted", 43, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The peer closed the tunnel.",
        [
            "Was the connection deleted, changed or reset at the peer?",
            "Peers close a tunnel they count as idle or expired; the box calls again if it may.",
        ],
        new AzureError(13885, "Main mode SA lifetime expired or peer sent a main mode delete"));

    public static readonly Reason IkeChurn = new(
        "ike-churn", 44, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The IKE SA comes up and is lost again and again.",
        [
            "Do two devices share this identity or public address? Each throws the other out.",
            "Compare DPD and lifetimes at both ends.",
        ]);

    public static readonly Reason ChildChurn = new(
        "child-churn", 45, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The IKE SA stays, but its child SAs are replaced far too often.",
        [
            "Is the lifetime in kilobytes very small at one end?",
            "Do both ends ask for overlapping selectors?",
        ]);

    public static readonly Reason LifetimeExpired = new(
        "lifetime-expired", 46, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The keys reached their end before new ones were agreed.",
        [
            "Why the rekey failed stands before this in the log.",
            "Was the line down around the time of the rekey?",
        ],
        new AzureError(13885, "Main mode SA lifetime expired or peer sent a main mode delete"));

    public static readonly Reason ProbeSilent = new(
        "probe-silent", 47, ReasonLight.Vpn, ReasonSeverity.Notice,
        "The tunnel carries traffic, but the probed host does not answer.",
        [
            "Is the host switched on?",
            "Does its firewall let the probe in?",
        ]);

    public static readonly Reason ProtocolError = new(
        "protocol-error", 48, ReasonLight.Vpn, ReasonSeverity.Refusal,
        "The peer sent, or says that it received, an IKE message that breaks the protocol.",
        [
            "Which message, and what broke, stands in the log: send it to support with both versions.",
            "Does something on the way change packets?",
        ]);

    public static readonly Reason ReplayedPackets = new(
        "replayed-packets", 49, ReasonLight.Vpn, ReasonSeverity.Notice,
        "Many packets arrive twice or very late and are dropped as replayed.",
        [
            "Does the line use several paths at once? A larger `esp.replayWindow` helps.",
            "Someone may be replaying recorded traffic.",
        ]);

    internal static ImmutableArray<Reason> Tunnel => [NothingReturns, PathMtuBlackHole, PeerDeleted, IkeChurn, ChildChurn, LifetimeExpired, ProbeSilent, ProtocolError, ReplayedPackets];
}
