using System.Net;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux.Netlink;

/// <summary>What the kernel knows of a host on the same link (NUD_*, linux/neighbour.h).</summary>
[Flags]
public enum NeighborState : ushort
{
    None = 0,

    /// <summary>Asked for, and no answer yet.</summary>
    Incomplete = 0x01,
    Reachable = 0x02,

    /// <summary>Answered some time ago; nobody wanted it since.</summary>
    Stale = 0x04,
    Delay = 0x08,
    Probe = 0x10,

    /// <summary>Asked for, and nobody answered.</summary>
    Failed = 0x20,

    /// <summary>The link needs no answer.</summary>
    NoArp = 0x40,
    Permanent = 0x80,
}

/// <summary>A host on the same link: an entry of the ARP or neighbour discovery table.</summary>
public sealed record Neighbor(int InterfaceIndex, IPAddress Address, NeighborState State);

/// <summary>Lists neighbours of both IP versions.</summary>
public sealed class Neighbors
{
    private const ushort NDA_DST = 1;
    private const int HeaderOctets = 12;

    private readonly NetlinkSocket _socket;

    internal Neighbors(NetlinkSocket socket) => _socket = socket;

    public IReadOnlyList<Neighbor> List()
    {
        var request = new NetlinkRequest(RtMessage.RTM_GETNEIGH, NetlinkFlags.Dump).Header(default(NeighborHeader));
        return [.. _socket.Dump(request).Select(static message => Read(message.Body)).OfType<Neighbor>()];
    }

    private static Neighbor? Read(ReadOnlySpan<byte> body)
    {
        var attributes = new AttributeReader(body[HeaderOctets..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == NDA_DST && attributes.Address is { } address)
                return new Neighbor(MemoryMarshal.Read<int>(body[4..]), address, (NeighborState)MemoryMarshal.Read<ushort>(body[8..]));
        }

        return null; // of a bridge, or of the address as a proxy: nobody on the link
    }

    /// <summary>struct ndmsg.</summary>
    private struct NeighborHeader
    {
        public byte Family { get; init; }
        public byte Padding1 { get; init; }
        public ushort Padding2 { get; init; }
        public int Index { get; init; }
        public ushort State { get; init; }
        public byte Flags { get; init; }
        public byte Type { get; init; }
    }
}
