using System.Buffers.Binary;

namespace EdgeVpn.Linux.Tests.Offload;

/// <summary>Makes and checks packets the plain way: one field after the other, one 16-bit word after the other. The reference for the fast code.</summary>
internal sealed record Packet
{
    public bool IsIPv6 { get; init; }

    public bool IsTcp { get; init; } = true;

    public byte Host { get; init; } = 1;

    public ushort SourcePort { get; init; } = 1000;

    public ushort DestinationPort { get; init; } = 2000;

    public byte TrafficClass { get; init; }

    public byte HopLimit { get; init; } = 64;

    public bool DontFragment { get; init; } = true;

    public ushort Identification { get; init; }

    public uint Sequence { get; init; }

    public uint Acknowledgement { get; init; } = 77;

    public byte Flags { get; init; } = 0x10;

    public ushort Window { get; init; } = 512;

    public byte[] IpOptions { get; init; } = [];

    public byte[] TcpOptions { get; init; } = [];

    public byte[] Payload { get; init; } = [];

    public int TransportOffset => IsIPv6 ? 40 : 20 + IpOptions.Length;

    public int HeaderOctets => TransportOffset + (IsTcp ? 20 + TcpOptions.Length : 8);

    public byte Protocol => IsTcp ? (byte)6 : (byte)17;

    /// <summary>The whole packet, with right checksums.</summary>
    public byte[] ToOctets()
    {
        var octets = new byte[HeaderOctets + Payload.Length];
        var transport = octets.AsSpan(TransportOffset);
        WriteIp(octets);
        BinaryPrimitives.WriteUInt16BigEndian(transport, SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(transport[2..], DestinationPort);
        if (IsTcp)
        {
            BinaryPrimitives.WriteUInt32BigEndian(transport[4..], Sequence);
            BinaryPrimitives.WriteUInt32BigEndian(transport[8..], Acknowledgement);
            transport[12] = (byte)((20 + TcpOptions.Length) / 4 << 4);
            transport[13] = Flags;
            BinaryPrimitives.WriteUInt16BigEndian(transport[14..], Window);
            TcpOptions.CopyTo(transport[20..]);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(transport[4..], (ushort)transport.Length);
        }

        Payload.CopyTo(octets, HeaderOctets);
        var sum = (ushort)~Sum(transport, PseudoSum(octets, transport.Length));
        if (!IsTcp && sum == 0) sum = 0xffff;
        BinaryPrimitives.WriteUInt16BigEndian(transport[(IsTcp ? 16 : 6)..], sum);
        return octets;
    }

    /// <summary>As the kernel hands it to a TUN: the checksum field holds the pseudo-header's sum, not inverted.</summary>
    public byte[] ToOctetsWithOpenChecksum()
    {
        var octets = ToOctets();
        var partial = Sum([], PseudoSum(octets, octets.Length - TransportOffset));
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(TransportOffset + (IsTcp ? 16 : 6)), partial);
        return octets;
    }

    public VirtioNetHeader SuperHeader(int gsoSize) => new(
        VirtioNetFlags.NeedsChecksum, (byte)(IsTcp ? IsIPv6 ? VirtioNetGso.TcpV6 : VirtioNetGso.TcpV4 : VirtioNetGso.UdpL4),
        (ushort)HeaderOctets, (ushort)gsoSize, (ushort)TransportOffset, IsTcp ? (ushort)16 : (ushort)6);

    /// <summary>What belongs on the wire when the kernel says "cut this to <paramref name="gsoSize"/>".</summary>
    public List<Packet> Segments(int gsoSize)
    {
        var segments = new List<Packet>();
        for (var offset = 0; offset < Payload.Length; offset += gsoSize)
        {
            var isFirst = offset == 0;
            var isLast = offset + gsoSize >= Payload.Length;
            var flags = Flags;
            if (!isLast) flags &= 0xff ^ 0x01 ^ 0x08; // FIN, PSH
            if (!isFirst) flags &= 0xff ^ 0x80; // CWR
            segments.Add(this with
            {
                Payload = Payload[offset..Math.Min(offset + gsoSize, Payload.Length)],
                Sequence = Sequence + (uint)offset,
                Identification = (ushort)(Identification + segments.Count),
                Flags = flags,
            });
        }

        return segments;
    }

    /// <summary>One's complement sum of big-endian words (RFC 1071), folded after each.</summary>
    public static ushort Sum(ReadOnlySpan<byte> octets, uint sum = 0)
    {
        for (var i = 0; i < octets.Length; i += 2)
        {
            sum += (uint)(octets[i] << 8) | (i + 1 < octets.Length ? octets[i + 1] : 0u);
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)sum;
    }

    private uint PseudoSum(byte[] octets, int length)
    {
        var addresses = IsIPv6 ? octets.AsSpan(8, 32) : octets.AsSpan(12, 8);
        byte[] rest = [0, Protocol, (byte)(length >> 8), (byte)length];
        return Sum(rest, Sum(addresses));
    }

    private void WriteIp(byte[] octets)
    {
        if (IsIPv6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(octets, 0x6000_0000u | ((uint)TrafficClass << 20) | 0x1234);
            BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(4), (ushort)(octets.Length - 40));
            octets[6] = Protocol;
            octets[7] = HopLimit;
            octets[8] = octets[24] = 0xfd;
            octets[23] = Host;
            octets[39] = 200;
            return;
        }

        octets[0] = (byte)(0x45 + (IpOptions.Length / 4));
        octets[1] = TrafficClass;
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(2), (ushort)octets.Length);
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(4), Identification);
        octets[6] = DontFragment ? (byte)0x40 : (byte)0;
        octets[8] = HopLimit;
        octets[9] = Protocol;
        octets[12] = octets[16] = 10;
        octets[15] = Host;
        octets[19] = 200;
        IpOptions.CopyTo(octets, 20);
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(10), (ushort)~Sum(octets.AsSpan(0, 20 + IpOptions.Length)));
    }
}
