using System.Collections.Immutable;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Azure;

/// <summary>The kinds of resources that have a part in a connection.</summary>
internal enum AzureKind
{
    Unknown,
    Connection,
    Gateway,
    Site,
    NatRule,
    Network,
    PublicAddress,
    SharedKey,
    WanGateway,
    WanConnection,
    WanSite,
    WanHub,
}

/// <summary>Takes the fields that matter out of one resource, whichever tool printed it.</summary>
internal static class AzureResourceReader
{
    private const string Provider = "Microsoft.Network/";

    /// <summary>By type, else by id, else by the fields that only this kind has (PowerShell prints no type).</summary>
    public static AzureKind KindOf(AzureNode node)
    {
        var type = node["type"].Text is { } written && written.StartsWith(Provider, StringComparison.OrdinalIgnoreCase) ? written[Provider.Length..] : TypeOf(node["id"].Text);
        var kind = type?.ToLowerInvariant() switch
        {
            "connections" => AzureKind.Connection,
            "connections/sharedkey" => AzureKind.SharedKey,
            "virtualnetworkgateways" => AzureKind.Gateway,
            "virtualnetworkgateways/natrules" => AzureKind.NatRule,
            "localnetworkgateways" => AzureKind.Site,
            "virtualnetworks" => AzureKind.Network,
            "publicipaddresses" => AzureKind.PublicAddress,
            "vpngateways" => AzureKind.WanGateway,
            "vpngateways/vpnconnections" => AzureKind.WanConnection,
            "vpngateways/natrules" => AzureKind.NatRule,
            "vpnsites" => AzureKind.WanSite,
            "virtualhubs" => AzureKind.WanHub,
            _ => AzureKind.Unknown,
        };
        if (kind != AzureKind.Unknown || type is not null) return kind;
        if (node["virtualNetworkGateway1"].Exists || node["localNetworkGateway2"].Exists) return AzureKind.Connection;
        if (node["gatewayType"].Exists || node["vpnType"].Exists) return AzureKind.Gateway;
        if (node["localNetworkAddressSpace"].Exists || node["gatewayIpAddress"].Exists) return AzureKind.Site;
        if (node["subnets"].Exists && node["addressSpace"].Exists) return AzureKind.Network;
        if (node["publicIPAllocationMethod"].Exists) return AzureKind.PublicAddress;
        return node["value"].Text is not null ? AzureKind.SharedKey : AzureKind.Unknown;
    }

    /// <summary>What an unused resource is, for a remark.</summary>
    public static string Describe(AzureNode node)
    {
        var type = node["type"].Text ?? TypeOf(node["id"].Text);
        var name = node["name"].Text;
        var what = type is null ? "A document without a type" : $"A {type}";
        return Cut(name is null ? what : $"{what} named {name}");
    }

    public static void Read(string source, AzureNode node, AzureKind kind, AzureResources found)
    {
        switch (kind)
        {
            case AzureKind.Connection:
                found.Connections.Add(Connection(source, node));
                if (node["virtualNetworkGateway1"] is { } gateway && (gateway["gatewayType"].Exists || gateway["bgpSettings"].Exists)) Gateway(source, gateway, found);
                if (node["localNetworkGateway2"] is { } site && (site["localNetworkAddressSpace"].Exists || site["gatewayIpAddress"].Exists)) found.Sites.Add(Site(source, site));
                break;
            case AzureKind.Gateway:
                Gateway(source, node, found);
                break;
            case AzureKind.Site:
                found.Sites.Add(Site(source, node));
                break;
            case AzureKind.NatRule:
                found.NatRules.Add(NatRule(node));
                break;
            case AzureKind.Network:
                found.Networks.Add(Network(node));
                break;
            case AzureKind.PublicAddress:
                found.PublicAddresses.Add((NameOf(node), node["ipAddress"].Text));
                break;
            case AzureKind.SharedKey:
                if (node["value"].Text is { } key) found.SharedKeys.Add((ResourceName.Of(node["id"].Text)?.Above("connections"), key));
                break;
            case AzureKind.WanGateway:
                WanGateway(source, node, found);
                break;
            case AzureKind.WanConnection:
                WanConnection(source, node, ResourceName.Of(node["id"].Text)?.Above("vpnGateways"), found);
                break;
            case AzureKind.WanSite:
                WanSite(source, node, found);
                break;
            case AzureKind.WanHub:
                found.Networks.Add(new AzureNetwork(NameOf(node), [.. node["addressPrefix"].Texts], []));
                break;
            case AzureKind.Unknown:
            default:
                break;
        }
    }

    private static AzureConnection Connection(string source, AzureNode node) => AnyConnection(source, node) with
    {
        Gateway = Reference(node["virtualNetworkGateway1"]),
        Site = Reference(node["localNetworkGateway2"]),
        OtherGateway = Reference(node["virtualNetworkGateway2"]),
        Type = node["connectionType"].Text,
        Protocol = node["connectionProtocol"].Text,
        AuthenticationType = node["authenticationType"].Text,
        Selectors = Selectors(node["trafficSelectorPolicies"]),
        Mode = node["connectionMode"].Text,
        CustomBgpAddresses = CustomBgp(node["gatewayCustomBgpIpAddresses"]),
    };

    /// <summary>What a connection and a link connection of Virtual WAN say in the same words.</summary>
    private static AzureConnection AnyConnection(string source, AzureNode node) => new()
    {
        Source = source,
        Name = NameOf(node),
        SharedKey = node["sharedKey"].Text,
        EnableBgp = node["enableBgp"].IsTrue,
        IsPolicyBased = node["usePolicyBasedTrafficSelectors"].IsTrue,
        UsesPrivateAddress = node["useLocalAzureIpAddress"].IsTrue,
        Policies = Policies(node["ipsecPolicies"]),
        DpdSeconds = node["dpdTimeoutSeconds"].Number,
        NatRules = [.. References(node["ingressNatRules"]), .. References(node["egressNatRules"])],
    };

    private static ImmutableArray<AzurePolicy> Policies(AzureNode list) =>
    [
        .. list.Items.Where(p => p.IsObject && p["ikeEncryption"].Exists).Select(p => AzurePolicy.Printed(
            p["ikeEncryption"].Text ?? "", p["ikeIntegrity"].Text ?? "", p["dhGroup"].Text ?? "",
            p["ipsecEncryption"].Text ?? "", p["ipsecIntegrity"].Text ?? "", p["pfsGroup"].Text ?? "",
            p["saLifeTimeSeconds"].Number, p["saDataSizeKilobytes"].Number)),
    ];

    private static ImmutableArray<(ImmutableArray<string>, ImmutableArray<string>)> Selectors(AzureNode list) =>
    [
        .. list.Items.Where(s => s.IsObject && (s["localAddressRanges"].Exists || s["remoteAddressRanges"].Exists))
            .Select(s => ((ImmutableArray<string>)[.. s["localAddressRanges"].Texts], (ImmutableArray<string>)[.. s["remoteAddressRanges"].Texts])),
    ];

    private static ImmutableArray<(ResourceName, string)> CustomBgp(AzureNode list) =>
    [
        .. list.Items.Where(c => c.IsObject)
            .Select(c => (Id: ResourceName.Of(c["ipConfigurationId"].Text), Address: c["customBgpIpAddress"].Text))
            .Where(c => c.Id is not null && c.Address is not null).Select(c => (c.Id!.Value, c.Address!)),
    ];

    private static void Gateway(string source, AzureNode node, AzureResources found)
    {
        var name = NameOf(node);
        var configurations = node["ipConfigurations"].Items.Where(c => c.IsObject).Select(c => (Name: NameOf(c), Node: c)).ToList();
        var peerings = Peerings(node).ToList();
        var instances = peerings.Select(p =>
        {
            var at = configurations.FindIndex(c => c.Name.Names(p.IpConfiguration));
            return at < 0 ? p : p with { PublicAddress = Reference(configurations[at].Node["publicIPAddress"]), PrivateAddress = configurations[at].Node["privateIPAddress"].Text };
        }).Concat(configurations.Where(c => !peerings.Any(p => p.IpConfiguration.Names(c.Name)))
            .Select(c => new AzureInstance(c.Name, [], [], [], Reference(c.Node["publicIPAddress"]), c.Node["privateIPAddress"].Text)));
        found.Gateways.Add(new AzureGateway
        {
            Source = source,
            Name = name,
            GatewayType = node["gatewayType"].Text,
            VpnType = node["vpnType"].Text,
            Sku = node["sku"]["name"].Text,
            IsActiveActive = node["activeActive"].IsTrue || node["active"].IsTrue, // az names it either way, by version
            Asn = node["bgpSettings"]["asn"].Number,
            Instances = [.. instances],
            Network = configurations.Select(c => Reference(c.Node["subnet"])?.Above("virtualNetworks")).FirstOrDefault(n => n is not null),
        });
        foreach (var rule in node["natRules"].Items.Where(r => r.IsObject)) found.NatRules.Add(NatRule(rule));
    }

    private static IEnumerable<AzureInstance> Peerings(AzureNode node) =>
        node["bgpSettings"]["bgpPeeringAddresses"].Items.Where(p => p.IsObject && p["ipConfigurationId"].Text is not null).Select(p => new AzureInstance(
            new ResourceName(p["ipConfigurationId"].Text!), [.. p["tunnelIpAddresses"].Texts], [.. p["defaultBgpIpAddresses"].Texts], [.. p["customBgpIpAddresses"].Texts], null, null));

    private static AzureSite Site(string source, AzureNode node) => new()
    {
        Source = source,
        Name = NameOf(node),
        Address = node["gatewayIpAddress"].Text,
        Fqdn = node["fqdn"].Text,
        Prefixes = [.. node["localNetworkAddressSpace"]["addressPrefixes"].Texts],
        Asn = node["bgpSettings"]["asn"].Number,
        BgpAddress = node["bgpSettings"]["bgpPeeringAddress"].Text,
    };

    private static AzureNatRule NatRule(AzureNode node)
    {
        // The rule's own type hides behind the resource's; az and PowerShell each found another name for it.
        var type = new[] { node["properties"]["type"].Text, node["typePropertiesType"].Text, node["propertiesType"].Text, node["virtualNetworkGatewayNatRulePropertiesType"].Text, node["type"].Text }
            .FirstOrDefault(t => t is not null && !t.Contains('/', StringComparison.Ordinal));
        AzureNode[] mappings = [.. node["internalMappings"].Items, .. node["externalMappings"].Items];
        return new AzureNatRule(
            NameOf(node), node["mode"].Text, type,
            [.. node["internalMappings"].Items.Select(m => m["addressSpace"].Text).OfType<string>()],
            [.. node["externalMappings"].Items.Select(m => m["addressSpace"].Text).OfType<string>()],
            Array.Exists(mappings, m => m["portRange"].Text is not null),
            node["ipConfigurationId"].Text is not null);
    }

    private static AzureNetwork Network(AzureNode node) => new(
        NameOf(node),
        [.. node["addressSpace"]["addressPrefixes"].Texts],
        [
            .. node["virtualNetworkPeerings"].Items.Where(p => p.IsObject && p["allowGatewayTransit"].IsTrue)
                .SelectMany(p => (p["remoteVirtualNetworkAddressSpace"].Exists ? p["remoteVirtualNetworkAddressSpace"] : p["remoteAddressSpace"])["addressPrefixes"].Texts),
        ]);

    private static void WanGateway(string source, AzureNode node, AzureResources found)
    {
        var name = NameOf(node);
        found.Gateways.Add(new AzureGateway
        {
            Source = source,
            Name = name,
            GatewayType = "Vpn",
            VpnType = "RouteBased",
            IsVirtualWan = true,
            IsActiveActive = true,
            Asn = node["bgpSettings"]["asn"].Number,
            Instances = [.. Peerings(node)],
            Network = Reference(node["virtualHub"]),
        });
        foreach (var connection in node["connections"].Items.Where(c => c.IsObject)) WanConnection(source, connection, name, found);
        foreach (var rule in node["natRules"].Items.Where(r => r.IsObject)) found.NatRules.Add(NatRule(rule));
    }

    private static void WanConnection(string source, AzureNode node, ResourceName? gateway, AzureResources found)
    {
        foreach (var link in node["vpnLinkConnections"].Items.Where(l => l.IsObject))
        {
            var connection = AnyConnection(source, link);
            found.Connections.Add(connection with
            {
                Gateway = gateway,
                Site = Reference(link["vpnSiteLink"]),
                Type = "IPsec",
                Protocol = link["vpnConnectionProtocolType"].Text,
                Selectors = Selectors(node["trafficSelectorPolicies"]),
                DpdSeconds = connection.DpdSeconds ?? node["dpdTimeoutSeconds"].Number,
                Mode = link["vpnLinkConnectionMode"].Text,
                CustomBgpAddresses = CustomBgp(link["vpnGatewayCustomBgpAddresses"]),
            });
        }
    }

    private static void WanSite(string source, AzureNode node, AzureResources found)
    {
        foreach (var link in node["vpnSiteLinks"].Items.Where(l => l.IsObject))
        {
            found.Sites.Add(new AzureSite
            {
                Source = source,
                Name = NameOf(link),
                Address = link["ipAddress"].Text,
                Fqdn = link["fqdn"].Text,
                Prefixes = [.. node["addressSpace"]["addressPrefixes"].Texts],
                Asn = link["bgpProperties"]["asn"].Number,
                BgpAddress = link["bgpProperties"]["bgpPeeringAddress"].Text,
            });
        }
    }

    private static ResourceName NameOf(AzureNode node) => new(node["id"].Text ?? node["name"].Text ?? "unnamed");

    private static ResourceName? Reference(AzureNode node) => ResourceName.Of(node["id"].Text ?? node.Text);

    private static IEnumerable<ResourceName> References(AzureNode list) => list.Items.Select(Reference).OfType<ResourceName>();

    /// <summary><c>…/providers/Microsoft.Network/a/x/b/y</c> is of type <c>a/b</c>.</summary>
    private static string? TypeOf(string? id)
    {
        if (id is null) return null;
        var at = id.IndexOf("/providers/" + Provider, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return null;
        var parts = id[(at + "/providers/".Length + Provider.Length)..].TrimEnd('/').Split('/');
        return string.Join('/', parts.Where((_, i) => i % 2 == 0));
    }

    private static string Cut(string text) => text.Length <= 120 ? text : text[..117] + "...";
}
