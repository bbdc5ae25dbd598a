using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Rehearsal.Topology;

/// <summary>What is looked at as one picture.</summary>
/// <param name="Sites">Valid configurations, each of a box of its own; names differ.</param>
/// <param name="Azure">What Azure's own files tell.</param>
/// <param name="Sku">The SKU of the gateways that no file tells one of; null: unknown.</param>
public sealed record TopologyParts(ImmutableArray<TopologySite> Sites, AzurePicture Azure, string? Sku = null);

/// <summary>One box.</summary>
/// <param name="Name">What findings and the drawing call it.</param>
public sealed record TopologySite(string Name, BoxConfig Configuration)
{
    /// <summary>Where it may be called: static addresses of its WAN, addresses its connections use, and identities that are addresses (behind a NAT, the public one).</summary>
    public ImmutableArray<IPAddress> Addresses { get; } =
    [
        .. Configuration.Interfaces.Where(static i => i.Role == InterfaceRole.Wan)
            .SelectMany(static i => new[] { i.Ipv4.Address?.Address, i.Ipv6.Address?.Address }).OfType<IPAddress>()
            .Concat(Configuration.Connections.Select(static c => c.Local.Address).OfType<IPAddress>())
            .Concat(Configuration.Connections.Select(static c => c.Local.Identity is { } text && Model.Configuration.Addresses.TryParse(text, out var read) ? read : null).OfType<IPAddress>())
            .Distinct(),
    ];

    /// <summary>What lies behind it.</summary>
    public ImmutableArray<IPNetwork> Networks { get; } = [.. Configuration.Connections.SelectMany(static c => c.Local.Networks).Distinct()];
}

/// <summary>One end of a tunnel: a connection of one box.</summary>
/// <param name="Site">Index of its box.</param>
internal sealed record End(int Site, ConnectionConfig Connection, JsonPath Path)
{
    public bool TakesAnyCaller => Connection.Remote.Endpoints.Any(static e => e.Address.IsAny);

    /// <summary>Takes calls of whoever has the secret: the end of many.</summary>
    public bool IsOpen => TakesAnyCaller && Connection.Remote.Endpoints.All(static e => e.Identity is null);

    public bool MayCall => Connection.Mode != ConnectionMode.Responder && !TakesAnyCaller;

    public bool MayAnswer => Connection.Mode != ConnectionMode.Initiator;

    /// <summary>Tunnels that it keeps at a time.</summary>
    public int Tunnels => Connection.Remote.Strategy == EndpointStrategy.All ? Connection.Remote.Endpoints.Length : 1;

    /// <summary>The identity that it shows; null: its address, which no document tells.</summary>
    public string? Shows => Connection.Local.Identity ?? Connection.Local.Address?.ToString();

    /// <summary>The identities that it takes; empty: any that comes with the secret.</summary>
    public IEnumerable<string> Expects => Connection.Remote.Endpoints.Select(static e => e.Identity).OfType<string>();
}
