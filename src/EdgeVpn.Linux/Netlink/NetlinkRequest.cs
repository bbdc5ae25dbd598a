using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgeVpn.Linux.Netlink;

/// <summary>Writes one request: nlmsghdr, a family header, attributes (netlink(7), rtnetlink(7)). Host byte order; everything aligned to 4 octets.</summary>
internal sealed class NetlinkRequest
{
    public const int HeaderOctets = 16; // nlmsghdr { u32 length; u16 type; u16 flags; u32 sequence; u32 port; }

    private byte[] _octets = new byte[256];
    private int _length = HeaderOctets;

    public NetlinkRequest(RtMessage type, NetlinkFlags flags)
    {
        Type = type;
        MemoryMarshal.Write(_octets.AsSpan(4), (ushort)type);
        MemoryMarshal.Write(_octets.AsSpan(6), (ushort)(flags | NetlinkFlags.Request));
    }

    public RtMessage Type { get; }

    /// <summary>The finished message.</summary>
    public ReadOnlySpan<byte> Finish(uint sequence)
    {
        MemoryMarshal.Write(_octets, _length);
        MemoryMarshal.Write(_octets.AsSpan(8), sequence);
        return _octets.AsSpan(0, _length);
    }

    public NetlinkRequest Header<T>(T header)
        where T : unmanaged
    {
        MemoryMarshal.Write(Grow(Unsafe.SizeOf<T>()), header);
        return this;
    }

    public NetlinkRequest Octets(ushort type, ReadOnlySpan<byte> value)
    {
        var attribute = Grow(4 + value.Length); // rtattr { u16 length; u16 type; } counts its own 4 octets, not the padding
        MemoryMarshal.Write(attribute, (ushort)(4 + value.Length));
        MemoryMarshal.Write(attribute[2..], type);
        value.CopyTo(attribute[4..]);
        return this;
    }

    public NetlinkRequest Value<T>(ushort type, T value)
        where T : unmanaged => Octets(type, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>Only if there is one.</summary>
    public NetlinkRequest Value<T>(ushort type, T? value)
        where T : unmanaged => value is { } there ? Value(type, there) : this;

    /// <summary>NUL-terminated.</summary>
    public NetlinkRequest Text(ushort type, string value) => Octets(type, Libc.CString(value));

    public NetlinkRequest Address(ushort type, IPAddress? address) => address is null ? this : Octets(type, address.GetAddressBytes());

    public NetlinkRequest Nest(ushort type, Action<NetlinkRequest> inside)
    {
        var start = _length;
        Octets(type, default);
        inside(this);
        MemoryMarshal.Write(_octets.AsSpan(start), (ushort)(_length - start));
        return this;
    }

    private Span<byte> Grow(int octets)
    {
        var aligned = (octets + 3) & ~3;
        if (_length + aligned > _octets.Length) Array.Resize(ref _octets, Math.Max(_octets.Length * 2, _length + aligned));
        var added = _octets.AsSpan(_length, octets);
        _length += aligned;
        return added;
    }
}

/// <summary>Steps through attributes. Stops at the first that does not fit.</summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> octets)
{
    private const ushort TypeMask = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
    private ReadOnlySpan<byte> _rest = octets;

    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool MoveNext()
    {
        if (_rest.Length < 4) return false;
        var length = MemoryMarshal.Read<ushort>(_rest);
        if (length < 4 || length > _rest.Length) return false;
        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask);
        Value = _rest[4..length];
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }

    /// <summary>A number of 1, 2, 4 or 8 octets.</summary>
    public readonly ulong Number => Value.Length switch
    {
        1 => Value[0],
        2 => BitConverter.ToUInt16(Value),
        4 => BitConverter.ToUInt32(Value),
        8 => BitConverter.ToUInt64(Value),
        _ => 0,
    };

    public readonly string Text => Encoding.UTF8.GetString(Value.TrimEnd((byte)0));

    public readonly IPAddress? Address => Value.Length is 4 or 16 ? new IPAddress(Value) : null;
}
