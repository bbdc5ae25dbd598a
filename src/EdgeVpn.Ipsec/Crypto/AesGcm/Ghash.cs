using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>Multiplication in GHASH's field (SP 800-38D §6.3), by carry-less multiplication.</summary>
/// <remarks>
/// GCM writes its polynomials with the lowest power first; here every block is reversed octet by octet, and the hash key is doubled once, which
/// undoes the one-bit shift that the reversed product is off by. The reduction folds with the reversed polynomial x^63 + x^62 + x^57, twice.
/// Products may be added before they are reduced: eight blocks cost one reduction. A product takes three multiplications of halves, not four
/// (Karatsuba): the middle one is of the halves' sums, less the other two, which are taken off once for all. The powers' sums are ready.
/// </remarks>
internal static class Ghash<TInstructions>
    where TInstructions : struct, IAesInstructions
{
    private const int BlockOctets = 16;

    /// <summary>The doubled, reversed hash key from E(0).</summary>
    internal static Vector128<ulong> Prepare(Vector128<byte> encryptedZero)
    {
        var reversed = TInstructions.Reverse(encryptedZero).AsUInt64();
        var (low, high) = (reversed.GetElement(0), reversed.GetElement(1));
        var carry = 0UL - (high >> 63);
        high = ((high << 1) | (low >> 63)) ^ (carry & 0xC200_0000_0000_0000);
        low = (low << 1) ^ (carry & 1);
        return Vector128.Create(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<ulong> Multiply(Vector128<ulong> a, Vector128<ulong> b) => Reduce(
        TInstructions.MultiplyLow(a, b), TInstructions.MultiplyLow(TInstructions.Fold(a), TInstructions.Fold(b)), TInstructions.MultiplyHigh(a, b));

    /// <summary>Adds the product of a block and a power to the three parts of an unreduced sum.</summary>
    /// <param name="powers">A power and, <see cref="AesGcmKey{T}.SumsOffset"/> behind it, the sum of its halves.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Add(
        ref Vector128<ulong> low, ref Vector128<ulong> middle, ref Vector128<ulong> high, Vector128<ulong> block, ref byte powers, int index)
    {
        // One after the other, so that neither waits in a register that a round of AES needs.
        var power = Vector128.LoadUnsafe(ref powers, (nuint)(index * BlockOctets)).AsUInt64();
        low ^= TInstructions.MultiplyLow(block, power);
        high ^= TInstructions.MultiplyHigh(block, power);
        var sum = Vector128.LoadUnsafe(ref powers, (nuint)(AesGcmKey<TInstructions>.SumsOffset + (index * BlockOctets))).AsUInt64();
        middle ^= TInstructions.MultiplyLow(TInstructions.Fold(block), sum);
    }

    /// <summary>The hash after eight more blocks.</summary>
    /// <param name="hash">So far.</param>
    /// <param name="blocks">128 octets of message.</param>
    /// <param name="powers">H^8 … H^1, and their sums behind them.</param>
    internal static Vector128<ulong> Hash8(Vector128<ulong> hash, ref byte blocks, ref byte powers)
    {
        var low = Vector128<ulong>.Zero;
        var middle = low;
        var high = low;
        for (var i = 0; i < 8; i++)
        {
            var block = TInstructions.Reverse(Vector128.LoadUnsafe(ref blocks, (nuint)(i * BlockOctets))).AsUInt64();
            Add(ref low, ref middle, ref high, block ^ hash, ref powers, i);
            hash = Vector128<ulong>.Zero;
        }

        return Reduce(low, middle, high);
    }

    /// <summary>The block that a sum of products stands for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<ulong> Reduce(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
    {
        var polynomial = Vector128.Create(0xC200_0000_0000_0000UL);
        middle ^= low ^ high ^ TInstructions.MultiplyLow(polynomial, low) ^ Swap(low);
        return high ^ TInstructions.MultiplyLow(polynomial, middle) ^ Swap(middle);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Swap(Vector128<ulong> value) => Vector128.Shuffle(value, Vector128.Create(1UL, 0UL));
}
