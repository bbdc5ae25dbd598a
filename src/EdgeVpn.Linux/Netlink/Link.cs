using System.Net.NetworkInformation;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux.Netlink;

/// <summary>IFF_*, those that say something to us.</summary>
[Flags]
public enum LinkFlags : uint
{
    None = 0,
    Up = 0x1,
    Broadcast = 0x2,
    Loopback = 0x8,
    PointToPoint = 0x10,
    Running = 0x40,
    NoArp = 0x80,
    Promiscuous = 0x100,
    Multicast = 0x1000,
    LowerUp = 0x1_0000,
    Dormant = 0x2_0000,
}

/// <summary>RFC 2863 operational state.</summary>
public enum OperationalState : byte
{
    /// <summary>The driver does not say; take it as up. TUN and loopback are so.</summary>
    Unknown = 0,
    NotPresent = 1,
    Down = 2,
    LowerLayerDown = 3,
    Testing = 4,
    Dormant = 5,
    Up = 6,
}

/// <summary>Counters of an interface since it was made.</summary>
public readonly record struct LinkCounters(
    ulong ReceivedPackets, ulong SentPackets, ulong ReceivedOctets, ulong SentOctets,
    ulong ReceiveErrors, ulong SendErrors, ulong ReceiveDrops, ulong SendDrops);

/// <summary>An interface as the kernel tells it.</summary>
public sealed record Link
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    public LinkFlags Flags { get; init; }

    /// <summary>Octets.</summary>
    public int Mtu { get; init; }

    public OperationalState State { get; init; }

    /// <summary>A cable is in, or what stands for one.</summary>
    public bool HasCarrier { get; init; }

    /// <summary>None for a TUN.</summary>
    public PhysicalAddress Mac { get; init; } = PhysicalAddress.None;

    /// <summary>Packets.</summary>
    public int TransmitQueueLength { get; init; }

    /// <summary>Longest super-packet the stack hands over, in octets.</summary>
    public int GsoMaxSize { get; init; }

    /// <summary>What made it: "tun", "veth", "bridge", "vlan" …; null for a plain device.</summary>
    public string? Kind { get; init; }

    /// <summary>Index of the bridge or bond it belongs to, or null.</summary>
    public int? Master { get; init; }

    /// <summary>Index of what it stands on: a VLAN's interface, a veth's other end.</summary>
    public int? Lower { get; init; }

    public LinkCounters Counters { get; init; }

    public bool IsUp => (Flags & LinkFlags.Up) != 0;

    // ifinfomsg { u8 family; u8 pad; u16 type; s32 index; u32 flags; u32 change; }
    internal static Link Read(ReadOnlySpan<byte> body)
    {
        var link = new Link { Index = MemoryMarshal.Read<int>(body[4..]), Name = string.Empty, Flags = (LinkFlags)MemoryMarshal.Read<uint>(body[8..]) };
        var attributes = new AttributeReader(body[LinkHeader.Size..]);
        while (attributes.MoveNext())
        {
            link = attributes.Type switch
            {
                LinkAttribute.IFLA_ADDRESS when attributes.Value.Length == 6 => link with { Mac = new PhysicalAddress(attributes.Value.ToArray()) },
                LinkAttribute.IFLA_IFNAME => link with { Name = attributes.Text },
                LinkAttribute.IFLA_MTU => link with { Mtu = (int)attributes.Number },
                LinkAttribute.IFLA_LINK => link with { Lower = (int)attributes.Number },
                LinkAttribute.IFLA_MASTER => link with { Master = (int)attributes.Number },
                LinkAttribute.IFLA_TXQLEN => link with { TransmitQueueLength = (int)attributes.Number },
                LinkAttribute.IFLA_OPERSTATE => link with { State = (OperationalState)attributes.Number },
                LinkAttribute.IFLA_CARRIER => link with { HasCarrier = attributes.Number != 0 },
                LinkAttribute.IFLA_GSO_MAX_SIZE => link with { GsoMaxSize = (int)attributes.Number },
                LinkAttribute.IFLA_STATS64 => link with { Counters = ReadCounters(attributes.Value) },
                LinkAttribute.IFLA_LINKINFO => link with { Kind = ReadKind(attributes.Value) },
                _ => link,
            };
        }

        return link;
    }

    private static string? ReadKind(ReadOnlySpan<byte> nested)
    {
        var attributes = new AttributeReader(nested);
        while (attributes.MoveNext())
            if (attributes.Type == LinkAttribute.IFLA_INFO_KIND) return attributes.Text;
        return null;
    }

    // rtnl_link_stats64 starts { rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped, tx_dropped }
    private static LinkCounters ReadCounters(ReadOnlySpan<byte> value)
    {
        Span<ulong> numbers = stackalloc ulong[8];
        if (value.Length < 64) return default;
        value[..64].CopyTo(MemoryMarshal.AsBytes(numbers));
        return new LinkCounters(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]);
    }
}

/// <summary>struct ifinfomsg.</summary>
internal struct LinkHeader
{
    public const int Size = 16;
    public byte Family { get; init; }
    public ushort Type { get; init; }
    public int Index { get; init; }
    public LinkFlags Flags { get; init; }
    public LinkFlags Change { get; init; }
}

/// <summary>Attribute numbers of links (linux/if_link.h).</summary>
internal static class LinkAttribute
{
    public const ushort IFLA_ADDRESS = 1, IFLA_IFNAME = 3, IFLA_MTU = 4, IFLA_LINK = 5, IFLA_MASTER = 10, IFLA_TXQLEN = 13,
        IFLA_OPERSTATE = 16, IFLA_LINKINFO = 18, IFLA_STATS64 = 23, IFLA_NET_NS_FD = 28, IFLA_CARRIER = 33, IFLA_GSO_MAX_SIZE = 41;

    public const ushort IFLA_INFO_KIND = 1, IFLA_INFO_DATA = 2, VETH_INFO_PEER = 1;
}
