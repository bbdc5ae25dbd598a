using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>What a <see cref="PacketSocket"/> saw beside the octets.</summary>
/// <param name="InterfaceIndex">Of the interface it passed.</param>
/// <param name="IsOutgoing">Left by it; else came.</param>
/// <param name="Length">Octets of the packet; more than the buffer's if it was cut.</param>
public readonly record struct PacketSighting(int InterfaceIndex, bool IsOutgoing, int Length);

/// <summary>Sees every IP packet of the machine, from its IP header on, without touching it. Needs CAP_NET_RAW.</summary>
public sealed unsafe class PacketSocket : IDisposable
{
    private const int AF_PACKET = 17;
    private const int SO_RCVTIMEO = 20;
    private const byte PACKET_OUTGOING = 4;
    private const ushort EthernetIPv4 = 0x0800, EthernetIPv6 = 0x86dd;
    private const ushort AllProtocols = 0x0300; // htons(ETH_P_ALL)
    private const int BufferOctets = 4 << 20;

    private readonly Descriptor _socket;

    private PacketSocket(Descriptor socket) => _socket = socket;

    /// <param name="patience">How long <see cref="TryReceive"/> waits.</param>
    /// <exception cref="LinuxException">The privilege is missing.</exception>
    public static PacketSocket Open(TimeSpan patience)
    {
        var fd = Libc.socket(AF_PACKET, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, AllProtocols);
        if (fd < 0) throw LinuxException.Last("socket", "packets");
        var socket = new Descriptor(fd);
        var time = new TimeValue { Seconds = (long)patience.TotalSeconds, Microseconds = patience.Microseconds + (patience.Milliseconds * 1_000L) };
        if (Libc.setsockopt(fd, Libc.SOL_SOCKET, SO_RCVTIMEO, &time, (uint)sizeof(TimeValue)) != 0)
        {
            socket.Dispose();
            throw LinuxException.Last("setsockopt", "SO_RCVTIMEO");
        }

        Libc.TrySetOption(fd, Libc.SOL_SOCKET, Libc.SO_RCVBUF, BufferOctets);
        return new PacketSocket(socket);
    }

    /// <summary>The next IP packet. False if none came in time, or what came is not IP.</summary>
    public bool TryReceive(Span<byte> buffer, out int captured, out PacketSighting sighting)
    {
        LinkLayerAddress from = default;
        nint length;
        fixed (byte* start = buffer)
        {
            var vector = new Libc.IoVector { Base = start, Length = (nuint)buffer.Length };
            var message = new Libc.MessageHeader { Name = &from, NameLength = (uint)sizeof(LinkLayerAddress), Vectors = &vector, VectorCount = 1 };
            length = Libc.recvmsg(_socket.Number, &message, Libc.MSG_TRUNC);
        }

        if (length < 0)
        {
            (captured, sighting) = (0, default);
            if (Libc.LastErrno is Errno.EAGAIN or Errno.EINTR) return false;
            throw LinuxException.Last("recvmsg", "packets");
        }

        captured = (int)Math.Min(length, buffer.Length);
        sighting = new PacketSighting(from.Interface, from.PacketType == PACKET_OUTGOING, (int)length);
        var protocol = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(from.Protocol);
        return protocol is EthernetIPv4 or EthernetIPv6;
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>struct sockaddr_ll (20 octets).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LinkLayerAddress
    {
        public ushort Family;
        public ushort Protocol; // network byte order
        public int Interface;
        public ushort HardwareType;
        public byte PacketType;
        public byte AddressLength;
        public ulong Address;
    }

    /// <summary>struct timeval.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeValue
    {
        public long Seconds;
        public long Microseconds;
    }
}
