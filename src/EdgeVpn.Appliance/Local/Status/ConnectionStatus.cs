using System.Collections.Immutable;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Local;

/// <summary>How a connection is.</summary>
public enum ConnectionState
{
    /// <summary>Nobody asked for it, or somebody took it down.</summary>
    [JsonStringEnumMemberName("off")] Off,

    [JsonStringEnumMemberName("negotiating")] Negotiating,

    [JsonStringEnumMemberName("up")] Up,

    /// <summary>Some of its endpoints or selectors are up.</summary>
    [JsonStringEnumMemberName("partial")] Partial,

    /// <summary>An end said no.</summary>
    [JsonStringEnumMemberName("refused")] Refused,

    /// <summary>For the next attempt, or for the peer to call.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting,
}

/// <summary>One connection of the configuration and all that lives of it.</summary>
public sealed record ConnectionStatus
{
    public required string Name { get; init; }

    public ConnectionState State { get; init; }

    /// <summary>When it took this state, UTC.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Why it is not up; null if nothing is wrong.</summary>
    public ReasonStatus? Reason { get; init; }

    /// <summary>Null while it has no interface.</summary>
    public TunnelReport? Tunnel { get; init; }

    public ImmutableArray<IkeSaReport> IkeSas { get; init => field = value.IsDefault ? [] : value; } = [];

    public ImmutableArray<ChildSaReport> ChildSas { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Attempts since it was last up.</summary>
    public int Attempts { get; init; }

    /// <summary>Seconds to the next attempt; null if none is planned.</summary>
    public double? NextAttemptSeconds { get; init; }
}

/// <summary>A reason of the catalogue, with what is known in this case.</summary>
/// <param name="Code">The stable name: <c>wrong-secret</c>.</param>
/// <param name="Digits">As the lights blink them.</param>
/// <param name="Sentence">What is the matter.</param>
/// <param name="Detail">What was expected and what came; null if there is no more to say.</param>
public sealed record ReasonStatus(string Code, int Digits, string Sentence, string? Detail)
{
    public static ReasonStatus Of(Reason reason, string? detail = null) => new(reason.Name, reason.Digits, reason.Sentence, detail);
}

/// <summary>The TUN interface of a connection.</summary>
/// <param name="Interface">Its name.</param>
/// <param name="Mtu">Octets an inner packet may have.</param>
/// <param name="PathMtu">Octets an outer packet may have; null while not known.</param>
/// <param name="PathMtuBy">How it is known; null while it is not.</param>
public sealed record TunnelReport(string Interface, int Mtu, int? PathMtu, string? PathMtuBy = null);
