using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVpn.Linux;

/// <summary>The Internet checksum (RFC 1071), over words as they lie in memory.</summary>
/// <remarks>
/// The sum does not depend on octet order as long as it is read and written the same way (§2 B), so nothing is swapped.
/// Partial sums may be added; every part but the last must have an even length.
/// </remarks>
public static class InternetChecksum
{
    /// <summary>Adds 16-bit words to a partial sum; an odd last octet is padded with zero.</summary>
    public static ulong Sum(ReadOnlySpan<byte> octets, ulong sum = 0) => Sum(ref MemoryMarshal.GetReference(octets), octets.Length, sum);

    /// <summary>To 16 bits, with the carries added back in. All ones (or zero for no data) if the data held its own valid checksum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Fold(ulong sum)
    {
        sum = (sum & 0xffff_ffff) + (sum >> 32);
        sum = (sum & 0xffff_ffff) + (sum >> 32);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)sum;
    }

    /// <summary>The pseudo-header of TCP and UDP (RFC 9293 §3.1, RFC 8200 §8.1), without its length.</summary>
    /// <param name="ip">An IPv4 or IPv6 header; extension headers are not looked at.</param>
    /// <param name="protocol">6 or 17.</param>
    public static ulong PseudoHeader(ReadOnlySpan<byte> ip, byte protocol)
    {
        var addresses = ip[0] >> 4 == 6 ? ip.Slice(8, 32) : ip.Slice(12, 8);
        return Sum(addresses) + Word(protocol);
    }

    /// <summary>A number as a word of the sum, such as the length in the pseudo-header.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Word(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Sum(ref byte start, int length, ulong sum)
    {
        var at = 0;
        // 32-bit lanes take two words of 16 bits per step: they would overflow after 32,768 steps, a packet has at most 4,096.
        if (Avx2.IsSupported && length >= 64) sum += Sum256(ref start, length, ref at);
        else if (Vector128.IsHardwareAccelerated && length >= 32) sum += Sum128(ref start, length, ref at);
        for (; at + 8 <= length; at += 8)
        {
            var word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at));
            sum += (word & 0xffff_ffff) + (word >> 32);
        }

        if (at + 4 <= length)
        {
            sum += Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, at));
            at += 4;
        }

        if (at + 2 <= length)
        {
            sum += Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref start, at));
            at += 2;
        }

        if (at < length)
        {
            var last = Unsafe.Add(ref start, at);
            sum += BitConverter.IsLittleEndian ? last : (ulong)last << 8;
        }

        return sum;
    }

    // By name, not as Vector256: NativeAOT asks the processor for what is named, and takes the rest for missing.
    private static ulong Sum256(ref byte start, int length, ref int at)
    {
        var low = Avx2.BroadcastScalarToVector256(Vector128.CreateScalar(0xffffu));
        Vector256<uint> a = default, b = default;
        for (; at + 64 <= length; at += 64)
        {
            var x = Unsafe.ReadUnaligned<Vector256<uint>>(ref Unsafe.Add(ref start, at));
            var y = Unsafe.ReadUnaligned<Vector256<uint>>(ref Unsafe.Add(ref start, at + 32));
            a = Avx2.Add(a, Avx2.Add(Avx2.And(x, low), Avx2.ShiftRightLogical(x, 16)));
            b = Avx2.Add(b, Avx2.Add(Avx2.And(y, low), Avx2.ShiftRightLogical(y, 16)));
        }

        // Two lanes of 33 bits at most do not fit one of 32: added as 64 bits.
        var zero = Vector256<uint>.Zero;
        var wide = Avx2.Add(
            Avx2.Add(Avx2.UnpackLow(a, zero).AsUInt64(), Avx2.UnpackHigh(a, zero).AsUInt64()),
            Avx2.Add(Avx2.UnpackLow(b, zero).AsUInt64(), Avx2.UnpackHigh(b, zero).AsUInt64()));
        var two = Sse2.Add(wide.GetLower(), Avx2.ExtractVector128(wide, 1));
        return two.ToScalar() + two.GetElement(1);
    }

    private static ulong Sum128(ref byte start, int length, ref int at)
    {
        var low = Vector128.Create(0xffffu);
        Vector128<uint> a = default, b = default;
        for (; at + 32 <= length; at += 32)
        {
            var x = Vector128.LoadUnsafe(ref start, (nuint)at).AsUInt32();
            var y = Vector128.LoadUnsafe(ref start, (nuint)at + 16).AsUInt32();
            a += (x & low) + (x >>> 16);
            b += (y & low) + (y >>> 16);
        }

        var (lower, upper) = Vector128.Widen(a);
        var (lower2, upper2) = Vector128.Widen(b);
        return Vector128.Sum(lower + upper + lower2 + upper2);
    }
}
