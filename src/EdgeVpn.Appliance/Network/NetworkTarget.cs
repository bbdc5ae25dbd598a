using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Linux.Netlink;
using EdgeVpn.Model.Configuration;
using static EdgeVpn.Appliance.Network.NetworkNumbers;

namespace EdgeVpn.Appliance.Network;

/// <summary>A plan resolved against the machine: exactly what the kernel should hold under our numbers. Pure.</summary>
/// <param name="Rules">At priorities 4555 to 4557.</param>
/// <param name="Routes">In tables 4556 and 4557, and static default routes in main; those over an interface only if it is there and up.</param>
/// <param name="Filter">The table <c>inet edgevpn</c>; null: none.</param>
/// <param name="Addresses">Static addresses of interfaces that are there.</param>
/// <param name="Missing">Configured interfaces that are not there.</param>
public sealed record NetworkTarget(
    ImmutableArray<Rule> Rules, ImmutableArray<Route> Routes, FilterDocument? Filter,
    ImmutableArray<(int Index, EdgeVpn.Model.Configuration.InterfaceAddress Address)> Addresses, ImmutableArray<string> Missing)
{
    /// <param name="plan">What is asked for.</param>
    /// <param name="facts">What is there.</param>
    /// <param name="preferred">The WAN that traffic shall leave by although another's default route has the better metric; null: metrics decide.</param>
    public static NetworkTarget Of(NetworkPlan plan, NetworkFacts facts, string? preferred = null)
    {
        var stays = Stays(plan, facts);
        var addresses = plan.Interfaces
            .SelectMany(i => i.Addresses.Select(a => (facts.Find(i.Name), Address: a)))
            .Where(pair => pair.Item1 is not null)
            .Select(pair => (pair.Item1!.Index, pair.Address));
        return new NetworkTarget(
            [.. RulesOf(plan, stays)],
            [.. Walls(plan, stays), .. OverTunnels(plan, facts), .. Gateways(plan, facts), .. Preferred(facts, preferred)],
            FilterDocument.Of(plan, facts, stays),
            [.. addresses],
            [.. plan.Interfaces.Select(i => i.Name).Where(name => facts.Find(name) is null)]);
    }

    /// <summary>Networks at this end: as configured, and what LANs (or, unmanaged, all but the default route's interfaces) have by DHCP.</summary>
    private static ImmutableArray<IPNetwork> Stays(NetworkPlan plan, NetworkFacts facts)
    {
        var outside = facts.DefaultInterfaces.Select(i => i.Index).ToHashSet();
        var connected = facts.Interfaces
            .Where(i => plan.ManagesMachine ? i.Role == InterfaceUse.Lan : i.Role == InterfaceUse.Other && i.Name != "lo" && !outside.Contains(i.Index))
            .SelectMany(i => i.Addresses).Select(a => a.Network)
            .Where(n => n.PrefixLength > 0 && !n.BaseAddress.IsIPv6LinkLocal);
        return Prefixes.Sorted([.. plan.StaysHere, .. connected]);
    }

    private static IEnumerable<Rule> RulesOf(NetworkPlan plan, ImmutableArray<IPNetwork> stays)
    {
        foreach (var family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
        {
            var everything = plan.ProtectsEverything.Contains(family);
            if (!everything && plan.Protected.Of(family).IsEmpty) continue;
            yield return new Rule { Family = family, Priority = MarkPriority, Mark = Mark, MarkMask = uint.MaxValue, Table = Route.MainTable };
            yield return new Rule { Family = family, Priority = TunnelPriority, Table = TunnelTable };
            if (!everything) continue;
            yield return new Rule { Family = family, Priority = DefaultPriority, Table = DefaultTable, InputInterface = "lo", IsInverted = true };
            foreach (var network in Prefixes.Widest(stays.Of(family)))
                yield return new Rule { Family = family, Priority = DefaultPriority, Table = DefaultTable, Source = network };
        }
    }

    /// <summary>What stands without any tunnel: unreachable twins, and throws for what stays here although a wider route would take it.</summary>
    private static IEnumerable<Route> Walls(NetworkPlan plan, ImmutableArray<IPNetwork> stays)
    {
        foreach (var network in Prefixes.Sorted(plan.Tunnels.SelectMany(t => t.Remote)))
            yield return new Route { Destination = network, Type = RouteType.Unreachable, Table = TableOf(network), Metric = UnreachableMetric };
        var wide = plan.Protected;
        foreach (var network in stays.Where(s => wide.Any(p => p.Covers(s) && p != s)))
            yield return Throw(network, TunnelTable);
        foreach (var family in plan.ProtectsEverything)
            foreach (var network in Prefixes.Sorted([.. stays.Of(family), .. NeverForwarded(family)]))
                yield return Throw(network, DefaultTable);
    }

    /// <summary>Link-local and multicast destinations belong to their link, whoever's source address they carry.</summary>
    private static IPNetwork[] NeverForwarded(AddressFamily family) =>
        family == AddressFamily.InterNetwork ? [IPNetwork.Parse("224.0.0.0/4")] : [IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("ff00::/8")];

    private static IEnumerable<Route> OverTunnels(NetworkPlan plan, NetworkFacts facts)
    {
        foreach (var tunnel in plan.Tunnels)
        {
            if (facts.Find(tunnel.Interface) is not { IsUp: true } link) continue;
            foreach (var network in tunnel.Remote)
            {
                yield return new Route
                {
                    Destination = network,
                    Table = TableOf(network),
                    Metric = TunnelMetric,
                    InterfaceIndex = link.Index,
                    PreferredSource = SourceFor(plan, facts, tunnel, network.BaseAddress.AddressFamily),
                };
            }
        }
    }

    /// <summary>The box's address inside the connection's local networks, else any of its LANs: the peer's selectors and routes know no other.</summary>
    private static IPAddress? SourceFor(NetworkPlan plan, NetworkFacts facts, PlannedTunnel tunnel, AddressFamily family)
    {
        var own = facts.Interfaces
            .Where(i => i.Name != "lo" && i.Role != InterfaceUse.Tunnel && (!plan.ManagesMachine || i.Role == InterfaceUse.Lan))
            .SelectMany(i => i.Addresses).Select(a => a.Address)
            .Where(a => a.AddressFamily == family && !a.IsIPv6LinkLocal).ToList();
        var inside = own.FirstOrDefault(a => tunnel.Local.Any(n => n.Contains(a)));
        return inside ?? (plan.ManagesMachine ? own.FirstOrDefault() : null);
    }

    private static IEnumerable<Route> Gateways(NetworkPlan plan, NetworkFacts facts)
    {
        var metric = GatewayMetric;
        foreach (var item in plan.Interfaces.Where(i => i.Role == InterfaceRole.Wan))
        {
            var own = metric++; // counted even while the interface is missing: the order is the configuration's
            if (facts.Find(item.Name) is not { IsUp: true } link) continue;
            foreach (var gateway in item.Gateways) yield return Default(link, own, gateway);
            if (!item.IsSession) continue;
            foreach (var family in FamiliesOf(link)) yield return Default(link, own, null, family);
        }
    }

    /// <summary>The way out by one WAN once more, at a metric before all others; whoever made the way itself keeps it.</summary>
    private static IEnumerable<Route> Preferred(NetworkFacts facts, string? preferred)
    {
        if (preferred is null || facts.Find(preferred) is not { IsUp: true, HasDefaultRoute: true } link) yield break;
        if (link.Gateways.IsEmpty)
        {
            foreach (var family in FamiliesOf(link)) yield return Default(link, PreferredMetric, null, family);
            yield break;
        }

        foreach (var gateway in link.Gateways.DistinctBy(static g => g.AddressFamily)) yield return Default(link, PreferredMetric, gateway);
    }

    private static IEnumerable<AddressFamily> FamiliesOf(InterfaceFacts link) =>
        link.Addresses.Select(static a => a.Address).Where(static a => !a.IsIPv6LinkLocal).Select(static a => a.AddressFamily).Distinct();

    private static Route Default(InterfaceFacts link, uint metric, IPAddress? gateway, AddressFamily? family = null) => new()
    {
        Destination = new IPNetwork((family ?? gateway!.AddressFamily) == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0),
        Metric = metric,
        InterfaceIndex = link.Index,
        Gateway = gateway,
    };

    private static Route Throw(IPNetwork network, uint table) => new() { Destination = network, Type = RouteType.Throw, Table = table, Metric = TunnelMetric };

    private static uint TableOf(IPNetwork network) => network.PrefixLength == 0 ? DefaultTable : TunnelTable;
}
