using System.Buffers.Binary;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>What stands in a datagram on a port that IKE and ESP share (RFC 3948).</summary>
public enum UdpContent : byte
{
    /// <summary>Neither: empty, or too short to be anything else.</summary>
    Invalid,

    /// <summary>Four zero octets, then an IKE message (§2.2).</summary>
    Ike,

    /// <summary>An ESP packet: its SPI is not zero (§2.1).</summary>
    Esp,

    /// <summary>One octet 0xFF, sent only to keep a NAT's mapping (§2.3). Says nothing of the peer's life (§4).</summary>
    Keepalive,
}

/// <summary>Tells IKE from ESP on the NAT traversal port (RFC 3948 §2, §3).</summary>
public static class UdpEncapsulation
{
    /// <summary>Octets of the non-ESP marker before an IKE message.</summary>
    public const int NonEspMarkerOctets = 4;

    /// <summary>The octet of a keepalive datagram.</summary>
    public const byte KeepaliveOctet = 0xFF;

    /// <summary>The datagram that keeps a NAT's mapping (§2.3).</summary>
    public static ReadOnlySpan<byte> Keepalive => [KeepaliveOctet];

    /// <summary>Classifies the payload of a datagram. Looks at no more than its first four octets and its length.</summary>
    public static UdpContent Classify(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < NonEspMarkerOctets)
            return datagram.Length == 1 && datagram[0] == KeepaliveOctet ? UdpContent.Keepalive : UdpContent.Invalid;
        if (BinaryPrimitives.ReadUInt32BigEndian(datagram) == 0)
            return datagram.Length > NonEspMarkerOctets ? UdpContent.Ike : UdpContent.Invalid;
        return datagram.Length > EspHeader.Size ? UdpContent.Esp : UdpContent.Invalid;
    }
}
