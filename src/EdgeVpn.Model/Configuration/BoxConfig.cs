using System.Collections.Immutable;
using System.ComponentModel;

namespace EdgeVpn.Model.Configuration;

/// <summary>What one box was asked to be: a configuration file, or the body of a <c>desired</c> document.</summary>
/// <remarks>
/// Every record here is immutable and holds its defaults as property initialisers; the generated JSON Schema takes its descriptions from the
/// attributes. Read JSON with <see cref="Validation.ConfigurationReader"/> only: it names every problem and fills absent fields from these
/// initialisers. Lists compare by reference; compare configurations with <see cref="ConfigurationDiff"/>.
/// </remarks>
public sealed record BoxConfig
{
    /// <summary>The schema this version reads and writes.</summary>
    public const int CurrentSchema = 1;

    [Description("Version of this document's shape. Only 1 exists.")]
    public int Schema { get; init; } = CurrentSchema;

    [Description("Which box this is.")]
    public DeviceConfig Device { get; init; } = new();

    [Description("Network interfaces the box manages. Empty: the machine's own network set-up is left alone.")]
    public ImmutableArray<InterfaceConfig> Interfaces { get; init; } = [];

    [Description("IPsec connections.")]
    public ImmutableArray<ConnectionConfig> Connections { get; init; } = [];

    [Description("Secrets by name; connections refer to them. Never shown, logged or bundled.")]
    public ImmutableDictionary<string, SecretConfig> Secrets { get; init; } = ImmutableDictionary<string, SecretConfig>.Empty;

    [Description("The operator's broker. Absent: the box works from its file alone.")]
    public CloudConfig? Cloud { get; init; }

    [Description("What LAN hosts may do beyond the tunnels.")]
    public InternetConfig Internet { get; init; } = new();

    [Description("What the box's button may do.")]
    public ButtonConfig Button { get; init; } = new();

    [Description("Counters for a collector, as Prometheus text. Absent: nothing listens.")]
    public MetricsConfig? Metrics { get; init; }

    [Description("Relaxations for laboratories. Leave out in production.")]
    public LabConfig Lab { get; init; } = new();
}

/// <summary>Which box this is, in words people and topics use.</summary>
public sealed record DeviceConfig
{
    [Description("Name of the box in topics and on screens: letters, digits, '-', '_' and '.', at most 64. Absent: the machine's host name.")]
    public string? Name { get; init; }

    [Description("Where it stands, in free words.")]
    public string? Site { get; init; }
}

/// <summary>Traffic from the LAN that no tunnel claims. Protected networks never leave in clear, whatever stands here.</summary>
public sealed record InternetConfig
{
    [Description("nat: leaves by the WAN behind the box's address; routed: leaves with its own address; off: only tunnels lead out of the LAN.")]
    public InternetAccess Access { get; init; } = InternetAccess.Nat;
}

/// <summary>How unprotected LAN traffic leaves.</summary>
public enum InternetAccess
{
    Nat,
    Routed,
    Off,
}

/// <summary>What whoever stands before the box may do with its button.</summary>
public sealed record ButtonConfig
{
    [Description("Where a hold of 10 s leads. factory: forgets configuration and documents; the enrolment stays. confirmed: ends what is on trial or was changed on the spot, and returns to the last confirmed document.")]
    public ResetTarget Reset { get; init; } = ResetTarget.Factory;
}

/// <summary>Where a reset leads.</summary>
public enum ResetTarget
{
    Factory,
    Confirmed,
}

/// <summary>Where a collector finds the box's counters: plain HTTP, <c>/metrics</c>, to read only.</summary>
public sealed record MetricsConfig
{
    [Description("loopback: for a collector on this machine; lan: on the LAN interfaces' addresses, for whoever is there. Never on a WAN or in a tunnel.")]
    public MetricsListen Listen { get; init; } = MetricsListen.Loopback;

    [Description("TCP port.")]
    public int Port { get; init; } = 9464; // OpenTelemetry's default for a Prometheus exporter
}

/// <summary>Who may read the counters.</summary>
public enum MetricsListen
{
    Loopback,
    Lan,
}

/// <summary>Relaxations that let a laboratory see in seconds what production sees in hours.</summary>
public sealed record LabConfig
{
    [Description("Allow lifetimes, DPD and commit-confirm times below the bounds that protect production (down to 1 second).")]
    public bool ShortTimes { get; init; }
}
