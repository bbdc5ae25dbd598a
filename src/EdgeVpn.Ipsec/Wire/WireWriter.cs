using System.Buffers.Binary;

namespace EdgeVpn.Ipsec.Wire;

/// <summary>Writes fields in network byte order into the caller's span.</summary>
/// <remarks>
/// A length that is not known yet is reserved as a token and patched when its structure is complete.
/// A destination that is too small is the caller's mistake: <see cref="ArgumentException"/>.
/// </remarks>
public ref struct WireWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;
    private int _position;

    /// <summary>Octets written so far.</summary>
    public readonly int Position => _position;

    public readonly ReadOnlySpan<byte> Written => _destination[.._position];

    public void WriteByte(byte value) => Next(1)[0] = value;

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Next(sizeof(ushort)), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Next(sizeof(uint)), value);

    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Next(sizeof(ulong)), value);

    public void Write(ReadOnlySpan<byte> octets) => octets.CopyTo(Next(octets.Length));

    /// <summary>RESERVED octets: zero when sent (RFC 7296 §2.5).</summary>
    public void WriteReserved(int count) => Next(count).Clear();

    public void Write(IpAddress address) => address.Write(Next(address.OctetCount));

    /// <summary>Leaves two octets for a length that counts from the position <paramref name="countedFrom"/> to where it is closed.</summary>
    public LengthToken ReserveLength(int countedFrom)
    {
        var at = _position;
        Next(sizeof(ushort)).Clear();
        return new LengthToken(at, countedFrom);
    }

    /// <summary>Patches a reserved length. A structure above 65,535 octets has no length on this wire: <see cref="ArgumentException"/>.</summary>
    public readonly void CloseLength(LengthToken token)
    {
        var length = _position - token.CountedFrom;
        if (length is < 0 or > ushort.MaxValue)
            throw new ArgumentException($"A structure of {length} octets does not fit a 16-bit length.", nameof(token));
        BinaryPrimitives.WriteUInt16BigEndian(_destination[token.At..], (ushort)length);
    }

    private Span<byte> Next(int count)
    {
        if (_destination.Length - _position < count) ThrowTooSmall();
        var next = _destination.Slice(_position, count);
        _position += count;
        return next;
    }

    private readonly void ThrowTooSmall() =>
        throw new ArgumentException($"A destination of {_destination.Length} octets is too small for this message.");
}

/// <summary>Where a reserved 16-bit length stands, and from where it counts.</summary>
public readonly record struct LengthToken(int At, int CountedFrom);
