using System.Collections.Immutable;
using System.ComponentModel;
using System.Net;
using System.Text.Json.Serialization;

namespace EdgeVpn.Model.Configuration;

/// <summary>One IPsec connection: two ends, what they protect, and how they prove who they are.</summary>
public sealed record ConnectionConfig
{
    [Description("Name in commands, logs and reports: letters, digits, '-', '_' and '.', at most 32.")]
    public required string Name { get; init; }

    [Description("default: initiate and respond; initiator: only call; responder: only answer.")]
    public ConnectionMode Mode { get; init; } = ConnectionMode.Default;

    [Description("This end.")]
    public LocalConfig Local { get; init; } = new();

    [Description("The other end.")]
    public required RemoteConfig Remote { get; init; }

    [Description("What is negotiated: \"any\" (route-based, as Azure's default) or a list of pairs.")]
    public TrafficSelectorsConfig TrafficSelectors { get; init; } = TrafficSelectorsConfig.Any;

    [Description("How both ends prove who they are.")]
    public required AuthenticationConfig Authentication { get; init; }

    [Description("The IKE SA.")]
    public IkeConfig Ike { get; init; } = new();

    [Description("The ESP (child) SAs.")]
    public EspConfig Esp { get; init; } = new();

    [Description("Dead peer detection.")]
    public DpdConfig Dpd { get; init; } = new();

    [Description("The interface that carries the tunnel's packets inside the box.")]
    public TunnelConfig Tunnel { get; init; } = new();

    [Description("Hosts behind the peer that show that the tunnel carries traffic.")]
    public ImmutableArray<ProbeConfig> Probes { get; init; } = [];

    [Description("Upper bounds of this connection's throughput.")]
    public RateLimitConfig? RateLimit { get; init; }

    [Description("Address translation inside the tunnel.")]
    public ImmutableArray<NatRuleConfig> Nat { get; init; } = [];

    [Description("A BGP session through the tunnel.")]
    public BgpConfig? Bgp { get; init; }

    [Description("Where the traffic goes, for `usage`: internetEgress (the peer's cloud charges for leaving it), betweenRegions, sameRegion.")]
    public TrafficClass TrafficClass { get; init; } = TrafficClass.InternetEgress;
}

/// <summary>How a cloud charges for what leaves it.</summary>
[JsonConverter(typeof(Usage.TrafficClassConverter))]
public enum TrafficClass
{
    InternetEgress,
    BetweenRegions,
    SameRegion,
}

/// <summary>Who may start; Azure's own words.</summary>
public enum ConnectionMode
{
    Default,
    Initiator,
    Responder,
}

/// <summary>This end of a connection.</summary>
public sealed record LocalConfig
{
    [Description("Address to use on the WAN. Absent: the one the route to the peer chooses.")]
    public IPAddress? Address { get; init; }

    [Description("Identity we show: an address, a host name, name@domain or @#hex. Absent: our address.")]
    public string? Identity { get; init; }

    [Description("Networks behind this end.")]
    public ImmutableArray<IPNetwork> Networks { get; init; } = [];

    [Description("Ask the peer for an address inside the tunnel (configuration payload), as a point-to-site gateway gives it; the networks behind this end then speak from that address.")]
    public bool RequestAddress { get; init; }
}

/// <summary>The other end of a connection.</summary>
public sealed record RemoteConfig
{
    [Description("Where the peer is: one or more, in order of preference.")]
    public required ImmutableArray<EndpointConfig> Endpoints { get; init; }

    [Description("failover: one tunnel, to the next endpoint on failure; all: one tunnel to each (active-active).")]
    public EndpointStrategy Strategy { get; init; } = EndpointStrategy.Failover;

    [Description("Networks behind the peer: they become routes and never leave in clear.")]
    public ImmutableArray<IPNetwork> Networks { get; init; } = [];

    [Description("Addresses inside the tunnel that callers are given (configuration payload), one per family; a caller then speaks from no other.")]
    public ImmutableArray<IPNetwork> AddressPool { get; init; } = [];

    [Description("Name servers that callers are told of, beside `addressPool`.")]
    public ImmutableArray<IPAddress> DnsServers { get; init; } = [];

    [Description("Domains that callers should ask these servers for (RFC 8598). Absent: all.")]
    public ImmutableArray<string> DnsDomains { get; init; } = [];
}

/// <summary>What several endpoints are for.</summary>
public enum EndpointStrategy
{
    Failover,
    All,
}

/// <summary>One place where the peer may be.</summary>
public sealed record EndpointConfig
{
    [Description("Address, host name (looked up again when it fails), or \"%any\" on a responder.")]
    public required PeerAddress Address { get; init; }

    [Description("Identity the peer must show. Absent: with a pre-shared key, whatever the holder of the secret shows; certificates require one.")]
    public string? Identity { get; init; }

    [Description("The peer's address in the BGP session at this endpoint, where each has its own. Absent: `bgp.peerAddress`.")]
    public IPAddress? BgpPeer { get; init; }
}

/// <summary>Dead peer detection: liveness of a silent peer (RFC 7296 §2.4).</summary>
public sealed record DpdConfig
{
    [Description("Silence after which the peer counts as gone. Azure's default is 45 seconds.")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(45);
}

/// <summary>Upper bounds of a connection's throughput, in megabits per second of inner packets.</summary>
public sealed record RateLimitConfig
{
    [Description("Towards the peer, in megabits per second.")]
    public int? OutMbps { get; init; }

    [Description("From the peer, in megabits per second.")]
    public int? InMbps { get; init; }
}
