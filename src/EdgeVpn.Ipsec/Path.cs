using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace EdgeVpn.Ipsec;

/// <summary>An IP address as a value: no allocation, comparable, IPv4 in the low 32 bits.</summary>
public readonly record struct IpAddress(UInt128 Value, bool IsIPv6)
{
    public int OctetCount => IsIPv6 ? 16 : 4;

    public static IpAddress From(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out var written);
        return FromOctets(octets[..written]);
    }

    /// <summary>From 4 or 16 octets in network byte order.</summary>
    public static IpAddress FromOctets(ReadOnlySpan<byte> octets) => octets.Length switch
    {
        4 => new(BinaryPrimitives.ReadUInt32BigEndian(octets), false),
        16 => new(BinaryPrimitives.ReadUInt128BigEndian(octets), true),
        _ => throw new ArgumentException("An IP address has 4 or 16 octets.", nameof(octets)),
    };

    public static IpAddress Parse(string text) => From(IPAddress.Parse(text));

    /// <summary>Writes <see cref="OctetCount"/> octets in network byte order.</summary>
    public void Write(Span<byte> destination)
    {
        if (IsIPv6) BinaryPrimitives.WriteUInt128BigEndian(destination, Value);
        else BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Value);
    }

    /// <summary>4 or 16 octets in network byte order.</summary>
    public byte[] ToOctets()
    {
        var octets = new byte[OctetCount];
        Write(octets);
        return octets;
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> octets = stackalloc byte[OctetCount];
        Write(octets);
        return new IPAddress(octets);
    }

    public override string ToString() => ToIPAddress().ToString();
}

/// <summary>An address and a UDP port.</summary>
public readonly record struct IpEndpoint(IpAddress Address, ushort Port)
{
    public static IpEndpoint From(IPEndPoint endpoint) => new(IpAddress.From(endpoint.Address), (ushort)endpoint.Port);

    public static IpEndpoint Parse(string text) => From(IPEndPoint.Parse(text));

    public IPEndPoint ToIPEndPoint() => new(Address.ToIPAddress(), Port);

    public override string ToString() => Address.IsIPv6 ? $"[{Address}]:{Port}" : $"{Address}:{Port}";
}

/// <summary>Where a datagram came from and arrived, or leaves from and goes to.</summary>
/// <remarks>Ports 500 carry bare IKE; any other port carries the four zero octets of the non-ESP marker before it (RFC 3948 §2.2).</remarks>
public readonly record struct Path(IpEndpoint Local, IpEndpoint Remote)
{
    /// <summary>IKE's own port (RFC 7296 §2).</summary>
    public const ushort IkePort = 500;

    /// <summary>IKE and ESP together behind a NAT (RFC 3948).</summary>
    public const ushort NatTraversalPort = 4500;

    /// <summary>Whether IKE on this path carries the non-ESP marker. The shell strips and adds it; the core's messages never hold it.</summary>
    public bool HasNonEspMarker => Local.Port != IkePort;

    public override string ToString() => $"{Local} <-> {Remote}";
}
