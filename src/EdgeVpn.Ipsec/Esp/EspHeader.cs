using System.Buffers.Binary;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>The part of an ESP packet that is sent in clear: SPI and the low half of the sequence number (RFC 4303 §2.1, §2.2).</summary>
/// <remarks>Network byte order. SPI 0 never appears on the wire; 1–255 are reserved by IANA.</remarks>
public readonly record struct EspHeader(uint Spi, uint Sequence)
{
    public const int Size = 8;

    /// <returns>False if there are fewer than 8 octets.</returns>
    public static bool TryRead(ReadOnlySpan<byte> packet, out EspHeader header)
    {
        if (packet.Length < Size)
        {
            header = default;
            return false;
        }

        header = new(BinaryPrimitives.ReadUInt32BigEndian(packet), BinaryPrimitives.ReadUInt32BigEndian(packet[4..]));
        return true;
    }

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Spi);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Sequence);
    }
}
