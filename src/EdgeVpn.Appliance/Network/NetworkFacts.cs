using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;
using EdgeVpn.Model.Configuration;
using InterfaceAddress = EdgeVpn.Model.Configuration.InterfaceAddress;

namespace EdgeVpn.Appliance.Network;

/// <summary>The machine's network at one moment: for status, for the health tree, and to resolve a <see cref="NetworkPlan"/>.</summary>
public sealed record NetworkFacts(ImmutableArray<InterfaceFacts> Interfaces)
{
    public static readonly NetworkFacts Nothing = new([]);

    /// <summary>Interfaces that the main table's default routes leave by.</summary>
    public IEnumerable<InterfaceFacts> DefaultInterfaces => Interfaces.Where(i => !i.Gateways.IsEmpty || i.HasDefaultRoute);

    /// <summary>By name, or null.</summary>
    public InterfaceFacts? Find(string name) => Interfaces.FirstOrDefault(i => i.Name == name);

    /// <summary>Asks the kernel.</summary>
    /// <param name="netlink">Of the network namespace in question.</param>
    /// <param name="plan">Names the roles.</param>
    public static NetworkFacts Read(RouteNetlink netlink, NetworkPlan plan)
    {
        var addresses = netlink.Addresses.List().ToLookup(a => a.InterfaceIndex);
        var defaults = NetworkApplier.Families.SelectMany(family => netlink.Routes.List(family))
            .Where(r => r is { Destination.PrefixLength: 0, Type: RouteType.Unicast, InterfaceIndex: not null })
            .Where(r => r is not { Protocol: Route.OwnProtocol, Metric: NetworkNumbers.PreferredMetric }) // a copy of ours outlives what it was made from
            .OrderBy(r => r.Metric).ToLookup(r => r.InterfaceIndex!.Value);
        var neighbors = netlink.Neighbors.List().ToLookup(static n => (n.InterfaceIndex, n.Address), static n => n.State);
        return new NetworkFacts(
        [
            .. netlink.Links.List().Select(link => new InterfaceFacts
            {
                Index = link.Index, Name = link.Name, Role = RoleOf(link.Name, plan), IsUp = link.IsUp, HasCarrier = link.HasCarrier,
                State = link.State, Mtu = link.Mtu, Mac = link.Mac, Counters = link.Counters,
                Addresses = [.. addresses[link.Index].Where(a => !a.IsTentative).Select(a => new InterfaceAddress(a.Address, a.PrefixLength))],
                Gateways = [.. defaults[link.Index].Select(r => r.Gateway).OfType<IPAddress>().Distinct()],
                HasDefaultRoute = defaults[link.Index].Any(),
                GatewayAnswers = Answers([.. defaults[link.Index].Select(r => r.Gateway).OfType<IPAddress>().SelectMany(gateway => neighbors[(link.Index, gateway)])]),
            }),
        ]);
    }

    /// <summary>By what the kernel learned while it sent: nobody is asked for this. One next hop that answers is enough.</summary>
    internal static bool? Answers(IReadOnlyCollection<NeighborState> gateways)
    {
        const NeighborState silent = NeighborState.Failed | NeighborState.Incomplete;
        if (gateways.Any(static state => state != NeighborState.None && (state & silent) == 0)) return true;
        return gateways.Any(static state => (state & silent) != 0) ? false : null;
    }

    private static InterfaceUse RoleOf(string name, NetworkPlan plan) =>
        plan.TunnelInterfaces.Contains(name) ? InterfaceUse.Tunnel
        : plan.Interfaces.FirstOrDefault(i => i.Name == name) is not { } planned ? InterfaceUse.Other
        : planned.Role == InterfaceRole.Wan ? InterfaceUse.Wan : InterfaceUse.Lan;
}

/// <summary>What an interface is to the box.</summary>
public enum InterfaceUse
{
    /// <summary>Not in the configuration.</summary>
    Other,
    Wan,
    Lan,
    Tunnel,
}

/// <summary>One interface at one moment.</summary>
public sealed record InterfaceFacts
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    public InterfaceUse Role { get; init; }

    /// <summary>Switched on by someone.</summary>
    public bool IsUp { get; init; }

    /// <summary>A cable is in, or what stands for one.</summary>
    public bool HasCarrier { get; init; }

    public OperationalState State { get; init; }

    /// <summary>Octets.</summary>
    public int Mtu { get; init; }

    public PhysicalAddress Mac { get; init; } = PhysicalAddress.None;

    /// <summary>Usable ones: those still being checked for duplicates are left out.</summary>
    public ImmutableArray<InterfaceAddress> Addresses { get; init; } = [];

    /// <summary>Next hops of default routes in the main table, best first, both families.</summary>
    public ImmutableArray<IPAddress> Gateways { get; init; } = [];

    /// <summary>A default route leaves here, also one without next hop (PPP).</summary>
    public bool HasDefaultRoute { get; init; }

    /// <summary>A next hop of a default route answers on the link; null: there is none, or nobody wanted it yet.</summary>
    public bool? GatewayAnswers { get; init; }

    public LinkCounters Counters { get; init; }
}
