using System.Collections.Immutable;
using System.ComponentModel;
using System.Net;

namespace EdgeVpn.Model.Configuration;

/// <summary>What is negotiated in TSi and TSr: everything (route-based), or named pairs (policy-based).</summary>
public sealed record TrafficSelectorsConfig
{
    /// <summary>Any to any, IPv4 and IPv6; routes decide what enters the tunnel.</summary>
    public static readonly TrafficSelectorsConfig Any = new([]);

    private TrafficSelectorsConfig(ImmutableArray<TrafficSelectorConfig> pairs) => Pairs = pairs;

    /// <summary>The pairs; empty means any to any.</summary>
    public ImmutableArray<TrafficSelectorConfig> Pairs { get; }

    /// <summary>True for any to any.</summary>
    public bool IsAny => Pairs.IsEmpty;

    /// <summary>Named pairs; at least one.</summary>
    public static TrafficSelectorsConfig Of(ImmutableArray<TrafficSelectorConfig> pairs) => new(pairs);
}

/// <summary>One pair of networks a child SA may carry.</summary>
public sealed record TrafficSelectorConfig
{
    [Description("Network at this end.")]
    public required IPNetwork Local { get; init; }

    [Description("Network at the other end.")]
    public required IPNetwork Remote { get; init; }

    [Description("IP protocol number; absent: all.")]
    public int? Protocol { get; init; }
}
