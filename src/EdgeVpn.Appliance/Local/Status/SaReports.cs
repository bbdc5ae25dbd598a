using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EdgeVpn.Appliance.Local;

/// <summary>An IKE SA: never a key.</summary>
public sealed record IkeSaReport
{
    public long Id { get; init; }

    /// <summary><c>established</c>, <c>negotiating</c>, <c>closing</c> …</summary>
    public required string State { get; init; }

    /// <summary><c>initiator</c> or <c>responder</c>, of this SA.</summary>
    public required string Role { get; init; }

    /// <summary>Our address and port, as the peer is spoken to from.</summary>
    public required string Local { get; init; }

    public required string Remote { get; init; }

    /// <summary>Who the peer proved to be; null until it has.</summary>
    public string? PeerIdentity { get; init; }

    /// <summary>Who is behind a NAT: <c>none</c>, <c>local</c>, <c>remote</c>, <c>both</c>.</summary>
    public string? Nat { get; init; }

    /// <summary>As proposals are written: <c>aes256-sha256-modp1024</c>; null until chosen.</summary>
    public string? Suite { get; init; }

    /// <summary>16 hex digits in JSON.</summary>
    [JsonConverter(typeof(IkeSpiConverter))]
    public ulong InitiatorSpi { get; init; }

    /// <summary>16 hex digits in JSON; 0 until the peer has answered.</summary>
    [JsonConverter(typeof(IkeSpiConverter))]
    public ulong ResponderSpi { get; init; }

    public double EstablishedSeconds { get; init; }

    /// <summary>Addresses inside the tunnel: the peer gave them to us, or we to the peer; empty where nobody did.</summary>
    public ImmutableArray<string> AssignedAddresses { get; init; } = [];

    /// <summary>Name servers that came with our address.</summary>
    public ImmutableArray<string> AssignedDns { get; init; } = [];

    /// <summary>The domains these are for; empty: all.</summary>
    public ImmutableArray<string> AssignedDomains { get; init; } = [];

    /// <summary>Whether the LAN's resolver asks these servers for these domains; false too where no server came.</summary>
    public bool AssignedDnsInUse { get; init; }
}

/// <summary>A pair of ESP SAs: never a key.</summary>
public sealed record ChildSaReport
{
    public long Id { get; init; }

    /// <summary><c>installed</c>, <c>rekeyed</c>, <c>deleting</c> …</summary>
    public required string State { get; init; }

    /// <summary>Whether what we send takes this one.</summary>
    public bool Used { get; init; }

    /// <summary>8 hex digits in JSON.</summary>
    [JsonConverter(typeof(EspSpiConverter))]
    public uint InboundSpi { get; init; }

    /// <summary>8 hex digits in JSON.</summary>
    [JsonConverter(typeof(EspSpiConverter))]
    public uint OutboundSpi { get; init; }

    public required string Suite { get; init; }

    /// <summary>The key exchange of its own (PFS); null where it took the IKE SA's.</summary>
    public string? KeyExchange { get; init; }

    public ImmutableArray<string> LocalSelectors { get; init => field = value.IsDefault ? [] : value; } = [];

    public ImmutableArray<string> RemoteSelectors { get; init => field = value.IsDefault ? [] : value; } = [];

    public ulong PacketsIn { get; init; }

    /// <summary>Of inner packets.</summary>
    public ulong OctetsIn { get; init; }

    public ulong PacketsOut { get; init; }

    /// <summary>Of inner packets.</summary>
    public ulong OctetsOut { get; init; }

    /// <summary>Whose code seals and opens: <c>intrinsics</c>, <c>bcl</c>, <c>libcrypto</c>.</summary>
    public string? Provider { get; init; }

    /// <summary><c>udp</c> (RFC 3948) or <c>esp</c>.</summary>
    public required string Encapsulation { get; init; }

    /// <summary>Packets refused, by cause.</summary>
    public ImmutableSortedDictionary<string, long> Refused { get; init => field = value ?? Counts.None; } = Counts.None;
}
