using System.Collections.Immutable;

namespace EdgeVpn.Ipsec.Ike.Configuration;

/// <summary>As responder: what clients of a connection are given (RFC 7296 §2.19).</summary>
public sealed record AddressPool
{
    /// <summary>No more clients than this per prefix, however wide it is.</summary>
    public const int MaxClients = 65_536;

    /// <summary>Networks with the addresses to give, taken in their order; at most one address per family goes to a client.</summary>
    public required ImmutableArray<(IpAddress Network, int PrefixLength)> Prefixes { get; init; }

    /// <summary>Name servers behind us.</summary>
    public ImmutableArray<IpAddress> DnsServers { get; init; } = [];

    /// <summary>Names the servers are to be asked for (RFC 8598); empty: all.</summary>
    public ImmutableArray<string> Domains { get; init; } = [];

    public bool Equals(AddressPool? other) => other is not null
        && Prefixes.AsSpan().SequenceEqual(other.Prefixes.AsSpan()) && DnsServers.AsSpan().SequenceEqual(other.DnsServers.AsSpan()) && Domains.AsSpan().SequenceEqual(other.Domains.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Prefixes.Length, Prefixes.FirstOrDefault(), DnsServers.Length, Domains.Length);

    /// <summary>The first and the number of a prefix's addresses that hosts can have: in IPv4 not the network's and the broadcast address, in IPv6 not the routers' anycast (RFC 4291 §2.6.1).</summary>
    internal static (IpAddress First, int Count) HostsOf(IpAddress network, int prefixLength)
    {
        var bits = (network.IsIPv6 ? 128 : 32) - prefixLength;
        if (bits <= 1) return (network, 1 << bits);
        var usable = bits >= 17 ? MaxClients : Math.Min(MaxClients, (1 << bits) - (network.IsIPv6 ? 1 : 2));
        return (network with { Value = network.Value + 1 }, usable);
    }
}
