using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EdgeVpn.Ipsec.Crypto.KeyExchange;

/// <summary>Exponentiation modulo a public odd number, in a time that depends on lengths only: never on the exponent, nor on the result.</summary>
/// <remarks>
/// Montgomery multiplication with interleaved reduction (CIOS) and a fixed window of 4 bits; the table is read whole for every window.
/// Limbs are 64 bits, least significant first; octets are big-endian, as on the wire.
/// </remarks>
internal sealed class MontgomeryModulus : IModulus
{
    private const int LimbOctets = sizeof(ulong);
    private const int WindowBits = 4;
    private const int TableEntries = 1 << WindowBits;
    private const int MaxLimbs = 8192 / 64; // the largest MODP group of IKE

    private readonly ulong[] _n;
    private readonly ulong[] _one;     // R mod n, R = 2^(64 × limbs)
    private readonly ulong[] _rSquare; // R² mod n
    private readonly ulong _minusInverse; // −n⁻¹ mod 2^64

    /// <param name="modulus">Odd, with its highest bit set; its length is a multiple of 8 octets, at most 1,024.</param>
    public MontgomeryModulus(ReadOnlySpan<byte> modulus)
    {
        if (modulus.Length % LimbOctets != 0 || modulus.Length > MaxLimbs * LimbOctets || (modulus[^1] & 1) == 0 || modulus[0] < 0x80)
            throw new ArgumentException("The modulus must be odd, fill its octets, and be a multiple of 64 bits long.", nameof(modulus));

        OctetCount = modulus.Length;
        _n = new ulong[modulus.Length / LimbOctets];
        ReadLimbs(modulus, _n);

        var n = new BigInteger(modulus, isUnsigned: true, isBigEndian: true); // public: no need for constant time
        _one = ToLimbs((BigInteger.One << (8 * OctetCount)) % n);
        _rSquare = ToLimbs((BigInteger.One << (16 * OctetCount)) % n);

        var inverse = 1UL; // Newton: each round doubles the number of right bits
        for (var bits = 1; bits < 64; bits *= 2)
            inverse *= 2 - (_n[0] * inverse);
        _minusInverse = 0 - inverse;
    }

    /// <summary>Length of every number modulo this one.</summary>
    public int OctetCount { get; }

    /// <summary><paramref name="value"/> to the power of <paramref name="exponent"/>. The exponent's length is not secret, its content is.</summary>
    /// <param name="value"><see cref="OctetCount"/> octets, less than the modulus.</param>
    /// <param name="result"><see cref="OctetCount"/> octets.</param>
    public void Power(ReadOnlySpan<byte> value, ReadOnlySpan<byte> exponent, Span<byte> result)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(value.Length, OctetCount);
        ArgumentOutOfRangeException.ThrowIfNotEqual(result.Length, OctetCount);

        var limbs = _n.Length;
        Span<ulong> table = stackalloc ulong[TableEntries * limbs];
        Span<ulong> work = stackalloc ulong[(3 * limbs) + 2];
        var accumulator = work[..limbs];
        var factor = work.Slice(limbs, limbs);
        var product = work[(2 * limbs)..];

        // table[i] = value^i × R
        _one.CopyTo(table);
        ReadLimbs(value, factor);
        Multiply(factor, _rSquare, table.Slice(limbs, limbs), product);
        for (var i = 2; i < TableEntries; i++)
            Multiply(table.Slice((i - 1) * limbs, limbs), table.Slice(limbs, limbs), table.Slice(i * limbs, limbs), product);

        _one.CopyTo(accumulator);
        foreach (var octet in exponent)
        {
            for (var shift = 8 - WindowBits; shift >= 0; shift -= WindowBits)
            {
                for (var square = 0; square < WindowBits; square++)
                    Multiply(accumulator, accumulator, accumulator, product);
                Select(table, (ulong)(octet >> shift) & (TableEntries - 1), factor);
                Multiply(accumulator, factor, accumulator, product);
            }
        }

        factor.Clear();
        factor[0] = 1;
        Multiply(accumulator, factor, accumulator, product);
        WriteLimbs(accumulator, result);

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(table));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(work));
    }

    /// <summary>destination = a × b × R⁻¹ mod n; destination may be a or b.</summary>
    /// <param name="t">Room for limbs + 2.</param>
    private void Multiply(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b, Span<ulong> destination, Span<ulong> t)
    {
        ReadOnlySpan<ulong> n = _n;
        t.Clear();
        for (var i = 0; i < n.Length; i++)
        {
            // t += a × b[i]
            var carry = 0UL;
            for (var j = 0; j < n.Length; j++)
                t[j] = MultiplyAdd(a[j], b[i], t[j], ref carry);
            t[n.Length] += carry;
            t[n.Length + 1] = Carry(t[n.Length] < carry);

            // t = (t + m × n) / 2^64, where m makes the lowest limb zero
            var m = t[0] * _minusInverse;
            carry = 0;
            MultiplyAdd(m, n[0], t[0], ref carry);
            for (var j = 1; j < n.Length; j++)
                t[j - 1] = MultiplyAdd(m, n[j], t[j], ref carry);
            t[n.Length - 1] = t[n.Length] + carry;
            t[n.Length] = t[n.Length + 1] + Carry(t[n.Length - 1] < carry);
        }

        SubtractIfNotLess(t, destination);
    }

    /// <summary>destination = t − n if t ≥ n, else t; both ways take the same steps.</summary>
    private void SubtractIfNotLess(ReadOnlySpan<ulong> t, Span<ulong> destination)
    {
        ReadOnlySpan<ulong> n = _n;
        var borrow = 0UL;
        for (var j = 0; j < n.Length; j++)
            destination[j] = Subtract(t[j], n[j], ref borrow);

        var less = 0 - (borrow & ~t[n.Length] & 1); // all ones: the subtraction went below zero, take t
        for (var j = 0; j < n.Length; j++)
            destination[j] ^= less & (destination[j] ^ t[j]);
    }

    private static void Select(ReadOnlySpan<ulong> table, ulong index, Span<ulong> destination)
    {
        destination.Clear();
        for (var i = 0; i < TableEntries; i++)
        {
            var difference = (ulong)i ^ index; // less than 16
            var mask = 0 - ((difference - 1) >> 63); // all ones if equal
            var entry = table.Slice(i * destination.Length, destination.Length);
            for (var j = 0; j < destination.Length; j++)
                destination[j] |= entry[j] & mask;
        }
    }

    /// <summary>The low limb of x × y + addend + carry; carry becomes the high limb.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MultiplyAdd(ulong x, ulong y, ulong addend, ref ulong carry)
    {
        var high = Math.BigMul(x, y, out var low);
        low += addend;
        high += Carry(low < addend);
        low += carry;
        carry = high + Carry(low < carry);
        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Subtract(ulong x, ulong y, ref ulong borrow)
    {
        var difference = x - y;
        var result = difference - borrow;
        borrow = Carry(x < y) | Carry(difference < borrow);
        return result;
    }

    /// <summary>1 for true, without a branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Carry(bool condition) => Unsafe.BitCast<bool, byte>(condition);

    private ulong[] ToLimbs(BigInteger value)
    {
        var octets = new byte[OctetCount];
        var unpadded = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        unpadded.CopyTo(octets, OctetCount - unpadded.Length);
        var limbs = new ulong[OctetCount / LimbOctets];
        ReadLimbs(octets, limbs);
        return limbs;
    }

    private static void ReadLimbs(ReadOnlySpan<byte> octets, Span<ulong> limbs)
    {
        for (var i = 0; i < limbs.Length; i++)
            limbs[i] = BinaryPrimitives.ReadUInt64BigEndian(octets[^((i + 1) * LimbOctets)..]);
    }

    private static void WriteLimbs(ReadOnlySpan<ulong> limbs, Span<byte> octets)
    {
        for (var i = 0; i < limbs.Length; i++)
            BinaryPrimitives.WriteUInt64BigEndian(octets[^((i + 1) * LimbOctets)..], limbs[i]);
    }
}
