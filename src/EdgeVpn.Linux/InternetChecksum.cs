using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
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
        if (Vector128.IsHardwareAccelerated && length >= 32) sum += SumVectors(ref start, length, ref at);
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

    // 128 bits: NativeAOT takes wider ones for missing unless the executable starts on no processor without them.
    // Lanes of 32 bits take two words per step: they would overflow after 32,768 steps, a packet has at most 2,048.
    private static ulong SumVectors(ref byte start, int length, ref int at)
    {
        Vector128<uint> a = default, b = default;
        for (; at + 32 <= length; at += 32)
        {
            a = Add(a, Vector128.LoadUnsafe(ref start, (nuint)at).AsUInt16());
            b = Add(b, Vector128.LoadUnsafe(ref start, (nuint)at + 16).AsUInt16());
        }

        if (!Sse2.IsSupported) return Vector128.Sum(Vector128.WidenLower(a) + Vector128.WidenUpper(a) + Vector128.WidenLower(b) + Vector128.WidenUpper(b));
        var (x, y) = (a.AsInt32(), b.AsInt32());
        return (ulong)(Vector128.Sum(Vector128.WidenLower(x) + Vector128.WidenUpper(x) + Vector128.WidenLower(y) + Vector128.WidenUpper(y)) + (0x8000L * (at / 2)));
    }

    // One instruction on Arm. On x64 the one that adds neighbours takes them for signed, so they are made that: each is 0x8000 less, which is added back in the end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Add(Vector128<uint> sum, Vector128<ushort> words)
    {
        if (AdvSimd.IsSupported) return AdvSimd.AddPairwiseWideningAndAdd(sum, words);
        if (Sse2.IsSupported) return sum + Sse2.MultiplyAddAdjacent((words ^ Vector128.Create((ushort)0x8000)).AsInt16(), Vector128<short>.One).AsUInt32();
        return sum + (words.AsUInt32() & Vector128.Create(0xffffu)) + (words.AsUInt32() >>> 16);
    }
}
