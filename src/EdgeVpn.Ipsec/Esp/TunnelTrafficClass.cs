using System.Buffers.Binary;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>Explicit Congestion Notification: the lower two bits of the traffic class (RFC 3168 §5).</summary>
public enum EcnCodepoint : byte
{
    NotCapable = 0,
    Capable1 = 1,
    Capable0 = 2,
    CongestionExperienced = 3,
}

/// <summary>What the tunnel does with ECN (RFC 6040, normal mode) and DSCP (RFC 2983): pure rules, the sockets are the caller's.</summary>
public static class TunnelTrafficClass
{
    private const byte EcnMask = 3;

    /// <summary>The outer traffic class of a packet that goes into the tunnel.</summary>
    /// <param name="inner">The inner packet's traffic class.</param>
    /// <param name="copyDscp">RFC 2983: the uniform model copies DSCP outwards; the pipe model sends <paramref name="outerDscp"/> instead,
    /// and tells the path nothing of the traffic inside.</param>
    /// <param name="outerDscp">DSCP of the pipe model, 0–63.</param>
    public static byte Encapsulate(byte inner, bool copyDscp, byte outerDscp = 0) =>
        (byte)((copyDscp ? inner & ~EcnMask : outerDscp << 2) | (inner & EcnMask));

    /// <summary>The inner packet's ECN after the tunnel, by the table of RFC 6040 §4.2. The inner DSCP stays as it is.</summary>
    /// <param name="inner">As the packet came out.</param>
    /// <param name="outer">Of the outer header that carried it.</param>
    /// <param name="result">The field to deliver; meaningless if dropped.</param>
    /// <returns>False if the packet must be dropped: the path reports congestion on a flow that could not hear of it.</returns>
    public static bool TryDecapsulate(EcnCodepoint inner, EcnCodepoint outer, out EcnCodepoint result)
    {
        result = (inner, outer) switch
        {
            (EcnCodepoint.NotCapable, _) => EcnCodepoint.NotCapable,
            (EcnCodepoint.Capable0, EcnCodepoint.Capable1) => EcnCodepoint.Capable1,
            (_, EcnCodepoint.CongestionExperienced) => EcnCodepoint.CongestionExperienced,
            _ => inner,
        };
        return (inner, outer) is not (EcnCodepoint.NotCapable, EcnCodepoint.CongestionExperienced);
    }

    /// <summary>Writes ECN into an IP header, and mends an IPv4 header's checksum (RFC 1624).</summary>
    /// <param name="packet">An inner packet whose header was found whole (<see cref="InnerPacket.Measure"/>).</param>
    /// <param name="ecn">The field to write.</param>
    public static void SetEcn(Span<byte> packet, EcnCodepoint ecn)
    {
        if (packet[0] >> 4 == 6)
        {
            // Version 4 bits, traffic class 8, flow label 20: ECN is bits 5 and 4 of the second octet.
            packet[1] = (byte)((packet[1] & 0xCF) | ((int)ecn << 4));
            return;
        }

        var before = BinaryPrimitives.ReadUInt16BigEndian(packet);
        packet[1] = (byte)((packet[1] & ~EcnMask) | (int)ecn);
        var after = BinaryPrimitives.ReadUInt16BigEndian(packet);
        var sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(packet[10..]) + (ushort)~before + after;
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], (ushort)~sum);
    }
}
