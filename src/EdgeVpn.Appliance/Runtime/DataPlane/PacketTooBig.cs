using System.Buffers.Binary;
using System.Runtime.InteropServices;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>ICMP to the sender of a packet that does not fit the tunnel: "fragmentation needed" (RFC 792, RFC 1191 §4), "packet too big" (RFC 4443 §3.2).</summary>
/// <remarks>
/// Comes from the address the packet was sent to: the TUN needs no address of its own, selectors and reverse-path filters let it pass, and the sender's
/// stack looks only at the quoted packet.
/// </remarks>
internal static class PacketTooBig
{
    /// <summary>What every IPv6 link carries; no sender goes below it (RFC 8200 §5).</summary>
    public const int IPv6LeastMtu = 1280;

    /// <summary>The longest answer: IPv6 quotes as much as fits the least MTU (RFC 4443 §2.4 c).</summary>
    public const int MaxOctets = 1280;

    private const int IPv4QuoteOctets = 20 + 8 + 528; // 576 in all with our own header (RFC 1812 §4.3.2.3)
    private const byte Icmp = 1, Icmpv6 = 58;

    /// <summary>Writes the answer to <paramref name="packet"/>.</summary>
    /// <param name="packet">An inner packet whose IP header was found whole.</param>
    /// <param name="mtu">Octets that would have fitted. IPv6 is not told less than its least MTU: those packets go in fragments outside (RFC 2473 §7.1).</param>
    /// <param name="destination">At least <see cref="MaxOctets"/>; may not overlap the packet.</param>
    /// <returns>Its length; zero where no answer may be sent: to ICMP errors, later fragments, multicast (RFC 1122 §3.2.2, RFC 4443 §2.4 e).</returns>
    public static int Write(ReadOnlySpan<byte> packet, int mtu, Span<byte> destination) =>
        packet[0] >> 4 == 6 ? WriteIPv6(packet, mtu, destination) : WriteIPv4(packet, mtu, destination);

    private static int WriteIPv4(ReadOnlySpan<byte> packet, int mtu, Span<byte> destination)
    {
        var header = (packet[0] & 15) * 4;
        var isLaterFragment = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x1fff) != 0;
        var isIcmpError = packet[9] == Icmp && packet.Length > header && packet[header] is 3 or 4 or 5 or 11 or 12;
        if (isLaterFragment || isIcmpError || packet[12] >= 224 || packet[16] >= 224 || packet[12] == 0) return 0;

        var quote = packet[..Math.Min(packet.Length, IPv4QuoteOctets - 8)];
        var total = 28 + quote.Length;
        var answer = destination[..total];
        answer[..28].Clear();
        answer[0] = 0x45;
        answer[1] = 0xc0; // internetwork control (RFC 1812 §4.3.2.5)
        BinaryPrimitives.WriteUInt16BigEndian(answer[2..], (ushort)total);
        answer[8] = 64;
        answer[9] = Icmp;
        packet.Slice(16, 4).CopyTo(answer[12..]);
        packet.Slice(12, 4).CopyTo(answer[16..]);
        WriteSum(answer[10..], InternetChecksum.Sum(answer[..20]));
        answer[20] = 3;
        answer[21] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(answer[26..], (ushort)Math.Min(mtu, ushort.MaxValue));
        quote.CopyTo(answer[28..]);
        WriteSum(answer[22..], InternetChecksum.Sum(answer[20..]));
        return total;
    }

    private static int WriteIPv6(ReadOnlySpan<byte> packet, int mtu, Span<byte> destination)
    {
        var isIcmpError = packet[6] == Icmpv6 && packet.Length > 40 && packet[40] < 128;
        var isRedirect = packet[6] == Icmpv6 && packet.Length > 40 && packet[40] == 137;
        var source = packet.Slice(8, 16);
        if (isIcmpError || isRedirect || packet[24] == 0xff || source[0] == 0xff || source.IndexOfAnyExcept((byte)0) < 0) return 0;

        var quote = packet[..Math.Min(packet.Length, MaxOctets - 48)];
        var total = 48 + quote.Length;
        var answer = destination[..total];
        answer[..48].Clear();
        answer[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(answer[4..], (ushort)(total - 40));
        answer[6] = Icmpv6;
        answer[7] = 64;
        packet.Slice(24, 16).CopyTo(answer[8..]);
        source.CopyTo(answer[24..]);
        answer[40] = 2;
        BinaryPrimitives.WriteInt32BigEndian(answer[44..], Math.Max(mtu, IPv6LeastMtu));
        quote.CopyTo(answer[48..]);
        var sum = InternetChecksum.PseudoHeader(answer, Icmpv6) + InternetChecksum.Word((ushort)(total - 40));
        WriteSum(answer[42..], InternetChecksum.Sum(answer[40..], sum));
        return total;
    }

    // The sum is in memory order already.
    private static void WriteSum(Span<byte> destination, ulong sum)
    {
        var folded = (ushort)~InternetChecksum.Fold(sum);
        MemoryMarshal.Write(destination, in folded);
    }
}
