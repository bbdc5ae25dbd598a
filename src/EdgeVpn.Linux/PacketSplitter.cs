using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>Why a packet from a TUN cannot be split.</summary>
public enum SplitError
{
    None = 0,

    /// <summary>Shorter than its headers say.</summary>
    Truncated,

    /// <summary>A kind of super-packet that was not asked for.</summary>
    UnknownGso,

    /// <summary>The offload header contradicts the packet.</summary>
    BadHeader,
}

/// <summary>
/// Cuts what the kernel handed over whole into the packets that belong on the wire (TSO, USO), and finishes the checksums it left open.
/// </summary>
/// <remarks>
/// A packet without segmentation is a run of one. Segments come in order, either in place or copied; choose one way per packet.
/// <code>
///      packet:  | headers | payload 0 | payload 1 | payload 2 |        as read
///      in place:| headers   payload 0 |                                first segment
///                         | headers   payload 1 |                      second: its headers lie over what was payload 0
/// </code>
/// Each gets: IP length, identification + k, IP checksum; TCP sequence, FIN and PSH only last, CWR only first; UDP length;
/// transport checksum, where a UDP sum of zero is sent as all ones (RFC 768).
/// Allocates nothing.
/// </remarks>
public ref struct PacketSplitter
{
    private const int MaxHeaderOctets = 192;
    private const byte TcpPsh = 0x08, TcpFin = 0x01, TcpCwr = 0x80;

    private readonly Span<byte> _packet;
    private readonly int _headerOctets;
    private readonly int _transport; // offset of the transport header
    private readonly int _gsoSize;
    private readonly bool _isIPv6;
    private readonly bool _isTcp;
    private readonly byte _tcpFlags;
    private readonly ushort _identification;
    private readonly uint _sequence;
    private readonly ulong _ipSum; // constant part of the IPv4 header's sum
    private readonly ulong _transportSum; // constant part of pseudo-header and transport header
    private Headers _template;
    private int _offset; // payload octets handed out
    private int _index;

    [InlineArray(MaxHeaderOctets)]
    private struct Headers
    {
        private byte _first;
    }

    private PacketSplitter(scoped in VirtioNetHeader header, Span<byte> packet, out SplitError error)
    {
        _packet = packet;
        error = SplitError.Truncated;
        if (packet.Length < 20) return;
        _isIPv6 = packet[0] >> 4 == 6;
        if (header.Gso == VirtioNetGso.None)
        {
            _headerOctets = packet.Length;
            Count = 1;
            error = header.NeedsChecksum ? FinishChecksum(header, packet) : SplitError.None;
            return;
        }

        error = SplitError.UnknownGso;
        _isTcp = header.Gso is VirtioNetGso.TcpV4 or VirtioNetGso.TcpV6;
        if (!_isTcp && header.Gso != VirtioNetGso.UdpL4) return;
        error = SplitError.BadHeader;
        var ipHeader = _isIPv6 ? 40 : (packet[0] & 0x0f) * 4;
        var checksum = _isTcp ? 16 : 6;

        // A card that joined and verified what it received leaves no checksum open, and then nothing names the transport header (CHECKSUM_UNNECESSARY).
        _transport = header.NeedsChecksum ? header.ChecksumStart : ipHeader;
        if (!header.NeedsChecksum && (packet.Length < ipHeader || packet[_isIPv6 ? 6 : 9] != (_isTcp ? 6 : 17))) return;
        var isOtherVersion = _isTcp && _isIPv6 != (header.Gso == VirtioNetGso.TcpV6);
        if (isOtherVersion || _transport < ipHeader || ipHeader < 20 || (!_isIPv6 && _transport != ipHeader)) return;
        if (header.GsoSize == 0 || (header.NeedsChecksum && header.ChecksumOffset != checksum)) return;
        error = SplitError.Truncated;
        if (_transport + (_isTcp ? 20 : 8) > packet.Length) return;
        var transportOctets = _isTcp ? (packet[_transport + 12] >> 4) * 4 : 8;
        _headerOctets = _transport + transportOctets;
        if (transportOctets < 8 || (_isTcp && transportOctets < 20) || _headerOctets > MaxHeaderOctets || _headerOctets >= packet.Length) return;

        _gsoSize = header.GsoSize;
        Count = (packet.Length - _headerOctets + _gsoSize - 1) / _gsoSize;
        Span<byte> template = _template;
        template = template[.._headerOctets];
        packet[.._headerOctets].CopyTo(template);

        // Whatever differs from segment to segment is zero in the template and added per segment.
        BinaryPrimitives.WriteUInt16BigEndian(template[(_transport + checksum)..], 0);
        if (!_isIPv6)
        {
            _identification = BinaryPrimitives.ReadUInt16BigEndian(template[4..]);
            template.Slice(2, 4).Clear();
            template.Slice(10, 2).Clear();
            _ipSum = InternetChecksum.Sum(template[.._transport]);
        }

        if (_isTcp)
        {
            _sequence = BinaryPrimitives.ReadUInt32BigEndian(template[(_transport + 4)..]);
            _tcpFlags = template[_transport + 13];
            template.Slice(_transport + 4, 4).Clear();
            template[_transport + 13] = 0;
        }
        else
        {
            template.Slice(_transport + 4, 2).Clear();
        }

        _transportSum = InternetChecksum.PseudoHeader(template, _isTcp ? (byte)6 : (byte)17) + InternetChecksum.Sum(template[_transport..]);
        error = SplitError.None;
    }

    /// <summary>How many packets come out.</summary>
    public int Count { get; }

    /// <summary>How many are still to come.</summary>
    public readonly int Remaining => Count - _index;

    /// <summary>Length of every packet but the last.</summary>
    public readonly int SegmentOctets => _gsoSize == 0 ? _headerOctets : Math.Min(_headerOctets + _gsoSize, _packet.Length);

    /// <summary>Length of the packet that comes next; zero after the last.</summary>
    public readonly int NextOctets => Remaining == 0 ? 0 : _gsoSize == 0 ? _headerOctets : _headerOctets + Math.Min(_gsoSize, _packet.Length - _headerOctets - _offset);

    /// <summary>Looks at a packet as a TUN read brought it.</summary>
    /// <param name="header">What stood before the packet.</param>
    /// <param name="packet">From the IP header on. Will be written to.</param>
    /// <param name="splitter">Ready to hand out packets, if there is no error.</param>
    public static SplitError TryCreate(in VirtioNetHeader header, Span<byte> packet, out PacketSplitter splitter)
    {
        splitter = new PacketSplitter(header, packet, out var error);
        return error;
    }

    /// <summary>
    /// Splits into <paramref name="destination"/>, packet k at <c>offset + k × stride</c>; all are <see cref="SegmentOctets"/> long but the last.
    /// </summary>
    /// <param name="header">What stood before the packet.</param>
    /// <param name="packet">From the IP header on. Will be written to.</param>
    /// <param name="destination">The caller's buffer.</param>
    /// <param name="stride">From one packet's start to the next's.</param>
    /// <param name="offset">Where the first starts.</param>
    /// <param name="segmentOctets">Length of every packet but the last.</param>
    /// <param name="lastOctets">Length of the last.</param>
    /// <returns>How many packets; zero if the packet is malformed, −1 if the buffer or the stride is too small.</returns>
    public static int Split(
        in VirtioNetHeader header, Span<byte> packet, Span<byte> destination, int stride, int offset, out int segmentOctets, out int lastOctets)
    {
        segmentOctets = lastOctets = 0;
        if (TryCreate(header, packet, out var splitter) != SplitError.None) return 0;
        segmentOctets = splitter.SegmentOctets;
        if (splitter.Count > 1 && stride < segmentOctets) return -1;
        for (var at = offset; splitter.Remaining > 0; at += stride)
        {
            lastOctets = splitter.NextOctets;
            if (destination.Length - at < lastOctets) return -1;
            splitter.CopyNext(destination[at..]);
        }

        return splitter.Count;
    }

    /// <summary>The next packet, inside the octets read. Overwrites the end of the one before: be done with that.</summary>
    public Span<byte> NextInPlace()
    {
        if (Remaining == 0) ThrowDone();
        var octets = NextOctets;
        var segment = _packet.Slice(_gsoSize == 0 ? 0 : _offset, octets);
        if (_gsoSize != 0) WriteHeaders(segment);
        Advance(octets);
        return segment;
    }

    /// <summary>Copies the next packet to the start of <paramref name="destination"/> and returns its length.</summary>
    public int CopyNext(Span<byte> destination)
    {
        if (Remaining == 0) ThrowDone();
        var octets = NextOctets;
        var segment = destination[..octets];
        if (_gsoSize == 0)
        {
            _packet.CopyTo(segment);
        }
        else
        {
            _packet.Slice(_headerOctets + _offset, octets - _headerOctets).CopyTo(segment[_headerOctets..]);
            WriteHeaders(segment);
        }

        Advance(octets);
        return octets;
    }

    private void Advance(int octets)
    {
        _offset += octets - _headerOctets;
        _index++;
    }

    // Payload stands; the headers go before it.
    private readonly void WriteHeaders(Span<byte> segment)
    {
        ReadOnlySpan<byte> template = _template;
        template[.._headerOctets].CopyTo(segment);
        var payload = segment[_headerOctets..];
        var transport = segment[_transport..];
        if (_isIPv6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(segment[4..], (ushort)(segment.Length - 40));
        }
        else
        {
            var identification = (ushort)(_identification + _index);
            BinaryPrimitives.WriteUInt16BigEndian(segment[2..], (ushort)segment.Length);
            BinaryPrimitives.WriteUInt16BigEndian(segment[4..], identification);
            var ipSum = _ipSum + InternetChecksum.Word((ushort)segment.Length) + InternetChecksum.Word(identification);
            WriteSum(segment[10..], (ushort)~InternetChecksum.Fold(ipSum));
        }

        var length = (ushort)transport.Length;
        var sum = _transportSum + InternetChecksum.Word(length);
        if (_isTcp)
        {
            var sequence = _sequence + (uint)_offset;
            var flags = _tcpFlags;
            if (_index < Count - 1) flags &= unchecked((byte)~(TcpFin | TcpPsh));
            if (_index > 0) flags &= unchecked((byte)~TcpCwr);
            BinaryPrimitives.WriteUInt32BigEndian(transport[4..], sequence);
            transport[13] = flags;
            sum += InternetChecksum.Word((ushort)sequence) + InternetChecksum.Word((ushort)(sequence >> 16)) + InternetChecksum.Word(flags);
            WriteSum(transport[16..], (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(payload, sum)));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(transport[4..], length);
            sum += InternetChecksum.Word(length); // once in the pseudo-header, once in the header
            WriteSum(transport[6..], NotZero((ushort)~InternetChecksum.Fold(InternetChecksum.Sum(payload, sum))));
        }
    }

    private static SplitError FinishChecksum(in VirtioNetHeader header, Span<byte> packet)
    {
        var start = header.ChecksumStart;
        if (start < 20) return SplitError.BadHeader;
        if (start + header.ChecksumOffset + 2 > packet.Length) return SplitError.Truncated;
        var sum = (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(packet[start..]));
        if (header.ChecksumOffset == 6) sum = NotZero(sum); // zero means "no checksum" in UDP
        WriteSum(packet[(start + header.ChecksumOffset)..], sum);
        return SplitError.None;
    }

    private static ushort NotZero(ushort sum) => sum == 0 ? (ushort)0xffff : sum;

    // A checksum is in memory order already.
    private static void WriteSum(Span<byte> destination, ushort sum) => MemoryMarshal.Write(destination, in sum);

    private static void ThrowDone() => throw new InvalidOperationException("All packets were handed out.");
}
