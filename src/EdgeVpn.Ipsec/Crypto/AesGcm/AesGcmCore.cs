using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>AES-GCM (SP 800-38D) with 12-octet nonces, one pass: eight counter blocks are enciphered while eight blocks are hashed.</summary>
/// <remarks>
/// A message is cut into chunks of 128 octets and a rest. While a chunk's counter blocks go through the rounds, one block per round is hashed:
/// opening, of the chunk itself; sealing, of the chunk before, whose ciphertext exists already. No branch, address or duration depends on key or
/// content, only on lengths.
/// <para>Opening writes plaintext before the tag is known: the caller compares the tag and erases the body if it is wrong.</para>
/// </remarks>
internal static class AesGcmCore<TInstructions>
    where TInstructions : struct, IAesInstructions
{
    internal const int ChunkOctets = 128;
    private const int BlockOctets = 16;

    /// <summary>One block, as the hash key needs it.</summary>
    internal static Vector128<byte> EncryptBlock(AesGcmKey<TInstructions> key, Vector128<byte> block)
    {
        ref var keys = ref key.RoundKeys;
        block = TInstructions.First(block, Key(ref keys, 0));
        for (var i = 1; i < key.Rounds - 1; i++)
            block = TInstructions.Round(block, Key(ref keys, i));
        return TInstructions.Last(block, Key(ref keys, key.Rounds - 1), Key(ref keys, key.Rounds));
    }

    /// <summary>Enciphers or deciphers a message and computes its tag.</summary>
    /// <param name="key">The expanded key.</param>
    /// <param name="nonce">12 octets, then four of anything.</param>
    /// <param name="associated">At most 16 octets, zeros behind them.</param>
    /// <param name="associatedOctets">How many count.</param>
    /// <param name="source">Where the first <paramref name="sourceOctets"/> octets are read.</param>
    /// <param name="sourceOctets">A multiple of 128; the rest of the input stands in place.</param>
    /// <param name="target">Where the output goes.</param>
    /// <param name="octets">Length of the message.</param>
    /// <returns>All 16 octets of the tag.</returns>
    internal static Vector128<byte> Crypt<TDirection>(
        AesGcmKey<TInstructions> key,
        Vector128<byte> nonce,
        Vector128<byte> associated,
        int associatedOctets,
        ref byte source,
        int sourceOctets,
        ref byte target,
        int octets)
        where TDirection : struct, IGcmDirection
    {
        // The counter is the last four octets, so after reversal the lowest lane, which simply counts (SP 800-38D §7.1).
        var counter = TInstructions.Reverse(nonce).AsUInt32().WithElement(0, 1u);
        var tagMask = EncryptBlock(key, TInstructions.Reverse(counter.AsByte()));
        var hash = Ghash<TInstructions>.Multiply(TInstructions.Reverse(associated).AsUInt64(), Power(ref key.PowersFor(1), 0));

        var whole = octets & -ChunkOctets;
        var zeros = default(Chunk);
        ref var keyStream = ref Unsafe.As<Chunk, byte>(ref zeros);
        if (!TDirection.Seals || whole == 0)
            KeyStream(key, counter, whole / BlockOctets, octets - whole, ref keyStream);
        if (whole != 0)
            Chunks<TDirection>(key, counter, ref hash, ref source, sourceOctets, ref target, octets, ref keyStream);

        var lengths = Vector128.Create((ulong)octets * 8, (ulong)associatedOctets * 8);
        Rest<TDirection>(key, ref hash, ref Unsafe.Add(ref target, whole), octets - whole, ref keyStream, lengths);
        return TInstructions.Reverse(hash.AsByte()) ^ tagMask;
    }

    /// <summary>The whole chunks, at least one. Sealing, also the key stream for the rest, while the last whole chunk is hashed.</summary>
    private static void Chunks<TDirection>(
        AesGcmKey<TInstructions> key,
        Vector128<uint> counter,
        ref Vector128<ulong> hashInOut,
        ref byte source,
        int sourceOctets,
        ref byte target,
        int octets,
        ref byte keyStream)
        where TDirection : struct, IGcmDirection
    {
        ref var keys = ref key.RoundKeys;
        ref var powers = ref key.PowersFor(8);
        var rounds = key.Rounds;
        var hash = hashInOut;
        var one = Vector128.CreateScalar(1u);

        var end = TDirection.Seals ? octets : octets & -ChunkOctets;
        for (var offset = 0; offset < end; offset += ChunkOctets)
        {
            // Sealing, the rest's turn works on zeros, which leaves the key stream itself; and the first turn has nothing to hash yet.
            ref var output = ref TDirection.Seals && octets - offset < ChunkOctets ? ref keyStream : ref Unsafe.Add(ref target, offset);
            ref var input = ref offset < sourceOctets ? ref Unsafe.Add(ref source, offset) : ref output;
            ref var hashed = ref !TDirection.Seals ? ref input : ref offset == 0 ? ref keyStream : ref Unsafe.Add(ref target, offset - ChunkOctets);

            var s0 = NextCounter(ref counter, one);
            var s1 = NextCounter(ref counter, one);
            var s2 = NextCounter(ref counter, one);
            var s3 = NextCounter(ref counter, one);
            var s4 = NextCounter(ref counter, one);
            var s5 = NextCounter(ref counter, one);
            var s6 = NextCounter(ref counter, one);
            var s7 = NextCounter(ref counter, one);

            var k = Key(ref keys, 0);
            s0 = TInstructions.First(s0, k);
            s1 = TInstructions.First(s1, k);
            s2 = TInstructions.First(s2, k);
            s3 = TInstructions.First(s3, k);
            s4 = TInstructions.First(s4, k);
            s5 = TInstructions.First(s5, k);
            s6 = TInstructions.First(s6, k);
            s7 = TInstructions.First(s7, k);

            var low = Vector128<ulong>.Zero;
            var middle = low;
            var high = low;
            Ghash<TInstructions>.Add(ref low, ref middle, ref high, Block(ref hashed, 0) ^ hash, ref powers, 0);
            Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 1));
            Ghash<TInstructions>.Add(ref low, ref middle, ref high, Block(ref hashed, 1), ref powers, 1);
            Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 2));
            Ghash<TInstructions>.Add(ref low, ref middle, ref high, Block(ref hashed, 2), ref powers, 2);
            Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 3));
            Ghash<TInstructions>.Add(ref low, ref middle, ref high, Block(ref hashed, 3), ref powers, 3);
            Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 4));
            Ghash<TInstructions>.Add(ref low, ref middle, ref high, Block(ref hashed, 4), ref powers, 4);
            Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 5));
            Ghash<TInstructions>.Add(ref low, ref middle, ref high, Block(ref hashed, 5), ref powers, 5);
            Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 6));
            Ghash<TInstructions>.Add(ref low, ref middle, ref high, Block(ref hashed, 6), ref powers, 6);
            Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 7));
            Ghash<TInstructions>.Add(ref low, ref middle, ref high, Block(ref hashed, 7), ref powers, 7);
            Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 8));

            if (rounds > 10)
            {
                Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 9));
                Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 10));
            }

            if (rounds > 12)
            {
                Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 11));
                Round8(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Key(ref keys, 12));
            }

            if (!TDirection.Seals || offset != 0)
                hash = Ghash<TInstructions>.Reduce(low, middle, high);

            k = Key(ref keys, rounds - 1);
            var last = Key(ref keys, rounds);
            (TInstructions.Last(s0, k, last) ^ Load(ref input, 0)).StoreUnsafe(ref output);
            (TInstructions.Last(s1, k, last) ^ Load(ref input, 1)).StoreUnsafe(ref output, 16);
            (TInstructions.Last(s2, k, last) ^ Load(ref input, 2)).StoreUnsafe(ref output, 32);
            (TInstructions.Last(s3, k, last) ^ Load(ref input, 3)).StoreUnsafe(ref output, 48);
            (TInstructions.Last(s4, k, last) ^ Load(ref input, 4)).StoreUnsafe(ref output, 64);
            (TInstructions.Last(s5, k, last) ^ Load(ref input, 5)).StoreUnsafe(ref output, 80);
            (TInstructions.Last(s6, k, last) ^ Load(ref input, 6)).StoreUnsafe(ref output, 96);
            (TInstructions.Last(s7, k, last) ^ Load(ref input, 7)).StoreUnsafe(ref output, 112);
        }

        if (TDirection.Seals && octets % ChunkOctets == 0)
            hash = Ghash<TInstructions>.Hash8(hash, ref Unsafe.Add(ref target, octets - ChunkOctets), ref powers);
        hashInOut = hash;
    }

    /// <summary>Less than a chunk, in place, and the block of lengths that ends every message: one reduction for both.</summary>
    private static void Rest<TDirection>(
        AesGcmKey<TInstructions> key,
        ref Vector128<ulong> hash,
        ref byte data,
        int octets,
        ref byte keyStream,
        Vector128<ulong> lengths)
        where TDirection : struct, IGcmDirection
    {
        var whole = octets / BlockOctets;
        var part = octets % BlockOctets;
        var blocks = whole + (part == 0 ? 0 : 1);
        ref var powers = ref key.PowersFor(blocks + 1);
        var carry = hash;
        var low = Vector128<ulong>.Zero;
        var middle = low;
        var high = low;
        for (var i = 0; i < whole; i++)
        {
            var before = Load(ref data, i);
            var after = before ^ Load(ref keyStream, i);
            after.StoreUnsafe(ref data, (nuint)(i * BlockOctets));
            var hashed = TInstructions.Reverse(TDirection.Seals ? after : before).AsUInt64() ^ carry;
            Ghash<TInstructions>.Add(ref low, ref middle, ref high, hashed, ref powers, i);
            carry = Vector128<ulong>.Zero;
        }

        if (part != 0)
        {
            ref var end = ref Unsafe.Add(ref data, whole * BlockOctets);
            var before = PartialBlock.Load(ref end, part);
            var after = (before ^ Load(ref keyStream, whole)) & PartialBlock.Mask(part);
            PartialBlock.Store(after, ref end, part);
            var hashed = TInstructions.Reverse(TDirection.Seals ? after : before).AsUInt64() ^ carry;
            Ghash<TInstructions>.Add(ref low, ref middle, ref high, hashed, ref powers, whole);
            carry = Vector128<ulong>.Zero;
        }

        Ghash<TInstructions>.Add(ref low, ref middle, ref high, lengths ^ carry, ref powers, blocks);
        hash = Ghash<TInstructions>.Reduce(low, middle, high);
    }

    /// <summary>The counter blocks of less than a chunk, enciphered, in fours: <paramref name="octets"/> rounded up.</summary>
    private static void KeyStream(AesGcmKey<TInstructions> key, Vector128<uint> counter, int blocksBefore, int octets, ref byte keyStream)
    {
        ref var keys = ref key.RoundKeys;
        var rounds = key.Rounds;
        var one = Vector128.CreateScalar(1u);
        counter += Vector128.CreateScalar((uint)blocksBefore);
        for (var offset = 0; offset < octets; offset += ChunkOctets / 2)
        {
            var k = Key(ref keys, 0);
            var s0 = TInstructions.First(NextCounter(ref counter, one), k);
            var s1 = TInstructions.First(NextCounter(ref counter, one), k);
            var s2 = TInstructions.First(NextCounter(ref counter, one), k);
            var s3 = TInstructions.First(NextCounter(ref counter, one), k);
            for (var i = 1; i < rounds - 1; i++)
            {
                k = Key(ref keys, i);
                s0 = TInstructions.Round(s0, k);
                s1 = TInstructions.Round(s1, k);
                s2 = TInstructions.Round(s2, k);
                s3 = TInstructions.Round(s3, k);
            }

            k = Key(ref keys, rounds - 1);
            var last = Key(ref keys, rounds);
            ref var blocks = ref Unsafe.Add(ref keyStream, offset);
            TInstructions.Last(s0, k, last).StoreUnsafe(ref blocks);
            TInstructions.Last(s1, k, last).StoreUnsafe(ref blocks, 16);
            TInstructions.Last(s2, k, last).StoreUnsafe(ref blocks, 32);
            TInstructions.Last(s3, k, last).StoreUnsafe(ref blocks, 48);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round8(
        ref Vector128<byte> s0,
        ref Vector128<byte> s1,
        ref Vector128<byte> s2,
        ref Vector128<byte> s3,
        ref Vector128<byte> s4,
        ref Vector128<byte> s5,
        ref Vector128<byte> s6,
        ref Vector128<byte> s7,
        Vector128<byte> key)
    {
        s0 = TInstructions.Round(s0, key);
        s1 = TInstructions.Round(s1, key);
        s2 = TInstructions.Round(s2, key);
        s3 = TInstructions.Round(s3, key);
        s4 = TInstructions.Round(s4, key);
        s5 = TInstructions.Round(s5, key);
        s6 = TInstructions.Round(s6, key);
        s7 = TInstructions.Round(s7, key);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> NextCounter(ref Vector128<uint> counter, Vector128<uint> one)
    {
        counter += one;
        return TInstructions.Reverse(counter.AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Key(ref byte keys, int round) => Load(ref keys, round);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Power(ref byte powers, int index) => Load(ref powers, index).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Block(ref byte blocks, int index) => TInstructions.Reverse(Load(ref blocks, index)).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Load(ref byte blocks, int index) => Vector128.LoadUnsafe(ref blocks, (nuint)(index * BlockOctets));

    [InlineArray(ChunkOctets)]
    private struct Chunk
    {
        private byte _first;
    }
}
