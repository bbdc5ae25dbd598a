using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux.Netlink;

/// <summary>RTN_*: what happens to a packet that takes the route.</summary>
public enum RouteType : byte
{
    Unspecified = 0,
    Unicast = 1,
    Local = 2,
    Broadcast = 3,
    Anycast = 4,
    Multicast = 5,

    /// <summary>Dropped in silence.</summary>
    Blackhole = 6,

    /// <summary>Refused: ICMP unreachable, EHOSTUNREACH for local senders.</summary>
    Unreachable = 7,

    /// <summary>Refused: administratively prohibited.</summary>
    Prohibit = 8,

    /// <summary>Look in the next table.</summary>
    Throw = 9,
}

/// <summary>A route.</summary>
/// <remarks>Of a route over several next hops only the destination is told.</remarks>
public sealed record Route
{
    /// <summary>Protocol number we mark our own routes with, so that they can be told from others' (unassigned in rt_protos).</summary>
    public const byte OwnProtocol = 186;

    /// <summary>RT_TABLE_MAIN.</summary>
    public const uint MainTable = 254;

    /// <summary>Prefix; 0.0.0.0/0 or ::/0 is the default route.</summary>
    public required IPNetwork Destination { get; init; }

    public RouteType Type { get; init; } = RouteType.Unicast;

    public uint Table { get; init; } = MainTable;

    /// <summary>Lower wins. Zero for IPv6 means 1024.</summary>
    public uint Metric { get; init; }

    /// <summary>Interface index; null for routes that lead nowhere.</summary>
    public int? InterfaceIndex { get; init; }

    public IPAddress? Gateway { get; init; }

    /// <summary>Source address of packets made here, or null.</summary>
    public IPAddress? PreferredSource { get; init; }

    /// <summary>Who made it: 2 kernel, 3 boot, 4 static, 16 dhcp, or our own.</summary>
    public byte Protocol { get; init; } = OwnProtocol;

    /// <summary>Octets, or null for the interface's.</summary>
    public uint? Mtu { get; init; }

    /// <summary>Upper bound of the TCP MSS announced, in octets, or null.</summary>
    public uint? AdvertisedMss { get; init; }
}

/// <summary>Lists, adds and removes routes of both IP versions.</summary>
public sealed class Routes
{
    private const ushort RTA_DST = 1, RTA_OIF = 4, RTA_GATEWAY = 5, RTA_PRIORITY = 6, RTA_PREFSRC = 7, RTA_METRICS = 8, RTA_TABLE = 15, RTA_MARK = 16;
    private const ushort RTAX_MTU = 2, RTAX_ADVMSS = 8;
    private const uint RTM_F_CLONED = 0x200, RTM_F_LOOKUP_TABLE = 0x1000;
    private const byte ScopeUniverse = 0, ScopeLink = 253, ScopeNowhere = 255;

    private readonly NetlinkSocket _socket;

    internal Routes(NetlinkSocket socket) => _socket = socket;

    /// <summary>Routes of one table (zero: of all), without the cache.</summary>
    public IReadOnlyList<Route> List(AddressFamily family, uint table = Route.MainTable)
    {
        var request = new NetlinkRequest(RtMessage.RTM_GETROUTE, NetlinkFlags.Dump).Header(new RouteHeader { Family = Family.Of(family) });
        return
        [
            .. _socket.Dump(request).Where(message => (MemoryMarshal.Read<uint>(message.Body.AsSpan(8)) & RTM_F_CLONED) == 0)
                .Select(message => Read(message.Body)).Where(route => table == 0 || route.Table == table),
        ];
    }

    /// <exception cref="LinuxException">EEXIST: one to the same destination with the same metric is there; ENETUNREACH: the gateway is not on a connected network.</exception>
    public void Add(Route route) =>
        _socket.Execute(Build(RtMessage.RTM_NEWROUTE, NetlinkFlags.Ack | NetlinkFlags.Create | NetlinkFlags.Exclusive, route), Describe(route));

    /// <summary>Adds, or takes the place of the one with the same destination and metric, without a gap.</summary>
    public void Replace(Route route) =>
        _socket.Execute(Build(RtMessage.RTM_NEWROUTE, NetlinkFlags.Ack | NetlinkFlags.Create | NetlinkFlags.Replace, route), Describe(route));

    /// <summary>Removes the route of that destination, metric, type, table and next hop, whatever its MTU.</summary>
    /// <exception cref="LinuxException">ESRCH: it is not there.</exception>
    public void Delete(Route route) => _socket.Execute(Build(RtMessage.RTM_DELROUTE, NetlinkFlags.Ack, route), Describe(route));

    /// <summary>Which way a packet would go now: interface, gateway, and the source address it would get.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="mark">As a socket with this SO_MARK would ask.</param>
    /// <returns>Null if nothing leads there.</returns>
    /// <exception cref="LinuxException">The kernel refused for another reason.</exception>
    public Route? Lookup(IPAddress destination, uint mark = 0)
    {
        var octets = destination.GetAddressBytes();
        var isIPv6 = octets.Length == 16;
        var request = new NetlinkRequest(RtMessage.RTM_GETROUTE, NetlinkFlags.Ack)
            // IPv6 always tells the table and refuses the flag.
            .Header(new RouteHeader { Family = Family.Of(destination), DestinationLength = (byte)(octets.Length * 8), Flags = isIPv6 ? 0 : RTM_F_LOOKUP_TABLE })
            .Address(RTA_DST, destination);
        if (mark != 0) request.Value(RTA_MARK, mark);
        var error = _socket.TryExecute(request, $"{destination}", out var reply);
        switch (error?.Errno)
        {
            case null: break;
            case Errno.ENETUNREACH or Errno.EHOSTUNREACH or Errno.EACCES: return null;
            case Errno.EINVAL when !isIPv6: return null; // what IPv4 answers for a blackhole
            default: throw error;
        }

        if (reply is not { } message) return null;
        var route = Read(message.Body);
        // IPv6 answers with the refusing route; IPv4 with the refusal itself.
        return route.Type is RouteType.Unreachable or RouteType.Blackhole or RouteType.Prohibit ? null : route;
    }

    internal static Route Read(ReadOnlySpan<byte> body)
    {
        var header = MemoryMarshal.Read<RouteHeader>(body);
        var any = header.Family == Libc.AF_INET6 ? IPAddress.IPv6Any : IPAddress.Any;
        var route = new Route { Destination = new IPNetwork(any, 0), Type = header.Type, Table = header.Table, Protocol = header.Protocol };
        var attributes = new AttributeReader(body[RouteHeader.Size..]);
        while (attributes.MoveNext())
        {
            route = attributes.Type switch
            {
                RTA_DST when attributes.Address is { } address => route with { Destination = new IPNetwork(address, header.DestinationLength) },
                RTA_OIF => route with { InterfaceIndex = (int)attributes.Number },
                RTA_GATEWAY => route with { Gateway = attributes.Address },
                RTA_PRIORITY => route with { Metric = (uint)attributes.Number },
                RTA_PREFSRC => route with { PreferredSource = attributes.Address },
                RTA_TABLE => route with { Table = (uint)attributes.Number },
                RTA_METRICS => ReadMetrics(route, attributes.Value),
                _ => route,
            };
        }

        return route;
    }

    private static Route ReadMetrics(Route route, ReadOnlySpan<byte> nested)
    {
        var metrics = new AttributeReader(nested);
        while (metrics.MoveNext())
        {
            if (metrics.Type == RTAX_MTU) route = route with { Mtu = (uint)metrics.Number };
            if (metrics.Type == RTAX_ADVMSS) route = route with { AdvertisedMss = (uint)metrics.Number };
        }

        return route;
    }

    private static NetlinkRequest Build(RtMessage type, NetlinkFlags flags, Route route)
    {
        var isDelete = type == RtMessage.RTM_DELROUTE;
        var leadsNowhere = route.Type is RouteType.Blackhole or RouteType.Unreachable or RouteType.Prohibit or RouteType.Throw;
        var request = new NetlinkRequest(type, flags).Header(new RouteHeader
        {
            Family = Family.Of(route.Destination.BaseAddress),
            DestinationLength = (byte)route.Destination.PrefixLength,
            Table = route.Table < 256 ? (byte)route.Table : (byte)0,
            Protocol = route.Protocol,
            // A route without gateway ends on its link; for a delete, "nowhere" matches any scope.
            Scope = isDelete ? ScopeNowhere : route.Gateway is null && !leadsNowhere ? ScopeLink : ScopeUniverse,
            Type = route.Type,
        });
        request.Value(RTA_TABLE, route.Table).Address(RTA_GATEWAY, route.Gateway).Address(RTA_PREFSRC, route.PreferredSource).Value(RTA_OIF, route.InterfaceIndex);
        if (route.Destination.PrefixLength > 0) request.Address(RTA_DST, route.Destination.BaseAddress);
        if (route.Metric != 0) request.Value(RTA_PRIORITY, route.Metric);
        if (!isDelete && (route.Mtu is not null || route.AdvertisedMss is not null))
            request.Nest(RTA_METRICS, metrics => metrics.Value(RTAX_MTU, route.Mtu).Value(RTAX_ADVMSS, route.AdvertisedMss));
        return request;
    }

    private static string Describe(Route route) => $"{route.Type} {route.Destination} table {route.Table} metric {route.Metric}";

    /// <summary>struct rtmsg.</summary>
    private struct RouteHeader
    {
        public const int Size = 12;
        public byte Family { get; init; }
        public byte DestinationLength { get; init; }
        public byte SourceLength { get; init; }
        public byte Tos { get; init; }
        public byte Table { get; init; }
        public byte Protocol { get; init; }
        public byte Scope { get; init; }
        public RouteType Type { get; init; }
        public uint Flags { get; init; }
    }
}
