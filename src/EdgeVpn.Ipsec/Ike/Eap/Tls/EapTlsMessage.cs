using System.Buffers.Binary;

namespace EdgeVpn.Ipsec.Ike.Eap.Tls;

/// <summary>The type data of EAP-TLS (RFC 5216 §3.1).</summary>
/// <remarks>
/// <code>
///   | L M S 0 0 0 0 0 | TLS Message Length: 4, if L | TLS data |
/// </code>
/// </remarks>
internal readonly ref struct EapTlsMessage
{
    public const byte LengthIncluded = 0x80;
    public const byte MoreFragments = 0x40;
    public const byte StartFlag = 0x20;
    public const int LengthOctets = 4;
    private readonly byte _flags;

    private EapTlsMessage(byte flags, uint? length, ReadOnlySpan<byte> data)
    {
        _flags = flags;
        Length = length;
        Data = data;
    }

    public bool IsStart => (_flags & StartFlag) != 0;

    public bool HasMore => (_flags & MoreFragments) != 0;

    /// <summary>Octets of the whole flight, where the fragment says so.</summary>
    public uint? Length { get; }

    public ReadOnlySpan<byte> Data { get; }

    /// <returns>False if it is cut short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> typeData, out EapTlsMessage message)
    {
        message = default;
        if (typeData.IsEmpty) return false;
        var flags = typeData[0];
        var rest = typeData[1..];
        uint? length = null;
        if ((flags & LengthIncluded) != 0)
        {
            if (rest.Length < LengthOctets) return false;
            length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            rest = rest[LengthOctets..];
        }

        message = new EapTlsMessage(flags, length, rest);
        return true;
    }
}
