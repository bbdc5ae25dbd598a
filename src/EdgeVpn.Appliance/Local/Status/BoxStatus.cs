using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EdgeVpn.Appliance.Local;

/// <summary>All that <c>edgevpn status</c> tells: one consistent moment of the box. Holds no secret.</summary>
/// <remarks>Collections are never default or null, whatever a sender leaves out.</remarks>
public sealed record BoxStatus
{
    public required string Version { get; init; }

    /// <summary>The name the box goes by; null if nobody gave it one.</summary>
    public string? Device { get; init; }

    public string? Site { get; init; }

    /// <summary>Since the daemon started.</summary>
    public long UptimeSeconds { get; init; }

    public ConfigurationInForce Configuration { get; init => field = value ?? new(); } = new();

    public ImmutableArray<InterfaceStatus> Interfaces { get; init => field = value.IsDefault ? [] : value; } = [];

    public ImmutableArray<ConnectionStatus> Connections { get; init => field = value.IsDefault ? [] : value; } = [];

    public CloudStatus Cloud { get; init => field = value ?? new(); } = new();

    public LightsStatus Lights { get; init => field = value ?? new(); } = new();

    /// <summary>Null where nothing is kept.</summary>
    public FlashStatus? Flash { get; init; }

    /// <summary>What the kernel takes off us: <c>tun: tso4 tso6 uso</c>, <c>udp: gso gro</c>.</summary>
    public ImmutableArray<string> Offloads { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Named counters of the whole box; those of one SA stand there.</summary>
    public ImmutableSortedDictionary<string, long> Counters { get; init => field = value ?? Counts.None; } = Counts.None;
}

/// <summary>Where the configuration in force came from.</summary>
public enum ConfigurationSource
{
    [JsonStringEnumMemberName("none")] None,
    [JsonStringEnumMemberName("file")] File,
    [JsonStringEnumMemberName("cloud")] Cloud,

    /// <summary>Changed on the spot; it lasts until the file or the operator's document beneath it changes.</summary>
    [JsonStringEnumMemberName("local")] Local,
}

/// <summary>Which configuration is in force.</summary>
public sealed record ConfigurationInForce
{
    public ConfigurationSource Source { get; init; }

    /// <summary>With <see cref="Revision"/> the version of a document from the cloud; 0 for a file.</summary>
    public long Epoch { get; init; }

    public long Revision { get; init; }

    /// <summary>SHA-256 of the document, hex; null without one.</summary>
    public string? Hash { get; init; }
}

/// <summary>What outbox, flight recorder, meter and the last known time may write to flash, and did. What a person or an operator asked for is not counted.</summary>
/// <param name="OctetsPerDay">The budget of all of them; it fills evenly, and no more than a day's is saved up.</param>
/// <param name="LeftOctets">That may be written at once.</param>
/// <param name="WrittenOctets">Since the daemon started, as the disk feels it: blocks, journal and folder included.</param>
/// <param name="PutOff">Writes that the budget did not allow: what is on disk is older for it.</param>
public sealed record FlashStatus(long OctetsPerDay, long LeftOctets, long WrittenOctets, long PutOff);

/// <summary>The way to the operator's broker.</summary>
public sealed record CloudStatus
{
    /// <summary><c>off</c>, or a word of the twin: <c>connecting</c>, <c>connected</c>, <c>staged</c>, <c>confirmed</c> …</summary>
    public string State { get; init => field = value ?? Off; } = Off;

    public string? Broker { get; init; }

    /// <summary>One sentence for a person, where there is something to say.</summary>
    public string? Detail { get; init; }

    public const string Off = "off";
}

/// <summary>What the four lights show, or would on a board with fewer, in the words of the rhythm: <c>steady</c>, <c>fast blink</c>, <c>code 33</c>.</summary>
public sealed record LightsStatus
{
    public string Power { get; init => field = value ?? Dark; } = Dark;

    public string Wan { get; init => field = value ?? Dark; } = Dark;

    public string Vpn { get; init => field = value ?? Dark; } = Dark;

    public string Cloud { get; init => field = value ?? Dark; } = Dark;

    /// <summary>What the one light of a board shows that has no other; null on every other board.</summary>
    public string? Only { get; init; }

    /// <summary>The reason's two digits that a short press would blink; null while nothing is wrong.</summary>
    public int? Code { get; init; }

    private const string Dark = "off";
}
