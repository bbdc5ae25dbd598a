using System.Buffers.Binary;

namespace EdgeVpn.Fuzz;

/// <summary>A fuzzer's octets, taken piece by piece; at the end everything is zero or empty.</summary>
internal ref struct Input(ReadOnlySpan<byte> octets)
{
    /// <summary>Longer inputs teach a fuzzer nothing and only cost its time.</summary>
    public const int MaxOctets = 16_384;

    private readonly int _octets = Math.Min(octets.Length, MaxOctets);

    private ReadOnlySpan<byte> _rest = octets.Length > MaxOctets ? octets[..MaxOctets] : octets;

    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>Octets taken so far.</summary>
    public readonly int Taken => _octets - _rest.Length;

    public static byte[] ReadAll(Stream stream)
    {
        using var all = new MemoryStream();
        stream.CopyTo(all);
        return all.ToArray();
    }

    public byte Byte()
    {
        if (_rest.IsEmpty) return 0;
        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    /// <summary>As many octets as the next two say, or as there are.</summary>
    public ReadOnlySpan<byte> Piece()
    {
        if (_rest.Length < sizeof(ushort)) return Rest();
        int length = BinaryPrimitives.ReadUInt16BigEndian(_rest);
        _rest = _rest[sizeof(ushort)..];
        var piece = _rest[..Math.Min(length, _rest.Length)];
        _rest = _rest[piece.Length..];
        return piece;
    }

    public ReadOnlySpan<byte> Rest()
    {
        var rest = _rest;
        _rest = [];
        return rest;
    }

    /// <summary>The mirror of <see cref="Piece"/>.</summary>
    public static byte[] Pieced(ReadOnlySpan<byte> octets)
    {
        var piece = new byte[sizeof(ushort) + octets.Length];
        BinaryPrimitives.WriteUInt16BigEndian(piece, checked((ushort)octets.Length));
        octets.CopyTo(piece.AsSpan(sizeof(ushort)));
        return piece;
    }
}
