using System.Text.Json;

namespace EdgeVpn.Model.Twin;

/// <summary>Whether a box is connected: retained on <c>presence</c>, and its will with <see cref="Online"/> false.</summary>
/// <param name="Online">Connected now.</param>
/// <param name="Session">Made anew for each connection. A will of an older session than the last one seen online says nothing.</param>
/// <remarks>The receiver stamps the time: a will was written long before it is sent.</remarks>
public sealed record PresenceDocument(bool Online, string Session);

/// <summary>One state change of a box, on <c>events</c>.</summary>
/// <param name="Stream">Made anew when the box lost its count; sequence numbers compare within one stream only.</param>
/// <param name="Sequence">From 1 without gaps; a gap is a lost event.</param>
/// <param name="At">By the box's clock.</param>
/// <param name="Kind">A stable word: document, connection, link, start, …</param>
/// <param name="State">What it became.</param>
/// <param name="Subject">What it is about: a connection's or an interface's name, a document's version; null for the box.</param>
/// <param name="Reason">Why, if it is a failure.</param>
/// <param name="Lost">Events dropped just before this one because nothing could take them.</param>
public sealed record EventDocument(
    string Stream, long Sequence, DateTimeOffset At, string Kind, string State, string? Subject = null, ReportedReason? Reason = null, long Lost = 0);

/// <summary>Counters of one connection since the box started.</summary>
public sealed record ConnectionCounters(string Name, long OctetsIn, long OctetsOut, long PacketsIn, long PacketsOut, long PacketsDropped)
{
    /// <summary>Child SAs that took another's place, and whose cost was counted; null from boxes that do not count it.</summary>
    public long? Rekeys { get; init; }

    /// <summary>Packets from the peer that were lost over those: missing by their ESP sequence numbers between the installation of the new SA and the end of the old one's reception, some ten seconds.
    /// Only what left a gap is counted; whatever else lost packets in those seconds is counted too. The other direction is the peer's to count.</summary>
    public long? PacketsLostOverRekeys { get; init; }

    /// <summary>Of the probes' echoes, since the connection came up.</summary>
    public double? LossPercent { get; init; }

    public double? RoundTripMilliseconds { get; init; }

    /// <summary>Octets of the outer packet.</summary>
    public int? PathMtu { get; init; }
}

/// <summary>Counters of a box, every minute, on <c>telemetry</c>.</summary>
/// <param name="At">By the box's clock.</param>
/// <param name="UptimeSeconds">Since the daemon started: a smaller number than before says that counters began anew.</param>
public sealed record TelemetryDocument(DateTimeOffset At, double UptimeSeconds, IReadOnlyList<ConnectionCounters> Connections)
{
    public double? CpuPercent { get; init; }

    public double? TemperatureCelsius { get; init; }
}

/// <summary>An order to a box, on <c>command/{name}</c>; signed like a document (<see cref="Jose.SignedType.Command"/>).</summary>
/// <param name="Fleet">Recipient.</param>
/// <param name="Device">Recipient.</param>
/// <param name="Name">As in the topic.</param>
/// <param name="Id">Names the topic of the answers, <c>response/{id}</c>, and makes a repeated order known: the nonce.</param>
/// <param name="IssuedAt">By the operator's clock; a box that restarted takes none from before the last one it did.</param>
/// <param name="NotAfter">Later than this the box does nothing; at most <see cref="TwinLimits.MaxCommandLife"/> after <paramref name="IssuedAt"/>.</param>
/// <param name="Arguments">An object; null for none.</param>
public sealed record CommandDocument(string Fleet, string Device, string Name, string Id, DateTimeOffset IssuedAt, DateTimeOffset NotAfter, JsonElement? Arguments = null);

/// <summary>One part of the answer to a command, on <c>response/{id}</c>. The texts of all parts, one after the other, are the answer.</summary>
/// <param name="Id">Of the command.</param>
/// <param name="Part">From 0.</param>
/// <param name="Last">No part follows.</param>
/// <param name="Done">The command did what it says; false with a reason or a text if not.</param>
/// <param name="Reason">Why not, where the catalogue has it.</param>
/// <param name="Text">At most <see cref="TwinLimits.MaxPartLength"/> characters: one line for a person, JSON, or lines of a log.</param>
public sealed record ResponseDocument(string Id, int Part, bool Last, bool Done, ReportedReason? Reason = null, string? Text = null);

/// <summary>Commands of this version.</summary>
public static class TwinCommand
{
    /// <summary>Connections that are down try again at once.</summary>
    public const string Reconnect = "reconnect";

    /// <summary>connection, what ("ike" or "child", else both): new keys.</summary>
    public const string Rekey = "rekey";

    /// <summary>[connection]: the health tree, as JSON.</summary>
    public const string Why = "why";

    /// <summary>Everything <c>edgevpn status --json</c> says.</summary>
    public const string Status = "status";

    /// <summary>[seconds]: the lights show which box this is.</summary>
    public const string Identify = "identify";

    /// <summary>[lines]: the last of what the box logged.</summary>
    public const string Log = "log";

    /// <summary>key: a public key as JWK; [seconds], [filter]: packets as pcapng, sealed to that key.</summary>
    public const string Capture = "capture";

    /// <summary>connection, host, [port], [seconds]: TCP to and from an iperf3 server behind a tunnel.</summary>
    public const string SpeedTest = "speedtest";

    /// <summary>The machine starts again.</summary>
    public const string Reboot = "reboot";

    /// <summary>A certificate request for the box's key, signed by it.</summary>
    public const string Renew = "renew";

    /// <summary>certificate: the new one, PEM.</summary>
    public const string Certificate = "certificate";

    /// <summary>A <see cref="TrustDocument"/>: whom to trust from now on.</summary>
    public const string Trust = "trust";

    /// <summary>The fleet lets the box go: it may enrol elsewhere.</summary>
    public const string Release = "release";
}
