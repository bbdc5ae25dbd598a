using System.Collections.Immutable;

namespace EdgeVpn.Appliance.Local;

/// <summary>Something that happened, as <c>edgevpn watch</c> shows it.</summary>
/// <param name="Time">UTC.</param>
/// <param name="Sequence">Counts up by one from the daemon's start; a gap means that events were missed.</param>
/// <param name="Kind">A word of <see cref="BoxEventKind"/>.</param>
/// <param name="Connection">Null if it concerns none.</param>
/// <param name="Text">One line for a person, without time and connection: <c>--> IKE_AUTH 1 {IDi, AUTH, SA, TSi, TSr}</c>.</param>
/// <param name="Data">The same for programs; null is none.</param>
public sealed record BoxEvent(
    DateTimeOffset Time, long Sequence, string Kind, string? Connection, string Text, ImmutableSortedDictionary<string, string>? Data = null);

/// <summary>The kinds of events; more may come.</summary>
public static class BoxEventKind
{
    public const string IkeMessage = "ike.message";
    public const string IkeUp = "ike.up";
    public const string IkeDown = "ike.down";
    public const string ChildUp = "child.up";
    public const string ChildDown = "child.down";
    public const string Connection = "connection";
    public const string Light = "light";
    public const string Cloud = "cloud";
    public const string Network = "network";

    /// <summary>The way out is gone, or there again: cable and address.</summary>
    public const string Wan = "wan";

    public const string Probe = "probe";
    public const string Disk = "disk";

    /// <summary>Keys were given out.</summary>
    public const string Keys = "keys";

    /// <summary>The button, or whoever did the same from a keyboard.</summary>
    public const string Hand = "hand";
}
