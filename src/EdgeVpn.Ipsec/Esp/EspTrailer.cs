using System.Runtime.CompilerServices;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>Padding 1, 2, 3 …, Pad Length, Next Header: the end of an ESP body (RFC 4303 §2.4–2.6).</summary>
public static class EspTrailer
{
    /// <summary>IPv4 in tunnel mode.</summary>
    public const byte NextHeaderIPv4 = 4;

    /// <summary>IPv6 in tunnel mode.</summary>
    public const byte NextHeaderIPv6 = 41;

    /// <summary>No next header: a dummy packet, sent only to hide traffic (RFC 4303 §2.6).</summary>
    public const byte NextHeaderDummy = 59;

    private static ReadOnlySpan<byte> Monotonic =>
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    /// <summary>Fills <paramref name="end"/>, the octets between the inner packet and the ICV: 2 to 17 of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Span<byte> end, byte nextHeader)
    {
        var padding = end.Length - EspSuite.TrailerOctets;
        for (var i = 0; i < padding; i++)
            end[i] = (byte)(i + 1);
        end[padding] = (byte)padding;
        end[padding + 1] = nextHeader;
    }

    /// <summary>Reads the trailer of a decrypted body.</summary>
    /// <param name="body">Inner packet, padding, trailer: at least 2 octets.</param>
    /// <param name="payloadOctets">What comes before the padding.</param>
    /// <param name="nextHeader">The protocol of the payload.</param>
    /// <returns>False if the padding is longer than the body or does not count 1, 2, 3 … (RFC 4303 §2.4).</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> body, out int payloadOctets, out byte nextHeader)
    {
        nextHeader = body[^1];
        var padding = (int)body[^2];
        payloadOctets = body.Length - EspSuite.TrailerOctets - padding;
        return payloadOctets >= 0 && IsMonotonic(body.Slice(payloadOctets, padding));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsMonotonic(ReadOnlySpan<byte> padding)
    {
        if (padding.Length <= Monotonic.Length)
            return padding.SequenceEqual(Monotonic[..padding.Length]);

        for (var i = 0; i < padding.Length; i++)
        {
            if (padding[i] != (byte)(i + 1))
                return false;
        }

        return true;
    }
}
