using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>Multiplication in GHASH's field (SP 800-38D §6.3), by carry-less multiplication.</summary>
/// <remarks>
/// GCM writes its polynomials with the lowest power first; here every block is reversed octet by octet, and the hash key is doubled once, which
/// undoes the one-bit shift that the reversed product is off by. The reduction folds with the reversed polynomial x^63 + x^62 + x^57, twice.
/// Products may be added before they are reduced: eight blocks cost one reduction.
/// </remarks>
internal static class Ghash<TInstructions>
    where TInstructions : struct, IAesInstructions
{
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
    internal static Vector128<ulong> Multiply(Vector128<ulong> a, Vector128<ulong> b) =>
        Reduce(TInstructions.MultiplyLow(a, b), TInstructions.MultiplyCross(a, b), TInstructions.MultiplyHigh(a, b));

    /// <summary>Adds the product of a block and a power to the three parts of an unreduced sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Add(
        ref Vector128<ulong> low, ref Vector128<ulong> middle, ref Vector128<ulong> high, Vector128<ulong> block, Vector128<ulong> power)
    {
        low ^= TInstructions.MultiplyLow(block, power);
        middle ^= TInstructions.MultiplyCross(block, power);
        high ^= TInstructions.MultiplyHigh(block, power);
    }

    /// <summary>The hash after eight more blocks.</summary>
    /// <param name="hash">So far.</param>
    /// <param name="blocks">128 octets of message.</param>
    /// <param name="powers">H^8 … H^1.</param>
    internal static Vector128<ulong> Hash8(Vector128<ulong> hash, ref byte blocks, ref byte powers)
    {
        var low = Vector128<ulong>.Zero;
        var middle = low;
        var high = low;
        for (nuint at = 0; at < 128; at += 16)
        {
            var block = TInstructions.Reverse(Vector128.LoadUnsafe(ref blocks, at)).AsUInt64();
            Add(ref low, ref middle, ref high, block ^ hash, Vector128.LoadUnsafe(ref powers, at).AsUInt64());
            hash = Vector128<ulong>.Zero;
        }

        return Reduce(low, middle, high);
    }

    /// <summary>The block that a sum of products stands for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<ulong> Reduce(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
    {
        var polynomial = Vector128.Create(0xC200_0000_0000_0000UL);
        middle ^= TInstructions.MultiplyLow(polynomial, low) ^ Swap(low);
        return high ^ TInstructions.MultiplyLow(polynomial, middle) ^ Swap(middle);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Swap(Vector128<ulong> value) => Vector128.Shuffle(value, Vector128.Create(1UL, 0UL));
}
