using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>struct sockaddr_in or sockaddr_in6, whichever the family says: 28 octets, as the kernel reads and writes it.</summary>
/// <remarks>The default value has no family: "not said". Sockets here are IPv6-only or IPv4-only, so a mapped address never appears.</remarks>
[StructLayout(LayoutKind.Sequential)]
public struct Sockaddr : IEquatable<Sockaddr>
{
    private ushort _family;
    private ushort _port; // network byte order
    private uint _v4OrFlow; // IPv4 address, or IPv6 flow information
    private Octets16 _v6;
    private uint _scope;

    [InlineArray(16)]
    private struct Octets16
    {
        private byte _first;
    }

    /// <param name="address">4 or 16 octets in network byte order.</param>
    /// <param name="port">Zero where there is none.</param>
    /// <param name="scope">Interface index of a link-local IPv6 address.</param>
    public Sockaddr(ReadOnlySpan<byte> address, ushort port, uint scope = 0)
    {
        _port = BinaryPrimitives.ReverseEndianness(port);
        if (address.Length == 4)
        {
            _family = Libc.AF_INET;
            _v4OrFlow = MemoryMarshal.Read<uint>(address);
        }
        else if (address.Length == 16)
        {
            _family = Libc.AF_INET6;
            address.CopyTo(_v6);
            _scope = scope;
        }
        else
        {
            throw new ArgumentException("An IP address has 4 or 16 octets.", nameof(address));
        }
    }

    public readonly bool IsUnspecified => _family == 0;

    public readonly bool IsIPv6 => _family == Libc.AF_INET6;

    /// <summary>Interface index of a link-local IPv6 address, else zero.</summary>
    public readonly uint Scope => _scope;

    public ushort Port
    {
        readonly get => BinaryPrimitives.ReverseEndianness(_port);
        set => _port = BinaryPrimitives.ReverseEndianness(value);
    }

    /// <summary>4 or 16 octets in network byte order, inside this value; none if unspecified.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> AddressOctets => _family switch
    {
        Libc.AF_INET => MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in _v4OrFlow, 1)),
        Libc.AF_INET6 => _v6,
        _ => default,
    };

    /// <summary>What the kernel wants to be told as the length.</summary>
    internal readonly uint Length => IsIPv6 ? 28u : 16u;

    internal readonly uint V4 => _v4OrFlow;

    public static Sockaddr From(IPAddress address, ushort port)
    {
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out var written);
        var scope = address.AddressFamily == AddressFamily.InterNetworkV6 ? (uint)address.ScopeId : 0;
        return new Sockaddr(octets[..written], port, scope);
    }

    public static Sockaddr From(IPEndPoint endpoint) => From(endpoint.Address, (ushort)endpoint.Port);

    public static Sockaddr Parse(string endpoint) => From(IPEndPoint.Parse(endpoint));

    public readonly IPAddress ToIPAddress() => IsIPv6 && _scope != 0 ? new IPAddress(AddressOctets, _scope) : new IPAddress(AddressOctets);

    public readonly IPEndPoint ToIPEndPoint() => new(ToIPAddress(), Port);

    public readonly bool Equals(Sockaddr other) =>
        _family == other._family && _port == other._port
        && (IsIPv6 ? ((ReadOnlySpan<byte>)_v6).SequenceEqual(other._v6) && _scope == other._scope : _v4OrFlow == other._v4OrFlow);

    public override readonly bool Equals(object? obj) => obj is Sockaddr other && Equals(other);

    public override readonly int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(_port);
        hash.AddBytes(AddressOctets);
        return hash.ToHashCode();
    }

    public static bool operator ==(Sockaddr a, Sockaddr b) => a.Equals(b);

    public static bool operator !=(Sockaddr a, Sockaddr b) => !a.Equals(b);

    public override readonly string ToString() => IsUnspecified ? "unspecified" : ToIPEndPoint().ToString();
}
