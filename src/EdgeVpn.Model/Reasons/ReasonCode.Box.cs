using System.Collections.Immutable;

namespace EdgeVpn.Model.Reasons;

// The box itself.
public static partial class ReasonCode
{
    public static readonly Reason ClockWrong = new(
        "clock-wrong", 61, ReasonLight.Power, ReasonSeverity.Trouble,
        "The clock is not to be trusted: it has no time from the network yet, or it jumped.",
        [
            "Does a time server answer? UDP port 123 must be open towards the internet.",
            "Is the clock's battery empty? Many boards have none and ask the network at every start.",
        ]);

    public static readonly Reason DiskFull = new(
        "disk-full", 62, ReasonLight.Power, ReasonSeverity.Fault,
        "State cannot be written: the disk is full or read-only.",
        [
            "`df -h /var/lib/edgevpn` shows what is free, `journalctl -k` what the disk complained of.",
            "A card that turns read-only is worn out: replace it.",
        ]);

    public static readonly Reason SelfTestFailed = new(
        "self-test-failed", 63, ReasonLight.Power, ReasonSeverity.Fault,
        "An algorithm failed its known-answer test; it is not used.",
        [
            "`edgevpn selftest` names the algorithm and provider.",
            "Memory or processor may be defective: replace the box.",
        ]);

    public static readonly Reason NoConfiguration = new(
        "no-configuration", 64, ReasonLight.Power, ReasonSeverity.Fault,
        "There is no valid configuration to start from.",
        [
            "`edgevpn config check` names every problem of the file.",
            "Hold the button for 3 seconds for the set-up page.",
        ]);

    public static readonly Reason NoTunDevice = new(
        "no-tun-device", 65, ReasonLight.Power, ReasonSeverity.Fault,
        "The kernel offers no TUN device.",
        [
            "Is the tun module loaded, and does /dev/net/tun exist?",
        ]);

    public static readonly Reason PortTaken = new(
        "port-taken", 66, ReasonLight.Power, ReasonSeverity.Fault,
        "UDP port 500 or 4500 is in use by another program.",
        [
            "Does another IPsec daemon run on this machine? Stop and disable it.",
        ]);

    public static readonly Reason NotPermitted = new(
        "not-permitted", 67, ReasonLight.Power, ReasonSeverity.Fault,
        "The daemon lacks a permission it needs.",
        [
            "Start it by its unit, or with CAP_NET_ADMIN, CAP_NET_RAW and CAP_NET_BIND_SERVICE.",
        ]);

    public static readonly Reason WatchdogRestart = new(
        "watchdog-restart", 68, ReasonLight.Power, ReasonSeverity.Notice,
        "The daemon was restarted by its watchdog: one of its loops stood still.",
        [
            "The first lines of the log say which: send it to support with what stands before.",
        ]);

    public static readonly Reason Overloaded = new(
        "overloaded", 69, ReasonLight.Vpn, ReasonSeverity.Trouble,
        "The box did not finish a key agreement, signature or certificate check in time.",
        [
            "`edgevpn status` shows how many handshakes wait: many strangers, or many branches calling at once?",
            "If it stays so with few connections, restart the box and send the log to support.",
        ]);

    internal static ImmutableArray<Reason> Box => [ClockWrong, DiskFull, SelfTestFailed, NoConfiguration, NoTunDevice, PortTaken, NotPermitted, WatchdogRestart, Overloaded];
}
