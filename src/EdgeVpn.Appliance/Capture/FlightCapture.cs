using System.Buffers.Binary;
using System.Net;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Linux;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Capture;

/// <summary>A packet for a capture file.</summary>
/// <param name="At">UTC.</param>
/// <param name="Direction">In or out.</param>
/// <param name="Octets">From its IP header on.</param>
/// <param name="Length">Octets of the whole packet.</param>
/// <param name="Comments">What was thought, and what happened just before.</param>
public sealed record CapturedPacket(DateTimeOffset At, PacketDirection Direction, byte[] Octets, int Length, IReadOnlyList<string> Comments);

/// <summary>The recorder's log as packets: headers that the shell never saw are made again, and events become comments of the packet that follows.</summary>
public static class FlightCapture
{
    private const int UdpHeader = 8;
    private const int IPv4Header = 20;
    private const int IPv6Header = 40;
    private const byte Udp = 17;

    public static IEnumerable<CapturedPacket> Packets(FlightLog log)
    {
        var before = new List<string>();
        CapturedPacket? last = null;
        foreach (var record in log.Records)
        {
            if (record.Kind == FlightKind.Event)
            {
                before.Add($"{record.At:HH:mm:ss.fff} {record.Text}");
                continue;
            }

            if (Packet(record) is not var (octets, length)) continue;
            if (last is not null) yield return last;
            last = new CapturedPacket(
                record.At, record.Kind == FlightKind.Sent ? PacketDirection.Out : PacketDirection.In, octets, length, [.. before, record.Text ?? Unclaimed(record)]);
            before.Clear();
        }

        if (last is not null) yield return before.Count == 0 ? last : last with { Comments = [.. last.Comments, .. before.Select(text => $"afterwards: {text}")] };
    }

    /// <summary>Nobody said what it is: the header tells something all the same.</summary>
    private static string Unclaimed(FlightRecord record)
    {
        var octets = record.Octets!;
        if (octets.Length < IkeHeader.Size) return "too short for IKE";
        var isResponse = ((IkeHeaderFlags)octets[19] & IkeHeaderFlags.Response) != 0;
        var what = $"{(ExchangeType)octets[18]} {BinaryPrimitives.ReadUInt32BigEndian(octets.AsSpan(20))}{(isResponse ? " response" : " request")}";
        return record.Kind == FlightKind.Sent ? $"{what}, answered without an SA" : $"{what}, taken by no SA";
    }

    /// <summary>IP and UDP headers as the wire had them, without options; the non-ESP marker back in its place (RFC 3948 §2.2).</summary>
    private static (byte[] Octets, int Length)? Packet(FlightRecord record)
    {
        if (!IPEndPoint.TryParse(record.Local!, out var local) || !IPEndPoint.TryParse(record.Remote!, out var remote)) return null;
        var path = new Path(IpEndpoint.From(local), IpEndpoint.From(remote));
        var (from, to) = record.Kind == FlightKind.Sent ? (path.Local, path.Remote) : (path.Remote, path.Local);
        if (from.Address.IsIPv6 != to.Address.IsIPv6) return null;
        var marker = path.HasNonEspMarker ? 4 : 0;
        var header = from.Address.IsIPv6 ? IPv6Header : IPv4Header;
        var packet = new byte[header + UdpHeader + marker + record.Octets!.Length];
        var udpLength = (ushort)(UdpHeader + marker + record.Length);
        if (from.Address.IsIPv6) IPv6(packet, from, to, udpLength);
        else IPv4(packet, from, to, udpLength);
        var udp = packet.AsSpan(header);
        BinaryPrimitives.WriteUInt16BigEndian(udp, from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], udpLength);
        record.Octets.CopyTo(udp[(UdpHeader + marker)..]);
        // What was cut cannot be summed; zero says "none" in IPv4.
        if (record.Octets.Length == record.Length)
        {
            var sum = (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(udp, InternetChecksum.PseudoHeader(packet, Udp) + InternetChecksum.Word(udpLength)));
            BitConverter.TryWriteBytes(udp[6..], sum == 0 ? ushort.MaxValue : sum);
        }

        return (packet, header + UdpHeader + marker + record.Length);
    }

    private static void IPv4(byte[] packet, IpEndpoint from, IpEndpoint to, ushort udpLength)
    {
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)(IPv4Header + udpLength));
        packet[8] = 64;
        packet[9] = Udp;
        from.Address.Write(packet.AsSpan(12));
        to.Address.Write(packet.AsSpan(16));
        BitConverter.TryWriteBytes(packet.AsSpan(10), (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(packet.AsSpan(0, IPv4Header))));
    }

    private static void IPv6(byte[] packet, IpEndpoint from, IpEndpoint to, ushort udpLength)
    {
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), udpLength);
        packet[6] = Udp;
        packet[7] = 64;
        from.Address.Write(packet.AsSpan(8));
        to.Address.Write(packet.AsSpan(24));
    }
}
