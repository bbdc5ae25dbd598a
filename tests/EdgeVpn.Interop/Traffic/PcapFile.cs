using System.Buffers.Binary;
using System.Net;

namespace EdgeVpn.Interop.Traffic;

/// <summary>One IP packet of a capture. ARP and other neighbours of IP are not packets here.</summary>
/// <param name="Protocol">IP protocol number; behind IPv6 extension headers it is theirs.</param>
/// <param name="SourcePort">UDP only, else 0; also 0 in a later fragment.</param>
/// <param name="Octets">The IP packet.</param>
/// <param name="PayloadOffset">Of the UDP payload, else of the IP payload.</param>
public sealed record CapturedPacket(
    DateTime At, IPAddress Source, IPAddress Destination, byte Protocol, ushort SourcePort, ushort DestinationPort, byte[] Octets, int PayloadOffset)
{
    public const byte Icmp = 1, Udp = 17, Esp = 50, Icmp6 = 58;

    public ReadOnlySpan<byte> Payload => Octets.AsSpan(PayloadOffset);

    public bool IsUdpOn(ushort port) => Protocol == Udp && (SourcePort == port || DestinationPort == port);

    /// <summary>On 4500 without the four zeros of the non-ESP marker, and longer than a keepalive (RFC 3948 §2).</summary>
    public bool IsEspInUdp => Protocol == Udp && (SourcePort == 4500 || DestinationPort == 4500) && Payload.Length > 4
        && BinaryPrimitives.ReadUInt32BigEndian(Payload) != 0;

    public override string ToString() => $"{At:HH:mm:ss.ffffff} {Source}:{SourcePort} > {Destination}:{DestinationPort} protocol {Protocol}, {Octets.Length} octets";
}

/// <summary>Reads what tcpdump writes from an Ethernet link, and writes the same: classic pcap, little-endian.</summary>
public static class PcapFile
{
    private const uint Microseconds = 0xa1b2c3d4;
    private const uint Ethernet = 1;
    private const int FileHeader = 24, RecordHeader = 16, EthernetHeader = 14;

    /// <exception cref="FormatException">Not such a file. A last record that is cut short is left out.</exception>
    public static IReadOnlyList<CapturedPacket> Read(string path)
    {
        ReadOnlySpan<byte> file = File.ReadAllBytes(path);
        if (file.Length < FileHeader || U32(file) != Microseconds || U32(file[20..]) != Ethernet)
            throw new FormatException($"{path}: not a little-endian Ethernet pcap");
        var packets = new List<CapturedPacket>();
        for (var at = FileHeader; at + RecordHeader <= file.Length;)
        {
            var record = file[at..];
            var length = checked((int)U32(record[8..]));
            if (record.Length < RecordHeader + length) break;
            var time = DateTime.UnixEpoch.AddSeconds(U32(record)).AddMicroseconds(U32(record[4..]));
            if (Packet(time, record.Slice(RecordHeader, length)) is { } packet) packets.Add(packet);
            at += RecordHeader + length;
        }

        return packets;
    }

    /// <summary>Writes IP packets, one microsecond apart, for tools that read captures.</summary>
    public static void Write(string path, IEnumerable<byte[]> packets)
    {
        using var file = new BinaryWriter(File.Create(path));
        file.Write(Microseconds);
        file.Write((ushort)2);
        file.Write((ushort)4);
        file.Write(0L);
        file.Write(65535u);
        file.Write(Ethernet);
        var number = 0u;
        foreach (var packet in packets)
        {
            file.Write(0u);
            file.Write(number++);
            file.Write((uint)(EthernetHeader + packet.Length));
            file.Write((uint)(EthernetHeader + packet.Length));
            file.Write(new byte[12]);
            file.Write(packet[0] >> 4 == 6 ? (byte[])[0x86, 0xdd] : [0x08, 0x00]);
            file.Write(packet);
        }
    }

    private static CapturedPacket? Packet(DateTime at, ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetHeader) return null;
        var ip = frame[EthernetHeader..];
        return BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) switch
        {
            0x0800 when ip.Length >= 20 => Packet(at, Cut(ip, BinaryPrimitives.ReadUInt16BigEndian(ip[2..])), (ip[0] & 15) * 4, ip[9], 12, 4, (BinaryPrimitives.ReadUInt16BigEndian(ip[6..]) & 0x1fff) == 0),
            0x86dd when ip.Length >= 40 => Packet(at, Cut(ip, 40 + BinaryPrimitives.ReadUInt16BigEndian(ip[4..])), 40, ip[6], 8, 16, true),
            _ => null,
        };
    }

    private static CapturedPacket Packet(DateTime at, ReadOnlySpan<byte> ip, int header, byte protocol, int addresses, int addressLength, bool isFirst)
    {
        var source = new IPAddress(ip.Slice(addresses, addressLength));
        var destination = new IPAddress(ip.Slice(addresses + addressLength, addressLength));
        var hasPorts = protocol == CapturedPacket.Udp && isFirst && ip.Length >= header + 8;
        var sourcePort = hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(ip[header..]) : (ushort)0;
        var destinationPort = hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(ip[(header + 2)..]) : (ushort)0;
        return new(at, source, destination, protocol, sourcePort, destinationPort, ip.ToArray(), Math.Min(ip.Length, header + (hasPorts ? 8 : 0)));
    }

    // Short frames carry Ethernet's padding; offloaded ones may say 0 for the length.
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> ip, int total) => total >= 20 && total < ip.Length ? ip[..total] : ip;

    private static uint U32(ReadOnlySpan<byte> octets) => BinaryPrimitives.ReadUInt32LittleEndian(octets);
}
