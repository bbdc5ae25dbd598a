using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Azure;

/// <summary>Everything that was found in the files, before it is joined.</summary>
internal sealed class AzureResources
{
    public List<AzureConnection> Connections { get; } = [];

    public List<AzureGateway> Gateways { get; } = [];

    public List<AzureSite> Sites { get; } = [];

    public List<AzureNatRule> NatRules { get; } = [];

    public List<AzureNetwork> Networks { get; } = [];

    public List<(ResourceName Name, string? Address)> PublicAddresses { get; } = [];

    /// <summary>What <c>shared-key show</c> printed; the name is the connection's, null where nothing says whose it is.</summary>
    public List<(ResourceName? Connection, string Key)> SharedKeys { get; } = [];

    public List<DeviceScript> Scripts { get; } = [];
}

/// <summary>A connection (<c>Microsoft.Network/connections</c>, or a link connection of Virtual WAN).</summary>
internal sealed record AzureConnection
{
    public required string Source { get; init; }

    public required ResourceName Name { get; init; }

    public ResourceName? Gateway { get; init; }

    public ResourceName? Site { get; init; }

    /// <summary>The gateway at the other end, where that is Azure's too.</summary>
    public ResourceName? OtherGateway { get; init; }

    /// <summary><c>IPsec</c>, <c>Vnet2Vnet</c>, <c>ExpressRoute</c>, <c>VPNClient</c>.</summary>
    public string? Type { get; init; }

    public string? Protocol { get; init; }

    public string? AuthenticationType { get; init; }

    public string? SharedKey { get; init; }

    public bool EnableBgp { get; init; }

    public bool IsPolicyBased { get; init; }

    public bool UsesPrivateAddress { get; init; }

    public ImmutableArray<AzurePolicy> Policies { get; init; } = [];

    /// <summary>Azure's side first.</summary>
    public ImmutableArray<(ImmutableArray<string> Azure, ImmutableArray<string> OnPremises)> Selectors { get; init; } = [];

    public long? DpdSeconds { get; init; }

    public string? Mode { get; init; }

    public ImmutableArray<ResourceName> NatRules { get; init; } = [];

    /// <summary>Azure's address in the BGP session of this connection, by IP configuration.</summary>
    public ImmutableArray<(ResourceName IpConfiguration, string Address)> CustomBgpAddresses { get; init; } = [];
}

/// <summary>A VPN gateway of a virtual network or of a Virtual WAN hub.</summary>
internal sealed record AzureGateway
{
    public required string Source { get; init; }

    public required ResourceName Name { get; init; }

    public string? GatewayType { get; init; }

    public string? VpnType { get; init; }

    public bool IsActiveActive { get; init; }

    public bool IsVirtualWan { get; init; }

    public string? Sku { get; init; }

    public long? Asn { get; init; }

    public ImmutableArray<AzureInstance> Instances { get; init; } = [];

    /// <summary>The virtual network it stands in.</summary>
    public ResourceName? Network { get; init; }
}

/// <summary>One instance of a gateway, as its IP configuration tells it.</summary>
internal sealed record AzureInstance(
    ResourceName IpConfiguration, ImmutableArray<string> TunnelAddresses, ImmutableArray<string> DefaultBgp, ImmutableArray<string> CustomBgp, ResourceName? PublicAddress, string? PrivateAddress);

/// <summary>What Azure knows of the box: a local network gateway, or a link of a Virtual WAN site.</summary>
internal sealed record AzureSite
{
    public required string Source { get; init; }

    public required ResourceName Name { get; init; }

    public string? Address { get; init; }

    public string? Fqdn { get; init; }

    public ImmutableArray<string> Prefixes { get; init; } = [];

    public long? Asn { get; init; }

    public string? BgpAddress { get; init; }
}

/// <summary>An address translation rule of a gateway.</summary>
internal sealed record AzureNatRule(
    ResourceName Name, string? Mode, string? Type, ImmutableArray<string> Internal, ImmutableArray<string> External, bool HasPorts, bool IsOfOneInstance);

/// <summary>A virtual network, and those peered with it that may use its gateway.</summary>
internal sealed record AzureNetwork(ResourceName Name, ImmutableArray<string> Prefixes, ImmutableArray<string> PeeredPrefixes);

/// <summary>A resource's id, or only its name where a file does not tell the id.</summary>
internal readonly record struct ResourceName(string Text)
{
    /// <summary>The last part of the id.</summary>
    public string Name => Text[(Text.TrimEnd('/').LastIndexOf('/') + 1)..].TrimEnd('/');

    private bool IsWhole => Text.StartsWith("/subscriptions/", StringComparison.OrdinalIgnoreCase);

    /// <summary>The same resource: by id where both are ids, else by name. Case does not count in Azure.</summary>
    public bool Names(ResourceName other) => IsWhole && other.IsWhole
        ? Text.TrimEnd('/').Equals(other.Text.TrimEnd('/'), StringComparison.OrdinalIgnoreCase)
        : Name.Equals(other.Name, StringComparison.OrdinalIgnoreCase);

    /// <summary>The resource that holds this one: <c>…/virtualNetworks/v/subnets/s</c> gives <c>…/virtualNetworks/v</c>.</summary>
    public ResourceName? Above(string collection)
    {
        var at = Text.IndexOf($"/{collection}/", StringComparison.OrdinalIgnoreCase);
        if (at < 0) return null;
        var end = Text.IndexOf('/', at + collection.Length + 2);
        return new ResourceName(end < 0 ? Text : Text[..end]);
    }

    public static ResourceName? Of(string? text) => text is null ? null : new ResourceName(text);

    public override string ToString() => Name;
}
