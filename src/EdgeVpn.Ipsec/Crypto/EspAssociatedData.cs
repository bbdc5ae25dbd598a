using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>The associated data of an AEAD in ESP: SPI and sequence number, 32 or 64 bits of it (RFC 4106 §5, RFC 7634 §2.1); with AES-GMAC the rest of the packet follows it (RFC 4543 §3.3).</summary>
/// <remarks><code>
/// | SPI | Sequence |                without extended sequence numbers
/// | SPI | Sequence high | Sequence | with them
/// </code></remarks>
public static class EspAssociatedData
{
    public const int MaxOctets = 12;

    /// <summary>Writes the associated data of <paramref name="packet"/>; returns its octets, 8 or 12.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(ReadOnlySpan<byte> packet, ulong sequence, bool extended, Span<byte> destination)
    {
        if (!extended)
        {
            packet[..8].CopyTo(destination);
            return 8;
        }

        packet[..4].CopyTo(destination);
        BinaryPrimitives.WriteUInt64BigEndian(destination[4..], sequence);
        return 12;
    }
}
