using System.Runtime.CompilerServices;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>The 64-bit sequence number of which only the low half is sent (RFC 4303 §2.2.1, appendix A2).</summary>
public static class SequenceNumber
{
    /// <summary>With replay protection off there is no window to place the low half in: then take the number nearest to the highest seen.</summary>
    private const uint NearestWindow = 1u << 31;

    /// <summary>Reconstructs the number that <paramref name="low"/> is the lower half of.</summary>
    /// <param name="low">As sent.</param>
    /// <param name="top">The highest number accepted so far.</param>
    /// <param name="window">Packets in the replay window; 0 if it is off.</param>
    /// <returns>The one number with this low half in the 2³² numbers that begin at the window's left end. 0, which no window accepts, if that
    /// number would be negative: a packet of before the beginning.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Reconstruct(uint low, ulong top, int window)
    {
        var size = window == 0 ? NearestWindow : (uint)window;
        var high = top >> 32;
        var left = unchecked((uint)top - size + 1);
        if ((uint)top >= size - 1)
        {
            // The window lies within one 2^32 span: what is left of it belongs to the next.
            if (low < left)
                high++;
        }
        else if (low >= left)
        {
            // The window's left end lies in the span before.
            if (high == 0)
                return 0;
            high--;
        }

        return (high << 32) | low;
    }
}
