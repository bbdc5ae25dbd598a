using System.Collections.Immutable;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Local;

/// <summary>What has to be right before packets flow, in the order it has to be.</summary>
public enum WhyStepName
{
    [JsonStringEnumMemberName("cable")] Cable,
    [JsonStringEnumMemberName("address")] Address,
    [JsonStringEnumMemberName("gateway")] Gateway,
    [JsonStringEnumMemberName("name")] Name,
    [JsonStringEnumMemberName("internet")] Internet,
    [JsonStringEnumMemberName("udp500")] Udp500,
    [JsonStringEnumMemberName("udp4500")] Udp4500,
    [JsonStringEnumMemberName("peer")] Peer,
    [JsonStringEnumMemberName("authentication")] Authentication,
    [JsonStringEnumMemberName("selectors")] Selectors,
    [JsonStringEnumMemberName("lasting")] Lasting,
    [JsonStringEnumMemberName("traffic")] Traffic,
    [JsonStringEnumMemberName("pathMtu")] PathMtu,
    [JsonStringEnumMemberName("probe")] Probe,
}

public enum WhyResult
{
    /// <summary>Not looked at yet, or cannot be known from here.</summary>
    [JsonStringEnumMemberName("unknown")] Unknown,

    [JsonStringEnumMemberName("ok")] Ok,

    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Does not apply, or a step before it failed.</summary>
    [JsonStringEnumMemberName("skipped")] Skipped,
}

/// <summary>One step of the health tree.</summary>
/// <param name="Name">Which.</param>
/// <param name="Result">How it went.</param>
/// <param name="Detail">What was seen; null if there is nothing to add.</param>
public sealed record WhyStep(WhyStepName Name, WhyResult Result, string? Detail = null);

/// <summary>Why a connection works, or does not: the health tree and at most one reason.</summary>
public sealed record WhyReport
{
    public required string Connection { get; init; }

    public bool Healthy { get; init; }

    public ImmutableArray<WhyStep> Steps { get; init => field = value.IsDefault ? [] : value; } = [];

    public ReasonStatus? Reason { get; init; }

    /// <summary>What to look at, most likely first.</summary>
    public ImmutableArray<string> Check { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>What Azure's own log says about the same; null where it says nothing.</summary>
    public AzureError? Azure { get; init; }

    /// <summary>A report whose reason comes from the catalogue, with what to check.</summary>
    /// <param name="connection">Its name.</param>
    /// <param name="healthy">Whether it works; a healthy connection may have a reason that is a notice.</param>
    /// <param name="steps">In order.</param>
    /// <param name="reason">Null if nothing is wrong.</param>
    /// <param name="detail">What was expected and what came.</param>
    public static WhyReport Of(string connection, bool healthy, ImmutableArray<WhyStep> steps, Reason? reason = null, string? detail = null) => new()
    {
        Connection = connection,
        Healthy = healthy,
        Steps = steps,
        Reason = reason is null ? null : ReasonStatus.Of(reason, detail),
        Check = reason?.Check ?? [],
        Azure = reason?.Azure,
    };
}

/// <summary>The answer to <c>why</c>: one report, or one for every connection.</summary>
public sealed record WhyAnswer
{
    public ImmutableArray<WhyReport> Reports { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>What is wrong with the box itself: disk, clock, way out, operator's documents; null: nothing, or one connection was asked about.</summary>
    public BoxTrouble? Box { get; init; }
}

/// <summary>A reason that no connection has by itself.</summary>
/// <param name="Reason">Of the catalogue.</param>
/// <param name="Check">What to look at, most likely first.</param>
public sealed record BoxTrouble(ReasonStatus Reason, ImmutableArray<string> Check)
{
    public static BoxTrouble Of(Reason reason, string? detail) => new(ReasonStatus.Of(reason, detail), reason.Check);
}
