using System.Collections.Immutable;
using System.Runtime.InteropServices;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>The traffic selectors of an SA pair: which packets it carries (RFC 4301 §4.4.1.1, §5.2).</summary>
/// <remarks>A packet fits if one selector of each side does: outbound its source the local side, inbound its destination.</remarks>
public sealed class EspSelectors
{
    private readonly TrafficSelector[] _local;
    private readonly TrafficSelector[] _remote;
    private readonly bool _everyIPv4;
    private readonly bool _everyIPv6;

    public EspSelectors(ImmutableArray<TrafficSelector> local, ImmutableArray<TrafficSelector> remote)
    {
        Local = local;
        Remote = remote;
        _local = ImmutableCollectionsMarshal.AsArray(local)!; // the same array: nobody writes to it
        _remote = ImmutableCollectionsMarshal.AsArray(remote)!;
        _everyIPv4 = local.Contains(TrafficSelector.AnyIPv4) && remote.Contains(TrafficSelector.AnyIPv4);
        _everyIPv6 = local.Contains(TrafficSelector.AnyIPv6) && remote.Contains(TrafficSelector.AnyIPv6);
    }

    /// <summary>Every packet of both families: route-based.</summary>
    public static EspSelectors Any { get; } = new(
        [TrafficSelector.AnyIPv4, TrafficSelector.AnyIPv6],
        [TrafficSelector.AnyIPv4, TrafficSelector.AnyIPv6]);

    public ImmutableArray<TrafficSelector> Local { get; }

    public ImmutableArray<TrafficSelector> Remote { get; }

    /// <summary>Whether every packet of the family fits, so that none need be parsed.</summary>
    public bool CoversAll(bool ipv6) => ipv6 ? _everyIPv6 : _everyIPv4;

    /// <summary>Whether a packet that came out of the tunnel belongs to the SA.</summary>
    public bool AllowsInbound(in InnerPacket packet) =>
        CoversAll(packet.IsIPv6) || (AnyFits(_remote, packet, isSource: true) && AnyFits(_local, packet, isSource: false));

    /// <summary>Whether a packet may go into the tunnel by this SA.</summary>
    public bool AllowsOutbound(in InnerPacket packet) =>
        CoversAll(packet.IsIPv6) || (AnyFits(_local, packet, isSource: true) && AnyFits(_remote, packet, isSource: false));

    /// <summary>Whether one end of a packet fits a selector: family, address, protocol, port.</summary>
    /// <remarks>A packet without ports (a later fragment, a protocol that has none) fits only where ports do not matter: every port, or
    /// OPAQUE, 65535–0 (RFC 4301 §4.4.1.1, §7; RFC 7296 §3.13.1).</remarks>
    public static bool Fits(in TrafficSelector selector, in InnerPacket packet, bool isSource)
    {
        var address = isSource ? packet.Source : packet.Destination;
        if (selector.Start.IsIPv6 != packet.IsIPv6 || address < selector.Start.Value || address > selector.End.Value)
            return false;
        if (selector.IpProtocol != 0 && selector.IpProtocol != packet.Protocol)
            return false;
        if (selector is { StartPort: 0, EndPort: ushort.MaxValue })
            return true;
        if (!packet.HasPorts)
            return selector is { StartPort: ushort.MaxValue, EndPort: 0 };
        var port = isSource ? packet.SourcePort : packet.DestinationPort;
        return port >= selector.StartPort && port <= selector.EndPort;
    }

    private static bool AnyFits(TrafficSelector[] selectors, in InnerPacket packet, bool isSource)
    {
        foreach (ref readonly var selector in selectors.AsSpan())
        {
            if (Fits(selector, packet, isSource))
                return true;
        }

        return false;
    }
}
