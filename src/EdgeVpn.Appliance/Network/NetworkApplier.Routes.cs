using System.Collections.Immutable;
using System.Net.Sockets;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;
using EdgeVpn.Model.Configuration;
using static EdgeVpn.Appliance.Network.NetworkNumbers;

namespace EdgeVpn.Appliance.Network;

public sealed partial class NetworkApplier
{
    /// <summary>Those the kernel has: IPv6 may be switched off at boot, and then there is nothing to guard either.</summary>
    internal static readonly AddressFamily[] Families =
        Directory.Exists("/proc/sys/net/ipv6") ? [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6] : [AddressFamily.InterNetwork];

    private void ApplyRoutes(ImmutableArray<Route> wanted, bool removes)
    {
        var present = OwnRoutes().ToHashSet();
        var missing = wanted.Where(r => !present.Contains(r)).ToList();
        // Within our tables nobody else's route can be met; in main a replacement might hit one.
        foreach (var route in missing.Where(r => r.Table != Route.MainTable))
        {
            if (route.InterfaceIndex is not null)
            {
                if (Try($"+ {Describe(route)}", () => _netlink.Routes.Replace(route))) present.RemoveWhere(r => IsSameSlot(r, route));
                continue;
            }

            _netlink.Routes.Replace(route); // leads nowhere: it guards
            present.RemoveWhere(r => IsSameSlot(r, route));
            _done.Add($"+ {Describe(route)}");
        }

        if (!removes) return;
        foreach (var route in present.Except(wanted))
        {
            try
            {
                _netlink.Routes.Delete(route);
                _done.Add($"- {Describe(route)}");
            }
            catch (LinuxException e) when (e.Errno == Errno.ESRCH)
            {
                _done.Add($"- {Describe(route)}, gone already"); // with its interface, since it was listed
            }
        }

        foreach (var route in missing.Where(r => r.Table == Route.MainTable)) Try($"+ {Describe(route)}", () => _netlink.Routes.Add(route));
    }

    private IEnumerable<Route> OwnRoutes() =>
        from family in Families
        from table in new[] { TunnelTable, DefaultTable, Route.MainTable }
        from route in _netlink.Routes.List(family, table)
        where route.Protocol == Route.OwnProtocol
        // IPv6 reports routes that lead nowhere as leading to lo.
        select route.Type == RouteType.Unicast ? route : route with { InterfaceIndex = null };

    /// <summary>The kernel holds one route per destination and metric; a replacement takes its place without a gap.</summary>
    private static bool IsSameSlot(Route a, Route b) => a.Destination == b.Destination && a.Metric == b.Metric && a.Table == b.Table;

    private string Describe(Route route) =>
        $"{route.Type} {route.Destination} table {route.Table}" + (route.InterfaceIndex is { } index ? $" dev {NameOf(index)}" : "") + (route.Gateway is { } gateway ? $" via {gateway}" : "");

    private string NameOf(int index) => _netlink.Links.List().FirstOrDefault(l => l.Index == index)?.Name ?? $"#{index}";

    private void ApplyLinks()
    {
        var links = _netlink.Links.List().ToDictionary(l => l.Name);
        foreach (var carrier in _plan.Interfaces.Select(static i => i.Parent).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if (links.TryGetValue(carrier, out var port) && !port.IsUp) Try($"+ {carrier} up", () => _netlink.Links.SetUp(port.Index));
        }

        foreach (var item in _plan.Interfaces)
        {
            if (!links.TryGetValue(item.Name, out var link)) continue;
            if (item.Mtu is { } mtu && link.Mtu != mtu) Try($"+ {item.Name} mtu {mtu}", () => _netlink.Links.SetMtu(link.Index, mtu));
            if (!link.IsUp) Try($"+ {item.Name} up", () => _netlink.Links.SetUp(link.Index));
        }
    }

    /// <summary>Ours are known by their protocol number: an address of anybody else, DHCP's too, stays.</summary>
    private void ApplyAddresses(ImmutableArray<(int Index, Model.Configuration.InterfaceAddress Address)> wanted)
    {
        foreach (var stale in _netlink.Addresses.List().Where(a => a.Protocol == Route.OwnProtocol))
        {
            if (wanted.Contains((stale.InterfaceIndex, Key(stale)))) continue;
            Try($"- {Key(stale)} dev {NameOf(stale.InterfaceIndex)}", () => _netlink.Addresses.Delete(stale.InterfaceIndex, stale.Address, stale.PrefixLength));
        }

        // Listed anew: the kernel takes an address's secondaries of the same network away with it.
        var present = _netlink.Addresses.List().Select(a => (a.InterfaceIndex, Key(a))).ToHashSet();
        foreach (var (index, address) in wanted.Where(a => !present.Contains(a)))
            Try($"+ {address} dev {NameOf(index)}", () => _netlink.Addresses.Add(index, address.Address, address.PrefixLength, protocol: Route.OwnProtocol));
    }

    private static Model.Configuration.InterfaceAddress Key(Linux.Netlink.InterfaceAddress address) => new(address.Address, address.PrefixLength);
}
