using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace EdgeVpn.Appliance.Capture;

/// <summary>Where a packet was going.</summary>
public enum PacketDirection
{
    /// <summary>epb_flags 1.</summary>
    In = 1,

    /// <summary>epb_flags 2.</summary>
    Out = 2,
}

/// <summary>Writes pcapng (draft-ietf-opsawg-pcapng): one section, one interface of raw IP packets, enhanced packet blocks with comments.</summary>
/// <remarks>
/// Little endian, microseconds. The stream is the caller's.
/// <code>
///     | block type | total length | body … | options … | total length |     every part padded to 32 bits
/// </code>
/// </remarks>
public sealed class PcapngWriter
{
    private const uint SectionHeader = 0x0a0d0d0a;
    private const uint ByteOrderMagic = 0x1a2b3c4d;
    private const uint InterfaceDescription = 1;
    private const uint EnhancedPacket = 6;
    private const ushort LinkTypeRaw = 101; // packets begin with their IPv4 or IPv6 header
    private const ushort EndOfOptions = 0;
    private const ushort Comment = 1;
    private const ushort InterfaceName = 2;
    private const ushort PacketFlags = 2;
    private const ushort UserApplication = 4;
    private const int MaxCommentOctets = 1_024;

    private readonly Stream _stream;
    private readonly ArrayBufferWriter<byte> _body = new();

    /// <param name="stream">Takes the section; not closed here.</param>
    /// <param name="application">Who writes.</param>
    /// <param name="interfaceName">What the packets were seen on.</param>
    public PcapngWriter(Stream stream, string application, string interfaceName)
    {
        _stream = stream;
        UInt32(ByteOrderMagic);
        UInt16(1);
        UInt16(0);
        UInt32(uint.MaxValue); // the section's length is not known
        UInt32(uint.MaxValue);
        Option(UserApplication, Encoding.UTF8.GetBytes(application));
        EndOptions();
        Block(SectionHeader);

        UInt16(LinkTypeRaw);
        UInt16(0);
        UInt32(0); // no limit
        Option(InterfaceName, Encoding.UTF8.GetBytes(interfaceName));
        EndOptions();
        Block(InterfaceDescription);
    }

    /// <summary>Octets written so far.</summary>
    public long Octets { get; private set; }

    /// <param name="at">When it was seen.</param>
    /// <param name="direction">In or out.</param>
    /// <param name="packet">The packet from its IP header on, or its beginning.</param>
    /// <param name="originalLength">Octets of the whole packet.</param>
    /// <param name="comments">Shown beside it; longer ones are cut.</param>
    public void Packet(DateTimeOffset at, PacketDirection direction, ReadOnlySpan<byte> packet, int originalLength, params ReadOnlySpan<string> comments)
    {
        var micros = (ulong)Math.Max(0, (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        UInt32(0);
        UInt32((uint)(micros >> 32));
        UInt32((uint)micros);
        UInt32((uint)packet.Length);
        UInt32((uint)originalLength);
        Padded(packet);
        Span<byte> flags = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(flags, (uint)direction);
        Option(PacketFlags, flags);
        foreach (var comment in comments) Option(Comment, Cut(comment));
        EndOptions();
        Block(EnhancedPacket);
    }

    private void Block(uint type)
    {
        var total = (uint)_body.WrittenCount + 12;
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(word, type);
        _stream.Write(word);
        BinaryPrimitives.WriteUInt32LittleEndian(word, total);
        _stream.Write(word);
        _stream.Write(_body.WrittenSpan);
        _stream.Write(word);
        _body.ResetWrittenCount();
        Octets += total;
    }

    private void Option(ushort code, ReadOnlySpan<byte> value)
    {
        UInt16(code);
        UInt16((ushort)value.Length);
        Padded(value);
    }

    private void EndOptions()
    {
        UInt16(EndOfOptions);
        UInt16(0);
    }

    private void Padded(ReadOnlySpan<byte> octets)
    {
        _body.Write(octets);
        _body.Write(stackalloc byte[-octets.Length & 3]);
    }

    private void UInt16(ushort value)
    {
        Span<byte> octets = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(octets, value);
        _body.Write(octets);
    }

    private void UInt32(uint value)
    {
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(octets, value);
        _body.Write(octets);
    }

    private static byte[] Cut(string comment)
    {
        var octets = Encoding.UTF8.GetBytes(comment);
        if (octets.Length <= MaxCommentOctets) return octets;
        var end = MaxCommentOctets;
        while ((octets[end] & 0xc0) == 0x80) end--; // not within a character
        return octets[..end];
    }
}
