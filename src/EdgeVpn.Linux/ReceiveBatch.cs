using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>Buffers for one recvmmsg: datagrams, where they came from, where they arrived. One thread uses a batch at a time.</summary>
public sealed unsafe class ReceiveBatch : IDisposable
{
    /// <summary>UDP_GRO joins up to the IPv4 total length.</summary>
    public const int WholeDatagramOctets = 65_536;

    private readonly NativeBlock _block;
    private readonly Libc.MultiMessageHeader* _messages;
    private readonly Sockaddr* _names;
    private readonly byte* _controls;
    private Sockaddr _bound;
    private bool _skipIPv4Header;

    /// <param name="messages">At most so many datagrams (joined runs count as one) per call.</param>
    /// <param name="slotOctets">Longest datagram; with UDP_GRO leave it at 64 KiB. Longer ones arrive truncated and say so.</param>
    /// <param name="headroom">Octets before each datagram that its user may prepend to.</param>
    public ReceiveBatch(int messages = 8, int slotOctets = WholeDatagramOctets, int headroom = 0)
    {
        Slab = new PacketSlab(messages, slotOctets, headroom);
        var each = sizeof(Libc.MultiMessageHeader) + sizeof(Libc.IoVector) + 32 + ControlMessage.ReceiveOctets;
        _block = new NativeBlock((nuint)(messages * each));
        _messages = (Libc.MultiMessageHeader*)_block.Pointer;
        var vectors = (Libc.IoVector*)(_messages + messages);
        _controls = (byte*)(vectors + messages);
        _names = (Sockaddr*)(_controls + (messages * ControlMessage.ReceiveOctets));
        for (var i = 0; i < messages; i++)
        {
            vectors[i].Base = Slab.Pointer(i);
            vectors[i].Length = (nuint)slotOctets;
            ref var header = ref _messages[i].Header;
            header.Name = _names + i;
            header.Vectors = vectors + i;
            header.VectorCount = 1;
            header.Control = _controls + (i * ControlMessage.ReceiveOctets);
        }
    }

    /// <summary>Where the datagrams lie.</summary>
    public PacketSlab Slab { get; }

    public int Capacity => Slab.Slots;

    /// <summary>How many datagrams the last receive brought.</summary>
    public int Count { get; private set; }

    /// <summary>Datagrams the kernel dropped at this socket for want of buffer room, since it was opened, as last told (modulo 2^32).</summary>
    public uint KernelDrops { get; private set; }

    /// <summary>The datagram at <paramref name="index"/> of the last receive. Valid until the next one.</summary>
    public ReceivedDatagram this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Count) ThrowIndex(index);
            return Read(index);
        }
    }

    public void Dispose()
    {
        Slab.Dispose();
        _block.Dispose();
    }

    internal IoResult Receive(int fd, int flags, in Sockaddr bound, bool skipIPv4Header)
    {
        Count = 0;
        _bound = bound;
        _skipIPv4Header = skipIPv4Header;
        for (var i = 0; i < Capacity; i++)
        {
            ref var header = ref _messages[i].Header;
            header.NameLength = (uint)sizeof(Sockaddr);
            header.ControlLength = ControlMessage.ReceiveOctets;
        }

        int got;
        do got = Libc.recvmmsg(fd, _messages, (uint)Capacity, flags, null);
        while (got < 0 && Libc.LastErrno == Errno.EINTR);
        if (got < 0) return IoResult.Failed(Libc.LastErrno);
        Count = got;
        return IoResult.Ok(got);
    }

    private ReceivedDatagram Read(int index)
    {
        ref var message = ref _messages[index];
        var octets = (int)message.Length;
        var segment = octets;
        var local = _bound;
        byte trafficClass = 0;
        var interfaceIndex = 0;
        nuint offset = 0;
        while (ControlMessage.TryNext(message.Header.Control, message.Header.ControlLength, ref offset, out var level, out var type, out var data, out var length))
        {
            switch (level, type)
            {
                case (Libc.SOL_UDP, Libc.UDP_GRO) when length >= 4:
                    segment = *(int*)data;
                    break;
                case (Libc.SOL_IP, Libc.IP_PKTINFO) when length >= 12: // { ifindex, spec_dst, addr }: addr is the header's destination
                    interfaceIndex = *(int*)data;
                    local = new Sockaddr(new ReadOnlySpan<byte>(data + 8, 4), _bound.Port);
                    break;
                case (Libc.SOL_IPV6, Libc.IPV6_PKTINFO) when length >= 20: // { addr, ifindex }
                    interfaceIndex = *(int*)(data + 16);
                    var isLinkLocal = data[0] == 0xfe && (data[1] & 0xc0) == 0x80;
                    local = new Sockaddr(new ReadOnlySpan<byte>(data, 16), _bound.Port, isLinkLocal ? (uint)interfaceIndex : 0);
                    break;
                case (Libc.SOL_IP, Libc.IP_TOS) when length >= 1:
                case (Libc.SOL_IPV6, Libc.IPV6_TCLASS) when length >= 1:
                    trafficClass = *data;
                    break;
                case (Libc.SOL_SOCKET, Libc.SO_RXQ_OVFL) when length >= 4:
                    KernelDrops = *(uint*)data;
                    break;
                default:
                    break;
            }
        }

        var start = Slab.Pointer(index);
        if (_skipIPv4Header && octets >= 20)
        {
            var header = Math.Min((start[0] & 0x0f) * 4, octets);
            start += header;
            octets -= header;
            segment = octets;
        }

        return new ReceivedDatagram(
            new Span<byte>(start, octets), segment, ref _names[index], local, trafficClass, interfaceIndex,
            (message.Header.Flags & Libc.MSG_TRUNC) != 0);
    }

    [DoesNotReturn]
    private static void ThrowIndex(int index) => throw new ArgumentOutOfRangeException(nameof(index), index, "No such datagram in this batch.");
}

/// <summary>One received datagram, or a run of equal ones that the kernel joined (UDP_GRO).</summary>
public readonly ref struct ReceivedDatagram
{
    private readonly ref readonly Sockaddr _remote;

    internal ReceivedDatagram(Span<byte> octets, int segmentOctets, ref readonly Sockaddr remote, Sockaddr local, byte trafficClass, int interfaceIndex, bool isTruncated)
    {
        Octets = octets;
        SegmentOctets = segmentOctets;
        _remote = ref remote;
        Local = local;
        TrafficClass = trafficClass;
        InterfaceIndex = interfaceIndex;
        IsTruncated = isTruncated;
    }

    /// <summary>The payload, in the batch's slab. From a raw IPv4 socket: without the IP header.</summary>
    public Span<byte> Octets { get; }

    /// <summary>Length of each datagram of the run; the last may be shorter. Equals the whole length for a single datagram; zero for an empty one.</summary>
    public int SegmentOctets { get; }

    /// <summary>Where it came from; valid as long as the batch is not received into again.</summary>
    public ref readonly Sockaddr Remote => ref _remote;

    /// <summary>The address it was sent to, with the socket's port: what an answer leaves from.</summary>
    public Sockaddr Local { get; }

    /// <summary>IPv4 TOS or IPv6 traffic class: DSCP in the upper six bits, ECN in the lower two.</summary>
    public byte TrafficClass { get; }

    /// <summary>ECN field (RFC 3168): 0 not-ECT, 1 ECT(1), 2 ECT(0), 3 CE.</summary>
    public byte Ecn => (byte)(TrafficClass & 3);

    public int InterfaceIndex { get; }

    /// <summary>The slot was too short; the rest is lost.</summary>
    public bool IsTruncated { get; }
}
