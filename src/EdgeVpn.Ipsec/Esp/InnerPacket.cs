using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>What the data plane must know of an IP packet: addresses, protocol and ports for its selectors, length, DSCP and ECN.</summary>
/// <remarks>Read once, bounds-checked, then independent of the buffer.</remarks>
public readonly struct InnerPacket
{
    private const int IPv4HeaderOctets = 20;
    private const int IPv6HeaderOctets = 40;

    // Chains longer than this have no honest use; what lies behind is treated as a protocol without ports.
    private const int MaxExtensionHeaders = 8;

    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const byte Icmp = 1;
    private const byte Icmpv6 = 58;
    private const byte Mobility = 135;
    private const byte Dccp = 33;
    private const byte Sctp = 132;
    private const byte UdpLite = 136;

    private InnerPacket(ReadOnlySpan<byte> packet, bool ipv6, int totalOctets)
    {
        IsIPv6 = ipv6;
        TotalOctets = totalOctets;
        if (ipv6)
        {
            Source = BinaryPrimitives.ReadUInt128BigEndian(packet[8..]);
            Destination = BinaryPrimitives.ReadUInt128BigEndian(packet[24..]);
            TrafficClass = (byte)(BinaryPrimitives.ReadUInt16BigEndian(packet) >> 4);
        }
        else
        {
            Source = BinaryPrimitives.ReadUInt32BigEndian(packet[12..]);
            Destination = BinaryPrimitives.ReadUInt32BigEndian(packet[16..]);
            TrafficClass = packet[1];
        }
    }

    public bool IsIPv6 { get; }

    /// <summary>The packet's own length, from its header: what stands behind it in the buffer does not belong to it.</summary>
    public int TotalOctets { get; }

    /// <summary>Source address; IPv4 in the low 32 bits, as in <see cref="IpAddress"/>.</summary>
    public UInt128 Source { get; }

    /// <summary>Destination address; IPv4 in the low 32 bits.</summary>
    public UInt128 Destination { get; }

    /// <summary>DSCP in the upper six bits, ECN in the lower two.</summary>
    public byte TrafficClass { get; }

    public byte Dscp => (byte)(TrafficClass >> 2);

    public EcnCodepoint Ecn => (EcnCodepoint)(TrafficClass & 3);

    /// <summary>The protocol above IP, behind any IPv6 extension headers.</summary>
    public byte Protocol { get; private init; }

    /// <summary>Where that protocol's header begins. In a later fragment: where the fragment's data begins.</summary>
    public int TransportOffset { get; private init; }

    /// <summary>Whether this is a fragment, the first included.</summary>
    public bool IsFragment { get; private init; }

    /// <summary>Whether the ports are known: the protocol has them and they are in this packet. Later fragments have none.</summary>
    public bool HasPorts { get; private init; }

    /// <summary>Source port. For ICMP and ICMPv6: type × 256 + code; for a mobility header: type × 256 (RFC 7296 §3.13.1).</summary>
    public ushort SourcePort { get; private init; }

    /// <summary>Destination port. For ICMP, ICMPv6 and mobility headers: as the source port.</summary>
    public ushort DestinationPort { get; private init; }

    public IpAddress SourceAddress => new(Source, IsIPv6);

    public IpAddress DestinationAddress => new(Destination, IsIPv6);

    /// <summary>The packet's own total length, if its IP header holds together; −1 otherwise. Cheaper than <see cref="TryParse"/>.</summary>
    /// <param name="packet">The packet, perhaps with something behind it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Measure(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < IPv4HeaderOctets)
            return -1;
        if (packet[0] >> 4 == 4)
        {
            int total = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
            var header = (packet[0] & 15) * 4;
            return header >= IPv4HeaderOctets && header <= total && total <= packet.Length ? total : -1;
        }

        if (packet[0] >> 4 == 6 && packet.Length >= IPv6HeaderOctets)
        {
            var total = IPv6HeaderOctets + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
            return total <= packet.Length ? total : -1;
        }

        return -1;
    }

    /// <summary>Reads an IP packet.</summary>
    /// <param name="packet">The packet, perhaps with something behind it.</param>
    /// <param name="inner">What was read.</param>
    /// <returns>False if it is neither IPv4 nor IPv6, or its header does not hold together. Unknown protocols and cut transport headers are
    /// no error: such a packet has no ports.</returns>
    public static bool TryParse(ReadOnlySpan<byte> packet, out InnerPacket inner)
    {
        var total = Measure(packet);
        if (total < 0)
        {
            inner = default;
            return false;
        }

        packet = packet[..total];
        inner = packet[0] >> 4 == 4 ? ParseIPv4(packet) : ParseIPv6(packet);
        return true;
    }

    private static InnerPacket ParseIPv4(ReadOnlySpan<byte> packet)
    {
        var flagsAndOffset = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        return WithPorts(
            new(packet, ipv6: false, packet.Length),
            packet,
            packet[9],
            (packet[0] & 15) * 4,
            isFragment: (flagsAndOffset & 0x3FFF) != 0,
            isLaterFragment: (flagsAndOffset & 0x1FFF) != 0);
    }

    private static InnerPacket ParseIPv6(ReadOnlySpan<byte> packet)
    {
        var protocol = packet[6];
        var offset = IPv6HeaderOctets;
        var isFragment = false;
        for (var i = 0; i < MaxExtensionHeaders && packet.Length >= offset + 8; i++)
        {
            int length;
            switch (protocol)
            {
                // Hop-by-hop, routing, destination options, HIP, shim6. AH, ESP and mobility headers are what a selector names (RFC 4301 §4.4.1.1).
                case 0 or 43 or 60 or 139 or 140:
                    length = (packet[offset + 1] + 1) * 8;
                    break;
                case 44:
                    isFragment = true;
                    length = 8;
                    if ((BinaryPrimitives.ReadUInt16BigEndian(packet[(offset + 2)..]) & 0xFFF8) != 0)
                        return WithPorts(new(packet, ipv6: true, packet.Length), packet, packet[offset], offset + 8, true, isLaterFragment: true);
                    break;
                default:
                    return WithPorts(new(packet, ipv6: true, packet.Length), packet, protocol, offset, isFragment, isLaterFragment: false);
            }

            protocol = packet[offset];
            offset += length;
        }

        return WithPorts(new(packet, ipv6: true, packet.Length), packet, protocol, Math.Min(offset, packet.Length), isFragment, isLaterFragment: false);
    }

    private static InnerPacket WithPorts(
        in InnerPacket header, ReadOnlySpan<byte> packet, byte protocol, int offset, bool isFragment, bool isLaterFragment)
    {
        ushort source = 0, destination = 0;
        var hasPorts = false;
        var transport = packet[offset..];
        if (!isLaterFragment)
        {
            switch (protocol)
            {
                case Tcp or Udp or Sctp or Dccp or UdpLite when transport.Length >= 4:
                    hasPorts = true;
                    source = BinaryPrimitives.ReadUInt16BigEndian(transport);
                    destination = BinaryPrimitives.ReadUInt16BigEndian(transport[2..]);
                    break;
                case Icmp or Icmpv6 when transport.Length >= 2:
                    hasPorts = true;
                    source = destination = BinaryPrimitives.ReadUInt16BigEndian(transport);
                    break;
                case Mobility when header.IsIPv6 && transport.Length >= 3: // payload protocol, length, type (RFC 6275 §6.1.1)
                    hasPorts = true;
                    source = destination = (ushort)(transport[2] << 8);
                    break;
                default:
                    break;
            }
        }

        return header with
        {
            Protocol = protocol,
            TransportOffset = offset,
            IsFragment = isFragment,
            HasPorts = hasPorts,
            SourcePort = source,
            DestinationPort = destination,
        };
    }
}
