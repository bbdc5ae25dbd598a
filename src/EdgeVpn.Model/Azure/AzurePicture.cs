using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Azure;

/// <summary>Azure's side as a picture: gateways and the connections between them and sites, without joining them into a box's configuration.</summary>
/// <param name="Gateways">VPN gateways; those that are only named by a connection stand without addresses.</param>
/// <param name="Connections">Site to site, and from virtual network to virtual network.</param>
/// <param name="Remarks">What cannot be read, and what has no part in it.</param>
public sealed record AzurePicture(ImmutableArray<PictureGateway> Gateways, ImmutableArray<PictureConnection> Connections, ImmutableArray<ImportRemark> Remarks)
{
    public static readonly AzurePicture Empty = new([], [], []);

    /// <summary>Reads what Azure printed, in any of the importer's shapes. Never throws, whatever the octets.</summary>
    public static AzurePicture Read(IReadOnlyList<AzureFile> files)
    {
        var remarks = new List<ImportRemark>();
        var found = new AzureResources();
        var reader = new AzureFileReader(found, remarks);
        foreach (var file in files) reader.Read(file);
        reader.Finish();
        var gateways = new List<(ResourceName Id, PictureGateway Gateway)>();
        foreach (var gateway in found.Gateways.Where(g => !Is(g.GatewayType, "ExpressRoute") && !gateways.Exists(known => known.Id.Names(g.Name))))
            gateways.Add((gateway.Name, Gateway(gateway, found)));
        var connections = found.Connections
            .Where(c => c.Gateway is not null && (c.Type is null || Is(c.Type, "IPsec") || Is(c.Type, PictureConnection.VnetToVnet)))
            .DistinctBy(static c => c.Name.Text, StringComparer.OrdinalIgnoreCase)
            .Select(c => Connection(c, found, At))
            .ToImmutableArray();
        return new AzurePicture([.. gateways.Select(static g => g.Gateway)], connections, [.. remarks]);

        int At(ResourceName id, string source)
        {
            var at = gateways.FindIndex(known => known.Id.Names(id));
            if (at >= 0) return at;
            gateways.Add((id, new PictureGateway(id.Name, source, [], false, null, null, [])));
            return gateways.Count - 1;
        }
    }

    private static PictureGateway Gateway(AzureGateway gateway, AzureResources found)
    {
        var addresses = gateway.Instances.SelectMany(i => i.TunnelAddresses.Append(found.PublicAddresses.Find(p => i.PublicAddress is { } id && p.Name.Names(id)).Address ?? ""));
        var networks = found.Networks.Where(n => gateway.Network is { } id && n.Name.Names(id)).SelectMany(static n => n.Prefixes.AddRange(n.PeeredPrefixes));
        return new PictureGateway(gateway.Name.Name, gateway.Source, [.. Parsed(addresses).Distinct()], gateway.IsActiveActive, gateway.Sku, gateway.Asn, Networks(networks));
    }

    private static PictureConnection Connection(AzureConnection connection, AzureResources found, Func<ResourceName, string, int> at)
    {
        var site = connection.Site is { } id ? found.Sites.Find(s => s.Name.Names(id)) : null;
        var key = connection.SharedKey ?? found.SharedKeys.Find(k => k.Connection is { } owner && owner.Names(connection.Name)).Key;
        var policy = connection.Policies.FirstOrDefault();
        var known = policy?.Problem() is null ? policy : null;
        return new PictureConnection(connection.Name.Name, connection.Source, at(connection.Gateway!.Value, connection.Source))
        {
            OtherGateway = Is(connection.Type, PictureConnection.VnetToVnet) && connection.OtherGateway is { } other ? at(other, connection.Source) : null,
            SiteAddress = Parsed([site?.Address ?? ""]).FirstOrDefault(),
            SiteNetworks = Networks(site?.Prefixes ?? []),
            Key = key is null ? null : new SecretText(key),
            Policy = known,
            HasUnknownPolicy = policy is not null && known is null,
            HasBgp = connection.EnableBgp,
        };
    }

    private static ImmutableArray<IPAddress> Parsed(IEnumerable<string> texts) => [.. texts.Select(static t => Addresses.TryParse(t, out var read) ? read : null).OfType<IPAddress>()];

    private static ImmutableArray<IPNetwork> Networks(IEnumerable<string> texts)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var text in texts)
            if (Addresses.TryParseLoosely(text, out var network) && !networks.Contains(network)) networks.Add(network);
        return networks.ToImmutable();
    }

    private static bool Is(string? text, string word) => text?.Equals(word, StringComparison.OrdinalIgnoreCase) ?? false;
}

/// <summary>A VPN gateway of Azure's.</summary>
/// <param name="Addresses">Where its tunnels end; empty: no file tells.</param>
/// <param name="IsActiveActive">Two instances, each with a tunnel to every site.</param>
/// <param name="Sku">As Azure names it; null: no file tells.</param>
/// <param name="Networks">What lies behind it, as far as its virtual network is among the files.</param>
public sealed record PictureGateway(
    string Name, string Source, ImmutableArray<IPAddress> Addresses, bool IsActiveActive, string? Sku, long? Asn, ImmutableArray<IPNetwork> Networks);

/// <summary>A connection of Azure's.</summary>
/// <param name="Gateway">Index into <see cref="AzurePicture.Gateways"/>.</param>
public sealed record PictureConnection(string Name, string Source, int Gateway)
{
    /// <summary>Azure's word for a connection between two of its own gateways.</summary>
    internal const string VnetToVnet = "Vnet2Vnet";

    /// <summary>Index of the gateway at the other end; null: a site.</summary>
    public int? OtherGateway { get; init; }

    /// <summary>Where Azure looks for the site.</summary>
    public IPAddress? SiteAddress { get; init; }

    /// <summary>What Azure sends to the site.</summary>
    public ImmutableArray<IPNetwork> SiteNetworks { get; init; } = [];

    /// <summary>The shared key, where a file has it.</summary>
    public SecretText? Key { get; init; }

    /// <summary>The custom policy; null: the default set.</summary>
    public AzurePolicy? Policy { get; init; }

    /// <summary>There is a policy, which this engine or Azure refuses: `edgevpn import azure` says why.</summary>
    public bool HasUnknownPolicy { get; init; }

    public bool HasBgp { get; init; }
}
