using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Board.Definitions;
using EdgeVpn.Linux.Netlink;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Setup;

/// <summary>Where the set-up page is shown.</summary>
/// <param name="Interface">Its sockets hear this interface only (SO_BINDTODEVICE).</param>
/// <param name="Address">Of that interface.</param>
public sealed record PagePlace(string Interface, IPAddress Address);

/// <summary>Which interfaces the set-up page may be shown on: the LAN's, never one that leads outside.</summary>
internal static class LanPort
{
    /// <summary>A LAN port without an address gets this one (RFC 3927) while set-up mode is open: a laptop that finds no DHCP server reaches it.</summary>
    public static readonly IPAddress Fallback = IPAddress.Parse("169.254.1.1");

    private const int FallbackPrefix = 16;

    /// <summary>Names of LAN interfaces: the configuration's; without any, the board's.</summary>
    /// <param name="idPath">udev's ID_PATH of an interface, by its index; empty if it has none.</param>
    public static ImmutableArray<string> Names(BoxConfig configuration, BoardDefinition board, NetworkFacts facts, Func<int, string> idPath)
    {
        var wan = configuration.Interfaces.Where(static i => i.Role == InterfaceRole.Wan).Select(static i => i.Name).ToHashSet(StringComparer.Ordinal);
        var lan = configuration.Interfaces.Where(static i => i.Role == InterfaceRole.Lan).Select(static i => i.Name).ToList();
        if (lan.Count == 0)
            lan.AddRange(BoardPorts.Of(board, facts, idPath).Where(static nic => nic.Definition.Role == NicRole.Lan).Select(static nic => nic.Seen?.Name).OfType<string>());

        return [.. lan.Where(name => !wan.Contains(name) && facts.Find(name) is { HasDefaultRoute: false, Gateways.IsEmpty: true })];
    }

    /// <summary>IPv4 addresses of those interfaces.</summary>
    public static ImmutableArray<PagePlace> Places(ImmutableArray<string> names, NetworkFacts facts) =>
        [.. names.Select(facts.Find).OfType<InterfaceFacts>().SelectMany(static port => Own(port).Select(address => new PagePlace(port.Name, address)))];

    /// <summary>The same; an interface without any is given <see cref="Fallback"/>, once.</summary>
    /// <returns>The places, and the addresses that were added, for <see cref="Leave"/>.</returns>
    public static (ImmutableArray<PagePlace> Places, ImmutableArray<InterfaceFacts> Added) Enter(RouteNetlink netlink, ImmutableArray<string> names, NetworkFacts facts)
    {
        var places = ImmutableArray.CreateBuilder<PagePlace>();
        var added = ImmutableArray.CreateBuilder<InterfaceFacts>();
        foreach (var port in names.Select(facts.Find).OfType<InterfaceFacts>())
        {
            var own = Own(port).ToList();
            if (own.Count == 0 && added.Count == 0)
            {
                if (!port.IsUp) netlink.Links.SetUp(port.Index);
                netlink.Addresses.Add(port.Index, Fallback, FallbackPrefix);
                added.Add(port);
                own.Add(Fallback);
            }
            else if (own is [var only] && only.Equals(Fallback))
            {
                added.Add(port); // a daemon that was killed left it
            }

            places.AddRange(own.Select(address => new PagePlace(port.Name, address)));
        }

        return (places.ToImmutable(), added.ToImmutable());
    }

    public static void Leave(RouteNetlink netlink, ImmutableArray<InterfaceFacts> added)
    {
        foreach (var port in added)
            if (netlink.Addresses.List(port.Index).Any(static a => a.Address.Equals(Fallback))) netlink.Addresses.Delete(port.Index, Fallback, FallbackPrefix);
    }

    private static IEnumerable<IPAddress> Own(InterfaceFacts port) => port.Addresses.Select(static a => a.Address).Where(static a => a.AddressFamily == AddressFamily.InterNetwork);
}
