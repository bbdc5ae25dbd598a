using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Network;

/// <summary>What a configuration asks of the kernel's network: pure data, before anything is known about the machine it meets.</summary>
/// <remarks>
/// Which way a packet goes (<c>ip rule</c>, first match decides; <c>throw</c> means "ask the next rule"):
/// <code>
///     0     local                                   the box's own addresses
///     4555  fwmark 0x4556 → main                    our IKE and ESP: never into a tunnel
///     4556  table 4556                              networks behind peers; unreachable twins; throw for what stays here
///     4557  not iif lo → table 4557                 forwarded traffic: default routes through tunnels; the same
///     4557  from NETWORKS OF THIS END → table 4557  the box speaking as one of its LAN
///     32766 main                                    LAN, WAN, and the box's own names, time and broker
/// </code>
/// A default route through a tunnel stands apart in 4557 because the box itself must reach name servers and its broker before
/// the tunnel stands, and when it cannot: <c>0.0.0.0/0</c> takes the LAN's traffic, not the box's own. <c>throw</c> is preferred to a look at main
/// before the tunnel table (<c>suppress_prefixlength 0</c>), because that would let any route a WAN's DHCP server hands out win over a protected network.
/// </remarks>
public sealed record NetworkPlan
{
    /// <summary>Asks for nothing, guards nothing.</summary>
    public static readonly NetworkPlan Nothing = new();

    /// <summary>Interfaces the box manages. Empty: the machine's own network is left alone, but guarded.</summary>
    public ImmutableArray<PlannedInterface> Interfaces { get; init; } = [];

    /// <summary>One per connection.</summary>
    public ImmutableArray<PlannedTunnel> Tunnels { get; init; } = [];

    /// <summary>What LAN traffic that no tunnel claims may do.</summary>
    public InternetAccess Internet { get; init; }

    /// <summary>Whether addresses, forwarding, translation and the WAN's firewall are ours.</summary>
    public bool ManagesMachine => !Interfaces.IsEmpty;

    /// <summary>WANs, and the ports that carry nothing but them: those are closed as well.</summary>
    public IEnumerable<string> WanInterfaces => Interfaces.Where(i => i.Role == InterfaceRole.Wan)
        .SelectMany(i => i.Parent is { } parent && !Interfaces.Any(other => other.Name == parent) ? [i.Name, parent] : new[] { i.Name }).Distinct();

    public IEnumerable<string> LanInterfaces => Interfaces.Where(i => i.Role == InterfaceRole.Lan).Select(i => i.Name);

    /// <summary>TUN interfaces, each once, in the connections' order.</summary>
    public IEnumerable<string> TunnelInterfaces => Tunnels.Select(t => t.Interface).Distinct();

    /// <summary>Networks that never leave in clear, narrower than everything; the widest ones only.</summary>
    public ImmutableArray<IPNetwork> Protected => Prefixes.Widest(Remote.Where(n => n.PrefixLength > 0));

    /// <summary>Families whose default route leads through a tunnel: LAN traffic to anywhere never leaves in clear.</summary>
    public ImmutableArray<AddressFamily> ProtectsEverything => [.. Remote.Where(n => n.PrefixLength == 0).Select(n => n.BaseAddress.AddressFamily).Distinct().Order()];

    /// <summary>Networks at this end as configured: tunnels with wider routes do not take them.</summary>
    /// <remarks>A LAN is connected here whatever a connection says; a network that is merely "local" may lie behind another connection (a hub).</remarks>
    public ImmutableArray<IPNetwork> StaysHere => Prefixes.Sorted(
    [
        .. Interfaces.Where(i => i.Role == InterfaceRole.Lan).SelectMany(i => i.Addresses).Select(a => a.Network),
        .. Tunnels.SelectMany(t => t.Local.Where(n => n.PrefixLength > 0 && !IsBehindAnother(t, n))),
    ]);

    private IEnumerable<IPNetwork> Remote => Tunnels.SelectMany(t => t.Remote);

    /// <summary>What the machine must be told from the configuration's word alone.</summary>
    /// <param name="configuration">Validated.</param>
    public static NetworkPlan From(BoxConfig configuration)
    {
        var effective = EffectiveConfiguration.Of(configuration);
        ImmutableArray<PlannedInterface> interfaces = [.. effective.Interfaces.Select(PlannedInterface.From)];
        ImmutableArray<PlannedTunnel> tunnels = [.. effective.Connections.Select(PlannedTunnel.From)];
        return new NetworkPlan { Interfaces = interfaces, Tunnels = tunnels, Internet = effective.Internet.Access };
    }

    /// <summary>The same plan without one connection: what it alone protected is free again.</summary>
    public NetworkPlan Without(string connection) => this with { Tunnels = [.. Tunnels.Where(t => t.Connection != connection)] };

    private bool IsBehindAnother(PlannedTunnel tunnel, IPNetwork network) =>
        Tunnels.Any(t => t.Connection != tunnel.Connection && t.Remote.Any(r => r.PrefixLength > 0 && r.Covers(network)));
}

/// <summary>An interface the box manages.</summary>
public sealed record PlannedInterface
{
    public required string Name { get; init; }

    public required InterfaceRole Role { get; init; }

    /// <summary>Static addresses: put there by us. None: DHCP's or the machine's business, and we do not touch the link's addresses.</summary>
    public ImmutableArray<InterfaceAddress> Addresses { get; init; } = [];

    /// <summary>Next hops of static default routes, one per family; WANs only.</summary>
    public ImmutableArray<IPAddress> Gateways { get; init; } = [];

    /// <summary>Octets; null: the link's own.</summary>
    public int? Mtu { get; init; }

    /// <summary>The port that a VLAN or a session stands on; null: it is one itself.</summary>
    public string? Parent { get; init; }

    /// <summary>A session with one other end: its default route has no next hop, and is ours.</summary>
    public bool IsSession { get; init; }

    /// <summary>IPv4 comes from the network: left to the DHCP client that is there.</summary>
    public bool LeavesIPv4 { get; init; }

    /// <summary>IPv6 comes from router advertisements or DHCPv6: left to the kernel or the client that is there.</summary>
    public bool LeavesIPv6 { get; init; }

    internal static PlannedInterface From(InterfaceConfig config)
    {
        var v4 = config.Ipv4.Method == Ipv4Method.Static;
        var v6 = config.Ipv6.Method == Ipv6Method.Static;
        var isWan = config.Role == InterfaceRole.Wan;
        return new PlannedInterface
        {
            Name = config.Name,
            Role = config.Role,
            Mtu = config.Mtu,
            Addresses = [.. Present(v4 ? config.Ipv4.Address : null), .. Present(v6 ? config.Ipv6.Address : null)],
            Gateways = [.. Present(isWan && v4 ? config.Ipv4.Gateway : null), .. Present(isWan && v6 ? config.Ipv6.Gateway : null)],
            Parent = config.Pppoe?.Parent ?? config.Vlan?.Parent,
            IsSession = config.Pppoe is not null,
            LeavesIPv4 = config.Ipv4.Method == Ipv4Method.Dhcp,
            LeavesIPv6 = config.Ipv6.Method is Ipv6Method.Auto or Ipv6Method.Dhcp,
        };
    }

    private static IEnumerable<InterfaceAddress> Present(InterfaceAddress? address) => address is { } one ? [one] : [];

    private static IEnumerable<IPAddress> Present(IPAddress? address) => address is null ? [] : [address];
}

/// <summary>What one connection asks of its TUN interface.</summary>
/// <param name="Connection">The connection's name.</param>
/// <param name="Interface">The TUN; connections may share one.</param>
/// <param name="Local">Networks at this end.</param>
/// <param name="Remote">Networks behind the peer: routes through the TUN, never in clear.</param>
/// <param name="Mtu">Octets; null: found from suite and path.</param>
/// <param name="MssClamp">Octets; null: follows the TUN's MTU.</param>
public sealed record PlannedTunnel(
    string Connection, string Interface, ImmutableArray<IPNetwork> Local, ImmutableArray<IPNetwork> Remote, int? Mtu, int? MssClamp)
{
    /// <summary>The peer gives this end its address: everything speaks from it.</summary>
    public bool SpeaksFromAssigned { get; init; }

    internal static PlannedTunnel From(ConnectionConfig config) => new(
        config.Name, EffectiveConfiguration.InterfaceOf(config), config.Local.Networks, Prefixes.Sorted([.. config.Remote.Networks, .. config.Remote.AddressPool]),
        config.Tunnel.Mtu.Octets, config.Tunnel.MssClamp.Octets)
    {
        SpeaksFromAssigned = config.Local.RequestAddress,
    };
}
