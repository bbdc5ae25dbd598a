using System.Buffers.Binary;

namespace EdgeVpn.Ipsec.Wire;

/// <summary>Reads fields in network byte order from the front of a span. Never throws, never allocates.</summary>
/// <remarks>A read that does not fit returns false and takes nothing.</remarks>
public ref struct WireReader(ReadOnlySpan<byte> octets)
{
    private readonly ReadOnlySpan<byte> _octets = octets;
    private int _position;

    /// <summary>Octets taken so far.</summary>
    public readonly int Position => _position;

    public readonly int Remaining => _octets.Length - _position;

    public readonly bool IsAtEnd => _position == _octets.Length;

    public bool TryReadByte(out byte value)
    {
        value = 0;
        if (Remaining < 1) return false;
        value = _octets[_position++];
        return true;
    }

    public bool TryReadUInt16(out ushort value)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(_octets[_position..], out value)) return false;
        _position += sizeof(ushort);
        return true;
    }

    public bool TryReadUInt32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(_octets[_position..], out value)) return false;
        _position += sizeof(uint);
        return true;
    }

    public bool TryReadUInt64(out ulong value)
    {
        if (!BinaryPrimitives.TryReadUInt64BigEndian(_octets[_position..], out value)) return false;
        _position += sizeof(ulong);
        return true;
    }

    /// <summary>Passes over reserved octets, whatever they hold: RESERVED is ignored on receipt (RFC 7296 §2.5).</summary>
    public bool TrySkip(int count) => TryTake(count, out _);

    /// <summary>The next <paramref name="count"/> octets, as a part of the span that is read.</summary>
    public bool TryTake(int count, out ReadOnlySpan<byte> octets)
    {
        octets = default;
        if (count < 0 || Remaining < count) return false;
        octets = _octets.Slice(_position, count);
        _position += count;
        return true;
    }

    /// <summary>All that remains; may be empty.</summary>
    public ReadOnlySpan<byte> TakeRest()
    {
        var rest = _octets[_position..];
        _position = _octets.Length;
        return rest;
    }
}
