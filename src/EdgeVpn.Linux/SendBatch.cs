using System.Diagnostics.CodeAnalysis;

namespace EdgeVpn.Linux;

/// <summary>Datagrams for one sendmmsg, written in place. One thread uses a batch at a time.</summary>
/// <remarks>Fill <see cref="Next"/>, <see cref="Commit"/>, repeat, send, <see cref="Clear"/>.</remarks>
public sealed unsafe class SendBatch : IDisposable
{
    /// <summary>A run of segments may be as long as one UDP datagram over IPv4.</summary>
    public const int MaxRunOctets = 65_507;

    /// <summary>UDP_MAX_SEGMENTS of kernels before 6.9; later ones take more.</summary>
    public const int MaxSegments = 64;

    private readonly NativeBlock _block;
    private readonly Libc.IoVector* _vectors;
    private readonly Sockaddr* _names;
    private readonly byte* _controls;
    private readonly int[] _segments;

    public SendBatch(int messages = 8, int slotOctets = 65_536, int headroom = 0)
    {
        Slab = new PacketSlab(messages, slotOctets, headroom);
        _segments = new int[messages];
        // The second part serves plain sends of one run where segmentation is not to be had.
        var each = sizeof(Libc.MultiMessageHeader) + sizeof(Libc.IoVector) + ControlMessage.SendOctets + 32;
        var plain = MaxSegments * (sizeof(Libc.MultiMessageHeader) + sizeof(Libc.IoVector));
        _block = new NativeBlock((nuint)((messages * each) + plain));
        Messages = (Libc.MultiMessageHeader*)_block.Pointer;
        PlainMessages = Messages + messages;
        _vectors = (Libc.IoVector*)(PlainMessages + MaxSegments);
        PlainVectors = _vectors + messages;
        _controls = (byte*)(PlainVectors + MaxSegments);
        _names = (Sockaddr*)(_controls + (messages * ControlMessage.SendOctets));
    }

    public PacketSlab Slab { get; }

    public int Capacity => Slab.Slots;

    /// <summary>Messages committed.</summary>
    public int Count { get; private set; }

    public bool IsFull => Count == Capacity;

    /// <summary>Messages that a send dealt with (sent or refused); the rest waits for room (see <see cref="SendResult.WouldBlock"/>).</summary>
    public int Done { get; internal set; }

    /// <summary>The whole slot of the message to be written next.</summary>
    public Span<byte> Next => Slab[Count];

    internal Libc.MultiMessageHeader* Messages { get; }

    internal Libc.MultiMessageHeader* PlainMessages { get; }

    internal Libc.IoVector* PlainVectors { get; }

    /// <summary>Commits what stands at the start of <see cref="Next"/>.</summary>
    /// <param name="octets">Length of the datagram or run.</param>
    /// <param name="segmentOctets">Length of each datagram of a run of up to <see cref="MaxSegments"/>, of which only the last may be shorter; zero or ≥ octets: one datagram.</param>
    /// <param name="remote">Where to.</param>
    /// <param name="local">The address to send from; its port is not looked at. Unspecified: the kernel's choice.</param>
    /// <param name="trafficClass">DSCP and ECN of the outer header.</param>
    public void Commit(int octets, int segmentOctets, in Sockaddr remote, in Sockaddr local = default, byte trafficClass = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(segmentOctets);
        if (IsFull) ThrowFull();
        if ((uint)octets > (uint)Slab.SlotOctets) ThrowOctets(octets);
        var isRun = segmentOctets > 0 && segmentOctets < octets;
        if (isRun && (octets + segmentOctets - 1) / segmentOctets > MaxSegments) ThrowOctets(octets);
        var i = Count++;
        _segments[i] = isRun ? segmentOctets : 0;
        _names[i] = remote;
        _vectors[i].Base = Slab.Pointer(i);
        _vectors[i].Length = (nuint)octets;
        var control = _controls + (i * ControlMessage.SendOctets);
        nuint used = 0;
        // UDP_SEGMENT stands first, so that a plain send takes the rest by starting after it.
        if (isRun) *(ushort*)ControlMessage.Append(control, ref used, Libc.SOL_UDP, Libc.UDP_SEGMENT, sizeof(ushort)) = (ushort)segmentOctets;
        if (!local.IsUnspecified) AppendSource(control, ref used, local);
        if (trafficClass != 0)
        {
            var (level, type) = remote.IsIPv6 ? (Libc.SOL_IPV6, Libc.IPV6_TCLASS) : (Libc.SOL_IP, Libc.IP_TOS);
            *(int*)ControlMessage.Append(control, ref used, level, type, sizeof(int)) = trafficClass;
        }

        Messages[i] = new Libc.MultiMessageHeader
        {
            Header = new Libc.MessageHeader
            {
                Name = _names + i,
                NameLength = remote.Length,
                Vectors = _vectors + i,
                VectorCount = 1,
                Control = used == 0 ? null : control,
                ControlLength = used,
            },
        };
    }

    /// <summary>Empties the batch.</summary>
    public void Clear() => Count = Done = 0;

    public void Dispose()
    {
        Slab.Dispose();
        _block.Dispose();
    }

    /// <summary>Raw IPv6 sockets take no port.</summary>
    internal void ClearPorts()
    {
        for (var i = Done; i < Count; i++) _names[i].Port = 0;
    }

    internal bool IsRun(int index) => _segments[index] != 0;

    /// <summary>Lays out the datagrams of a run as messages of their own; returns how many.</summary>
    internal int LayOutPlain(int index)
    {
        ref readonly var whole = ref Messages[index].Header;
        var start = (byte*)whole.Vectors->Base;
        var left = (int)whole.Vectors->Length;
        const int segmentControl = 24; // CMSG_SPACE(sizeof(ushort))
        var header = whole;
        header.ControlLength -= segmentControl;
        header.Control = header.ControlLength == 0 ? null : header.Control + segmentControl;
        var count = 0;
        for (; left > 0; count++)
        {
            var octets = Math.Min(_segments[index], left);
            PlainVectors[count].Base = start;
            PlainVectors[count].Length = (nuint)octets;
            header.Vectors = PlainVectors + count;
            PlainMessages[count] = new Libc.MultiMessageHeader { Header = header };
            start += octets;
            left -= octets;
        }

        return count;
    }

    private static void AppendSource(byte* control, ref nuint used, in Sockaddr local)
    {
        if (local.IsIPv6)
        {
            var info = ControlMessage.Append(control, ref used, Libc.SOL_IPV6, Libc.IPV6_PKTINFO, 20); // in6_pktinfo { addr, ifindex }
            local.AddressOctets.CopyTo(new Span<byte>(info, 16));
            *(uint*)(info + 16) = local.Scope;
        }
        else
        {
            var info = (uint*)ControlMessage.Append(control, ref used, Libc.SOL_IP, Libc.IP_PKTINFO, 12); // in_pktinfo { ifindex, spec_dst, addr }
            info[0] = 0;
            info[1] = local.V4;
            info[2] = 0;
        }
    }

    [DoesNotReturn]
    private static void ThrowFull() => throw new InvalidOperationException("The batch is full: send it first.");

    [DoesNotReturn]
    private static void ThrowOctets(int octets) => throw new ArgumentOutOfRangeException(nameof(octets), octets, "Longer than a slot, or more segments than a run may have.");
}

/// <summary>What became of a <see cref="SendBatch"/>.</summary>
/// <param name="Sent">Messages the kernel took whole.</param>
/// <param name="Refused">Messages it refused, in whole or in part; they are not tried again.</param>
/// <param name="Error">The first refusal's error; EAGAIN if there was no room and messages remain.</param>
/// <param name="SegmentationGivenUp">True once in a socket's life: segmentation failed, is off from now on, and the run went out plainly.</param>
public readonly record struct SendResult(int Sent, int Refused, Errno Error, bool SegmentationGivenUp)
{
    /// <summary>Messages remain in the batch; wait until the socket is writable and send the batch again.</summary>
    public bool WouldBlock => Error == Errno.EAGAIN;
}
