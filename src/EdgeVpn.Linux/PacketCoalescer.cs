using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>What became of a packet given to a <see cref="PacketCoalescer"/>.</summary>
public enum CoalesceOutcome
{
    /// <summary>Held, to be written alone or joined.</summary>
    Held = 0,

    /// <summary>No room: flush, then add it again.</summary>
    Full,

    /// <summary>Not an IP packet, or longer by its own header than it is: dropped.</summary>
    Malformed,
}

/// <summary>What one <see cref="PacketCoalescer.Flush"/> wrote.</summary>
/// <param name="Writes">System calls that succeeded.</param>
/// <param name="Failed">Super-packets or packets the kernel refused.</param>
/// <param name="Error">The first refusal's error.</param>
public readonly record struct FlushResult(int Writes, int Failed, Errno Error)
{
    /// <summary>True once in a device's life for each kind of run: the kernel refuses what it had agreed to, and such packets are written one by one from now on.</summary>
    public bool JoiningGivenUp { get; init; }
}

/// <summary>
/// Joins in-order packets of one TCP or UDP flow to the super-packet the kernel would have cut them from, so that one write moves many (GRO).
/// </summary>
/// <remarks>
/// Payloads are not copied: packets stay where they are in the slab until <see cref="Flush"/> gathers them with writev; headers of the first
/// packet of a run are rewritten. Several flows may be open at once. Order within a flow is kept, also against packets that cannot be joined.
/// What is joined: same addresses, ports, TTL, traffic class, DF, IP identification in step where fragmenting is allowed; no fragments, no IPv4
/// options, no IPv6 extension headers; TCP with ACK (PSH ends a run; ECE alike), same acknowledgement, window and options, next sequence number;
/// UDP with a checksum; equal payload length, only the last shorter. Checksums are verified first: the kernel will not look again.
/// </remarks>
public sealed unsafe class PacketCoalescer : IDisposable
{
    private const int MaxOctets = 65_535; // IPv4 total length; also kept for IPv6
    private const int MaxUdpSegments = 64; // UDP_MAX_SEGMENTS before kernel 6.9
    private const int MaxVectors = 1024; // UIO_MAXIOV
    private const int MaxFlows = 8;
    private const byte Tcp = 6, Udp = 17;
    private const byte TcpPsh = 0x08, TcpAck = 0x10, TcpEce = 0x40;

    private readonly PacketSlab _slab;
    private readonly NativeBlock _block;
    private readonly Libc.IoVector* _pieces; // of held packet i: the whole packet if it heads a run, else its payload
    private readonly int* _next; // held packet after i in its run, or −1
    private readonly Libc.IoVector* _vectors; // what writev gets
    private readonly Run[] _runs;
    private readonly int[] _flows = new int[MaxFlows]; // the latest run of each flow; a flow that is forgotten only joins less
    private readonly int _capacity;
    private TunOffload _joins; // none without checksums
    private int _packetCount;
    private int _runCount;
    private int _flowCount;
    private uint _nextVictim;

    /// <param name="slab">Where all packets lie.</param>
    /// <param name="offload">What the TUN agreed to; nothing else is joined.</param>
    /// <param name="capacity">At most so many packets are held.</param>
    public PacketCoalescer(PacketSlab slab, TunOffload offload, int capacity = 1024)
    {
        _slab = slab;
        _capacity = capacity;
        _runs = new Run[capacity];
        var vectors = (nuint)sizeof(Libc.IoVector);
        _block = new NativeBlock(((nuint)capacity * (vectors + sizeof(int))) + (MaxVectors * vectors) + VirtioNetHeader.Size);
        _pieces = (Libc.IoVector*)_block.Pointer;
        _vectors = _pieces + capacity;
        _next = (int*)(_vectors + MaxVectors);
        _joins = (offload & TunOffload.Checksum) != 0 ? offload : TunOffload.None;
    }

    /// <summary>Packets held.</summary>
    public int PacketCount => _packetCount;

    /// <summary>Writes a flush would make.</summary>
    public int RunCount => _runCount;

    /// <summary>Holds a packet until <see cref="Flush"/>; until then its octets must not change.</summary>
    /// <param name="packet">From the IP header on, inside the slab. Octets beyond its own length (padding) are left out.</param>
    public CoalesceOutcome Add(Span<byte> packet)
    {
        if (!_slab.Contains(packet)) ThrowElsewhere();
        var outcome = Parse(packet, out var run);
        if (outcome != CoalesceOutcome.Held) return outcome;
        if (_packetCount == _capacity) return CoalesceOutcome.Full;
        var flow = -1;
        for (var i = 0; i < _flowCount; i++)
        {
            ref var held = ref _runs[_flows[i]];
            if (!IsSameFlow(held, run)) continue;
            if (run.IsOpenable)
            {
                if (TryJoin(ref held, run)) return CoalesceOutcome.Held;
                flow = i;
                break;
            }

            held.IsOpen = false; // what comes after this packet must not overtake it
        }

        Hold(ref run, flow);
        return CoalesceOutcome.Held;
    }

    /// <summary>Writes all that is held, in order, and forgets it. A refused write loses its packets; the rest still goes.</summary>
    public FlushResult Flush(TunDevice tun)
    {
        int writes = 0, failed = 0;
        var error = Errno.None;
        var isGivenUp = false;
        for (var i = 0; i < _runCount; i++)
        {
            var result = tun.Write(_vectors, Gather(i));
            if (result.IsOk)
            {
                writes++;
                continue;
            }

            // What the kernel takes apart and not joined it should not be given joined again.
            if (result.Error == Errno.EINVAL && _runs[i].Count > 1 && WriteApart(tun, _runs[i]) is > 0 and var written)
            {
                writes += written;
                failed += _runs[i].Count - written;
                _joins &= ~KindOf(_runs[i]);
                isGivenUp |= tun.GiveUpJoining(KindOf(_runs[i]));
                continue;
            }

            failed++;
            if (error == Errno.None) error = result.Error;
        }

        Clear();
        return new FlushResult(writes, failed, error) { JoiningGivenUp = isGivenUp };
    }

    /// <summary>Copies the run at <paramref name="index"/>, offload header first, as a write would see it; returns its length.</summary>
    public int CopyRun(int index, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_runCount, nameof(index));
        var count = Gather(index);
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            new ReadOnlySpan<byte>(_vectors[i].Base, (int)_vectors[i].Length).CopyTo(destination[at..]);
            at += (int)_vectors[i].Length;
        }

        return at;
    }

    /// <summary>Forgets all that is held.</summary>
    public void Clear() => _packetCount = _runCount = _flowCount = 0;

    public void Dispose() => _block.Dispose();

    /// <summary>Packets that leave in one write. Before it is held, First and Last say nothing.</summary>
    private struct Run
    {
        public byte* Head;
        public int HeaderOctets; // IP and transport
        public int Transport; // offset of the transport header
        public int PayloadOctets; // of the whole run
        public int SegmentOctets; // payload of the first
        public int Count;
        public int First;
        public int Last;
        public uint NextSequence;
        public byte Protocol; // of a known transport header, else zero
        public bool IsIPv6;
        public bool IsOpenable; // of a kind that is joined
        public bool IsOpen; // may still grow
        public bool IsVerified; // the head's checksum was found right
        public bool HasPsh;
    }

    private CoalesceOutcome Parse(Span<byte> packet, out Run run)
    {
        run = default;
        if (packet.Length < 20) return CoalesceOutcome.Malformed;
        run.Head = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(packet));
        var p = run.Head;
        int total;
        byte protocol;
        bool isPlain;
        switch (p[0] >> 4)
        {
            case 4:
                total = Read16(p + 2);
                run.Transport = (p[0] & 0x0f) * 4;
                protocol = p[9];
                isPlain = run.Transport == 20 && (Read16(p + 6) & 0xbfff) == 0; // no options; neither MF nor offset nor the reserved bit
                break;
            case 6:
                if (packet.Length < 40) return CoalesceOutcome.Malformed;
                run.IsIPv6 = true;
                total = 40 + Read16(p + 4);
                run.Transport = 40;
                protocol = p[6];
                isPlain = true;
                break;
            default:
                return CoalesceOutcome.Malformed;
        }

        if (run.Transport < 20 || total < run.Transport || total > packet.Length) return CoalesceOutcome.Malformed;
        run.HeaderOctets = run.Transport;
        run.PayloadOctets = total - run.Transport;
        if (!isPlain) return CoalesceOutcome.Held;
        var t = p + run.Transport;
        if (protocol == Tcp && run.PayloadOctets >= 20)
        {
            var octets = (t[12] >> 4) * 4;
            if (octets < 20 || octets > run.PayloadOctets) return CoalesceOutcome.Held;
            Shape(ref run, protocol, octets);
            run.HasPsh = (t[13] & TcpPsh) != 0;
            run.NextSequence = Read32(t + 4) + (uint)run.PayloadOctets;
            run.IsOpenable = (_joins & KindOf(run)) != 0 && run.PayloadOctets > 0 && (t[13] & ~(TcpPsh | TcpEce)) == TcpAck;
        }
        else if (protocol == Udp && run.PayloadOctets >= 8)
        {
            var length = Read16(t + 4);
            Shape(ref run, protocol, 8);
            run.IsOpenable = (_joins & KindOf(run)) != 0 && run.PayloadOctets > 0
                && length == 8 + run.PayloadOctets && *(ushort*)(t + 6) != 0;
        }

        return CoalesceOutcome.Held;
    }

    // Starts a run; it becomes the one that its flow's next packet may join.
    private void Hold(ref Run run, int flow)
    {
        var index = _packetCount++;
        _pieces[index] = new Libc.IoVector { Base = run.Head, Length = (nuint)(run.HeaderOctets + run.PayloadOctets) };
        _next[index] = -1;
        run.First = run.Last = index;
        run.Count = 1;
        run.IsOpen = run.IsOpenable && !run.HasPsh;
        if (run.IsOpenable)
        {
            if (flow < 0) flow = _flowCount < MaxFlows ? _flowCount++ : (int)(_nextVictim++ % MaxFlows);
            _flows[flow] = _runCount;
        }

        _runs[_runCount++] = run;
    }

    private static void Shape(ref Run run, byte protocol, int transportOctets)
    {
        run.Protocol = protocol;
        run.HeaderOctets += transportOctets;
        run.PayloadOctets -= transportOctets;
        run.SegmentOctets = run.PayloadOctets;
    }

    // Packets without readable ports (fragments, other protocols) count as of every flow between their addresses.
    private static bool IsSameFlow(in Run a, in Run b)
    {
        if (a.IsIPv6 != b.IsIPv6) return false;
        var sameAddresses = a.IsIPv6
            ? *(UInt128*)(a.Head + 8) == *(UInt128*)(b.Head + 8) && *(UInt128*)(a.Head + 24) == *(UInt128*)(b.Head + 24)
            : *(ulong*)(a.Head + 12) == *(ulong*)(b.Head + 12);
        if (!sameAddresses) return false;
        if (a.Protocol == 0 || b.Protocol == 0) return true;
        return a.Protocol == b.Protocol && *(uint*)(a.Head + a.Transport) == *(uint*)(b.Head + b.Transport);
    }

    private bool TryJoin(ref Run held, in Run run)
    {
        var octets = run.PayloadOctets;
        if (!held.IsOpen || octets > held.SegmentOctets || held.HeaderOctets != run.HeaderOctets
            || held.HeaderOctets + held.PayloadOctets + octets > MaxOctets
            || held.Count >= (held.Protocol == Udp ? MaxUdpSegments : MaxVectors - 1)
            || !IsSameHeader(held, run)) return false;
        if (!held.IsVerified)
        {
            if (!IsChecksumRight(held.Head, held))
            {
                held.IsOpen = false;
                return false;
            }

            held.IsVerified = true;
        }

        if (!IsChecksumRight(run.Head, run)) return false;
        var index = _packetCount++;
        _pieces[index] = new Libc.IoVector { Base = run.Head + run.HeaderOctets, Length = (nuint)octets };
        _next[index] = -1;
        _next[held.Last] = index;
        held.Last = index;
        held.Count++;
        held.PayloadOctets += octets;
        held.NextSequence = run.NextSequence;
        held.HasPsh |= run.HasPsh;
        held.IsOpen = !run.HasPsh && octets == held.SegmentOctets;
        return true;
    }

    private static bool IsSameHeader(in Run held, in Run run)
    {
        byte* a = held.Head, b = run.Head;
        if (held.IsIPv6)
        {
            if (*(uint*)a != *(uint*)b || a[7] != b[7]) return false; // version, class, flow label; hop limit
        }
        else
        {
            if (*(ushort*)a != *(ushort*)b || *(ushort*)(a + 6) != *(ushort*)(b + 6) || a[8] != b[8]) return false; // TOS; flags; TTL
            var mayFragment = (a[6] & 0x40) == 0;
            if (mayFragment && Read16(b + 4) != (ushort)(Read16(a + 4) + held.Count)) return false;
        }

        if (held.Protocol == Udp) return true;
        byte* s = a + held.Transport, t = b + run.Transport;
        if (Read32(t + 4) != held.NextSequence || *(uint*)(s + 8) != *(uint*)(t + 8)) return false; // sequence; acknowledgement
        if (s[12] != t[12] || ((s[13] ^ t[13]) & ~TcpPsh) != 0 || *(ushort*)(s + 14) != *(ushort*)(t + 14)) return false; // offset; flags; window
        var options = held.HeaderOctets - held.Transport - 20;
        return new ReadOnlySpan<byte>(s + 20, options).SequenceEqual(new ReadOnlySpan<byte>(t + 20, options));
    }

    // The run is of one packet here, so that its payload ends where the packet does.
    private static bool IsChecksumRight(byte* packet, in Run run)
    {
        var length = run.HeaderOctets - run.Transport + run.SegmentOctets;
        var sum = PseudoHeader(packet, run.IsIPv6, run.Protocol, length);
        return InternetChecksum.Fold(InternetChecksum.Sum(ref packet[run.Transport], length, sum)) == 0xffff;
    }

    private static TunOffload KindOf(in Run run) => run.Protocol == Tcp
        ? run.IsIPv6 ? TunOffload.Tso6 : TunOffload.Tso4
        : run.IsIPv6 ? TunOffload.Uso6 : TunOffload.Uso4;

    // Writes the packets of a joined run as they came, and returns how many were taken. Each still has its own header before its payload, but for the head.
    private int WriteApart(TunDevice tun, in Run run)
    {
        RestoreHead(run);
        var header = default(VirtioNetHeader);
        _vectors[0] = new Libc.IoVector { Base = &header, Length = VirtioNetHeader.Size };
        var written = 0;
        for (var i = run.First; i >= 0; i = _next[i])
        {
            _vectors[1] = i == run.First
                ? _pieces[i]
                : new Libc.IoVector { Base = (byte*)_pieces[i].Base - run.HeaderOctets, Length = _pieces[i].Length + (nuint)run.HeaderOctets };
            if (tun.Write(_vectors, 2).IsOk) written++;
        }

        return written;
    }

    // What RewriteHead changed. PSH was never its own: it would have ended the run.
    private static void RestoreHead(in Run run)
    {
        var single = run with { PayloadOctets = run.SegmentOctets, HasPsh = false };
        if (run.Protocol == Tcp) run.Head[run.Transport + 13] &= unchecked((byte)~TcpPsh);
        RewriteHead(single);
        var t = run.Head + run.Transport;
        var length = run.HeaderOctets - run.Transport + run.SegmentOctets;
        var sum = (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(ref *t, length, 0)); // the field holds the pseudo-header's
        *(ushort*)(t + (run.Protocol == Tcp ? 16 : 6)) = sum == 0 && run.Protocol == Udp ? (ushort)0xffff : sum;
    }

    // Fills the vectors for one write and returns how many; rewrites the head's headers if the run is longer than one.
    private int Gather(int index)
    {
        ref readonly var run = ref _runs[index];
        var header = default(VirtioNetHeader);
        if (run.Count > 1)
        {
            var isTcp = run.Protocol == Tcp;
            var gso = !isTcp ? VirtioNetGso.UdpL4 : run.IsIPv6 ? VirtioNetGso.TcpV6 : VirtioNetGso.TcpV4;
            header = new VirtioNetHeader(
                VirtioNetFlags.NeedsChecksum, (byte)gso, (ushort)run.HeaderOctets, (ushort)run.SegmentOctets, (ushort)run.Transport, isTcp ? (ushort)16 : (ushort)6);
            RewriteHead(run);
        }

        var start = _block.Pointer + _block.LengthOctets - VirtioNetHeader.Size;
        header.Write(new Span<byte>(start, VirtioNetHeader.Size));
        _vectors[0] = new Libc.IoVector { Base = start, Length = VirtioNetHeader.Size };
        var count = 1;
        for (var i = run.First; i >= 0; i = _next[i]) _vectors[count++] = _pieces[i];
        return count;
    }

    private static void RewriteHead(in Run run)
    {
        var p = run.Head;
        var total = run.HeaderOctets + run.PayloadOctets;
        var length = total - run.Transport;
        if (run.IsIPv6)
        {
            Write16(p + 4, (ushort)length);
        }
        else
        {
            Write16(p + 2, (ushort)total);
            *(ushort*)(p + 10) = 0;
            *(ushort*)(p + 10) = (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(ref *p, run.Transport, 0));
        }

        var t = p + run.Transport;
        var sum = InternetChecksum.Fold(PseudoHeader(p, run.IsIPv6, run.Protocol, length));
        if (run.Protocol == Tcp)
        {
            if (run.HasPsh) t[13] |= TcpPsh;
            *(ushort*)(t + 16) = sum;
        }
        else
        {
            Write16(t + 4, (ushort)length);
            *(ushort*)(t + 6) = sum;
        }
    }

    private static ulong PseudoHeader(byte* packet, bool isIPv6, byte protocol, int length) =>
        InternetChecksum.PseudoHeader(new ReadOnlySpan<byte>(packet, isIPv6 ? 40 : 20), protocol) + InternetChecksum.Word((ushort)length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Read16(byte* at) => BinaryPrimitives.ReverseEndianness(*(ushort*)at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read32(byte* at) => BinaryPrimitives.ReverseEndianness(*(uint*)at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write16(byte* at, ushort value) => *(ushort*)at = BinaryPrimitives.ReverseEndianness(value);

    [DoesNotReturn]
    private static void ThrowElsewhere() => throw new ArgumentException("The packet does not lie in this coalescer's slab.");
}
