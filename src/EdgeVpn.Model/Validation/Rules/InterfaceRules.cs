using System.Net;
using System.Net.Sockets;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>Interfaces: names, addressing, LANs that are apart.</summary>
internal static class InterfaceRules
{
    public static void Check(RuleContext context)
    {
        var interfaces = context.Interfaces.ToList();
        context.Unique(interfaces.Select(i => (i.Item.Name, i.Path["name"])), "interface name");
        foreach (var (item, path) in interfaces)
        {
            context.InterfaceName(item.Name, path["name"]);
            if (item.Mtu is { } mtu) context.Between(mtu, 576, 9216, path["mtu"]);
            Ipv4(context, item, path["ipv4"]);
            Ipv6(context, item.Ipv6, path["ipv6"]);
            Vlan(context, item, path["vlan"]);
            LinkRules.Check(context, item, path);
        }

        context.Unique(
            interfaces.Where(i => i.Item.Vlan is not null && context.IsSound(i.Path["vlan"])).Select(i => ($"{i.Item.Vlan!.Id} on {i.Item.Vlan.Parent}", i.Path["vlan"])), "VLAN");
        context.Unique(interfaces.Where(i => i.Item.Pppoe is { Parent.Length: > 0 }).Select(i => (i.Item.Pppoe!.Parent, i.Path["pppoe"]["parent"])), "PPPoE port");

        if (interfaces.Count > 0 && interfaces.All(i => context.IsSound(i.Path["role"]) && i.Item.Role != InterfaceRole.Wan))
            context.Warn(ProblemKind.Doubtful, JsonPath.Root["interfaces"], "No interface has the role wan.");
        Overlaps(context, interfaces);
        Circles(context, interfaces);
    }

    /// <summary>VLANs and sessions stand on ports, at last on one that stands by itself.</summary>
    private static void Circles(RuleContext context, List<(InterfaceConfig Item, JsonPath Path)> interfaces)
    {
        static string? ParentOf(InterfaceConfig item) => item.Vlan?.Parent ?? item.Pppoe?.Parent;
        foreach (var (item, path) in interfaces)
        {
            var below = ParentOf(item);
            if (below == item.Name) continue; // said by the rule of its kind
            for (var left = interfaces.Count; below is not null && below != item.Name && left > 0; left--)
                below = interfaces.Where(i => i.Item.Name == below).Select(static i => ParentOf(i.Item)).FirstOrDefault();
            if (below == item.Name) context.Error(ProblemKind.Contradiction, path[item.Vlan is null ? "pppoe" : "vlan"]["parent"], $"{item.Name} stands on itself, by way of others.");
        }
    }

    private static void Ipv4(RuleContext context, InterfaceConfig item, JsonPath path)
    {
        var config = item.Ipv4;
        Static(context, config.EffectiveMethod == Ipv4Method.Static, config.Address, config.Gateway, AddressFamily.InterNetwork, path);
        if (config.Address is { } own && own.IsNetworkOrBroadcast())
            context.Error(ProblemKind.BadValue, path["address"], $"{own.Address} is the first or last address of {own.Network}: no host can have it.");
        foreach (var (server, at) in context.Items(config.Dns, path["dns"])) Family(context, server, AddressFamily.InterNetwork, at);

        if (config.DhcpServer && item.Role == InterfaceRole.Wan)
            context.Error(ProblemKind.Contradiction, path["dhcpServer"], "A DHCP server does not belong on a WAN.");
        if (config.DhcpServer && config.EffectiveMethod != Ipv4Method.Static)
            context.Error(ProblemKind.Contradiction, path["dhcpServer"], "A DHCP server needs a static address of its own.", "give \"address\"");
        if (config.DhcpRange is { } range) Range(context, config, range, path["dhcpRange"]);
    }

    private static void Range(RuleContext context, Ipv4Config config, DhcpRangeConfig range, JsonPath path)
    {
        if (!config.DhcpServer) context.Warn(ProblemKind.Doubtful, path, "The range has no effect while \"dhcpServer\" is false.");
        if (config.Address is not { } own) return;
        foreach (var (address, at) in new[] { (range.First, path["first"]), (range.Last, path["last"]) })
            if (!own.Network.Contains(address)) context.Error(ProblemKind.Contradiction, at, $"{address} is not in {own.Network}.");
        if (context.IsSound(path["first"]) && context.IsSound(path["last"])
            && range.First.GetAddressBytes().AsSpan().SequenceCompareTo(range.Last.GetAddressBytes()) > 0)
            context.Error(ProblemKind.Contradiction, path, "The range ends before it begins.");
        context.Between(range.Lease, TimeSpan.FromMinutes(2), TimeSpan.FromDays(365), path["lease"]);
    }

    private static void Ipv6(RuleContext context, Ipv6Config config, JsonPath path)
    {
        Static(context, config.EffectiveMethod == Ipv6Method.Static, config.Address, config.Gateway, AddressFamily.InterNetworkV6, path);
        foreach (var (server, at) in context.Items(config.Dns, path["dns"])) Family(context, server, AddressFamily.InterNetworkV6, at);
    }

    private static void Static(RuleContext context, bool isStatic, InterfaceAddress? address, IPAddress? gateway, AddressFamily family, JsonPath path)
    {
        if (!context.IsSound(path["method"])) return;
        if (isStatic && address is null) context.Error(ProblemKind.MissingField, path["address"], "Method static needs an address.");
        if (!isStatic && address is not null) context.Error(ProblemKind.Contradiction, path["address"], "An address goes with method static only.", "\"method\": \"static\"");
        if (address is { } own)
        {
            Family(context, own.Address, family, path["address"]);
            if (IsNoPorts(own.Address)) context.Error(ProblemKind.BadValue, path["address"], $"No port can have the address {own.Address}.");
        }

        if (gateway is null) return;
        Family(context, gateway, family, path["gateway"]);
        if (address is { } at && at.Address.AddressFamily == family && gateway.AddressFamily == family && !gateway.IsIPv6LinkLocal && !at.Network.Contains(gateway))
            context.Error(ProblemKind.Contradiction, path["gateway"], $"{gateway} cannot be reached: it is not in {at.Network}.");
        if (address?.Address.Equals(gateway) ?? false) context.Error(ProblemKind.Contradiction, path["gateway"], $"{gateway} is the box itself.", "the provider's router is wanted");
        if (!isStatic) context.Warn(ProblemKind.Doubtful, path["gateway"], "The gateway has no effect: the network names its own.");
    }

    /// <summary>Loopback, multicast, and what stands for no address at all.</summary>
    private static bool IsNoPorts(IPAddress address) => IPAddress.IsLoopback(address)
        || (address.AddressFamily == AddressFamily.InterNetwork ? address.GetAddressBytes()[0] is 0 or >= 224 : address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any));

    private static void Family(RuleContext context, IPAddress address, AddressFamily family, JsonPath path)
    {
        if (address.AddressFamily != family)
            context.Error(ProblemKind.BadValue, path, $"{address} is not an {(family == AddressFamily.InterNetwork ? "IPv4" : "IPv6")} address.");
    }

    private static void Vlan(RuleContext context, InterfaceConfig item, JsonPath path)
    {
        if (item.Vlan is not { } vlan) return;
        context.Between(vlan.Id, 1, 4094, path["id"]);
        context.InterfaceName(vlan.Parent, path["parent"]);
        if (vlan.Parent == item.Name) context.Error(ProblemKind.Contradiction, path["parent"], "An interface cannot stand on itself.");
    }

    private static void Overlaps(RuleContext context, List<(InterfaceConfig Item, JsonPath Path)> interfaces)
    {
        var networks = new List<(IPNetwork Network, JsonPath Path)>();
        foreach (var (item, path) in interfaces)
        {
            if (item.Ipv4.Address is { } v4 && context.IsSound(path["ipv4"]["address"])) networks.Add((v4.Network, path["ipv4"]["address"]));
            if (item.Ipv6.Address is { } v6 && context.IsSound(path["ipv6"]["address"])) networks.Add((v6.Network, path["ipv6"]["address"]));
        }

        for (var i = 0; i < networks.Count; i++)
            for (var j = 0; j < i; j++)
                if (networks[i].Network.Overlaps(networks[j].Network))
                    context.Error(ProblemKind.Contradiction, networks[i].Path, $"{networks[i].Network} overlaps {networks[j].Network} at {networks[j].Path}.");
    }
}
