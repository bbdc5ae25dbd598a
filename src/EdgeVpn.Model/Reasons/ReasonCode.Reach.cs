using System.Collections.Immutable;

namespace EdgeVpn.Model.Reasons;

// The reach: packets to the peer and back.
public static partial class ReasonCode
{
    public static readonly Reason PeerSilent = new(
        "peer-silent", 21, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The peer does not answer on UDP port 500.",
        [
            "Is the peer's address right, and is the gateway running?",
            "Does a firewall on the way let UDP 500 out and its answers in?",
            "Does the peer know this box's public address? Many answer only to addresses they were given.",
        ]);

    public static readonly Reason PeerSilentNat = new(
        "peer-silent-nat", 22, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The peer answered on UDP port 500, then fell silent on UDP port 4500.",
        [
            "Does a firewall on the way let UDP 4500 out and its answers in?",
            "Does a router on the way drop large or fragmented UDP packets?",
        ]);

    public static readonly Reason PeerGone = new(
        "peer-gone", 23, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The peer stopped answering while the tunnel was up (dead peer detection).",
        [
            "Was the gateway restarted, or its address changed?",
            "Is the line up? The wan light tells.",
            "The box calls again by itself.",
        ]);

    public static readonly Reason EspBlocked = new(
        "esp-blocked", 24, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "IKE works, but no ESP packet (IP protocol 50) comes back.",
        [
            "Does a firewall on the way let IP protocol 50 pass in both directions?",
            "UDP encapsulation passes most firewalls: `\"encapsulation\": \"udp\"` in `esp` asks for it.",
            "Does the probed host answer at all, and has its network a route back to this LAN?",
        ]);

    public static readonly Reason PeerUnreachable = new(
        "peer-unreachable", 25, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "A router on the way says that the peer cannot be reached.",
        [
            "Is the peer's address right?",
            "Is the peer's service listening? A port closed by its owner answers like this too.",
        ]);

    public static readonly Reason PeerBusy = new(
        "peer-busy", 26, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The peer answers, but keeps asking the box to wait or to prove its address.",
        [
            "Is the gateway under attack or overloaded?",
            "Does a NAT on the way change the box's address from packet to packet?",
        ]);

    public static readonly Reason PeerSilentAuth = new(
        "peer-silent-auth", 27, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The peer answered the first IKE message, then fell silent.",
        [
            "Does the peer know this box's identity? Some stay silent instead of refusing.",
            "Does a router on the way drop large UDP packets?",
            "The peer's own log tells what it disliked.",
        ]);

    internal static ImmutableArray<Reason> Reach => [PeerSilent, PeerSilentNat, PeerGone, EspBlocked, PeerUnreachable, PeerBusy, PeerSilentAuth];
}
