using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>The other addresses of both ends, and the ways between them (RFC 4555 §3.4, §3.6, §3.10).</summary>
internal static class OtherPaths
{
    /// <summary>No more of an end's addresses are told, or kept.</summary>
    private const int MaxAddresses = 8;

    /// <summary>No more ways are ever tried.</summary>
    private const int MaxPaths = 12;

    /// <summary>Our list, whole, as every message that has one tells it.</summary>
    public static IEnumerable<NotifyPayload> Tell(ImmutableArray<IpAddress> addresses)
    {
        if (addresses.IsEmpty) return [new NotifyPayload(ProtocolId.None, [], NotifyType.NoAdditionalAddresses, [])];
        return addresses.Select(static address =>
            new NotifyPayload(ProtocolId.None, [], address.IsIPv6 ? NotifyType.AdditionalIp6Address : NotifyType.AdditionalIp4Address, address.ToOctets()));
    }

    /// <summary>Which of our addresses the peer is told of.</summary>
    /// <param name="home">Where we are when nothing is wrong.</param>
    public static ImmutableArray<IpAddress> Ours(IkeConnection connection, IpAddress home, IpAddress inUse) =>
        [.. connection.AdditionalAddresses.Prepend(home).Where(address => address != inUse).Distinct().Take(MaxAddresses)];

    /// <summary>The peer's list; null if the message does not speak of it.</summary>
    public static ImmutableArray<IpAddress>? ToldIn(PayloadList message)
    {
        var told = message.All<NotifyPayload>()
            .Where(static n => (n.NotifyType == NotifyType.AdditionalIp4Address && n.Data.Length == 4) || (n.NotifyType == NotifyType.AdditionalIp6Address && n.Data.Length == 16))
            .Select(static n => IpAddress.FromOctets(n.Data))
            .Distinct()
            .Take(MaxAddresses)
            .ToImmutableArray();
        return told.IsEmpty && message.Notify(NotifyType.NoAdditionalAddresses) is null ? null : told;
    }

    /// <summary>Ways beside the one in use: first to the peer's other addresses, then from ours, then both.</summary>
    public static ImmutableArray<Path> Of(Path inUse, IkeConnection connection, ImmutableArray<IpAddress> ours, ImmutableArray<IpAddress> theirs)
    {
        var from = ours.Where(address => MayBeEnd(address, inUse.Local.Address, connection.LocalSelectors)).ToList();
        var to = theirs.Where(address => address != inUse.Remote.Address && MayBeEnd(address, inUse.Remote.Address, connection.RemoteSelectors)).ToList();
        return
        [
            .. to.Select(address => inUse with { Remote = inUse.Remote with { Address = address } })
                .Concat(from.Select(address => inUse with { Local = inUse.Local with { Address = address } }))
                .Concat(from.SelectMany(_ => to, (ours, its) => new Path(inUse.Local with { Address = ours }, inUse.Remote with { Address = its })))
                .Take(MaxPaths),
        ];
    }

    /// <summary>
    /// A peer lists every address that it has, those of its own LAN too: what lies behind the tunnel, or is private where the address in use is not,
    /// is no way to it.
    /// </summary>
    private static bool MayBeEnd(IpAddress address, IpAddress inUse, ImmutableArray<TrafficSelector> behind) =>
        address.IsIPv6 == inUse.IsIPv6
        && IsPrivate(address) == IsPrivate(inUse)
        && !behind.Any(selector => selector != TrafficSelector.AnyIPv4 && selector != TrafficSelector.AnyIPv6
            && selector.Start.IsIPv6 == address.IsIPv6 && selector.Start.Value <= address.Value && address.Value <= selector.End.Value);

    /// <summary>Not of the internet: RFC 1918, RFC 6598, RFC 3927, RFC 4193, loopback, link-local and multicast.</summary>
    private static bool IsPrivate(IpAddress address)
    {
        if (address.IsIPv6)
        {
            var first = (ushort)(address.Value >> 112);
            return (first & 0xfe00) == 0xfc00 || (first & 0xffc0) == 0xfe80 || first >= 0xff00 || address.Value <= 1;
        }

        var value = (uint)address.Value;
        return value >> 24 is 0 or 10 or 127 or >= 224 || value >> 20 == 0xac1 || value >> 16 is 0xc0a8 or 0xa9fe || value >> 22 == 0x191;
    }
}
