using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>Sizes of AES-GCM in ESP (RFC 4106 §3.1, §4, §8.1).</summary>
public static class AesGcmKey
{
    /// <summary>The end of the negotiated key; the same for every packet, never sent.</summary>
    public const int SaltOctets = 4;

    /// <summary>The part of the nonce that is sent: here the 64-bit sequence number.</summary>
    public const int IvOctets = 8;

    public const int NonceOctets = SaltOctets + IvOctets;
}

/// <summary>An expanded AES key and the powers of its hash key, in pinned memory that is erased on disposal.</summary>
/// <typeparam name="TInstructions">The processor's.</typeparam>
/// <remarks><code>
/// 0            256                      400
/// | k0 … k14   | H^9, H^8 … H^2, H^1    | of each of them, high and low half added |      16 octets each
/// </code></remarks>
internal sealed class AesGcmKey<TInstructions> : IDisposable
    where TInstructions : struct, IAesInstructions
{
    internal const int BlockOctets = 16;
    internal const int Powers = 9; // of a chunk's eight blocks and the block of lengths
    internal const int SumsOffset = Powers * BlockOctets; // from a power to the sum of its halves
    private const int PowersOffset = 256;
    private const int Octets = PowersOffset + (2 * Powers * BlockOctets);
    private const int CacheLine = 64;

    private readonly byte[] _memory;
    private readonly int _start;

    /// <param name="key">16, 24 or 32 octets.</param>
    internal AesGcmKey(ReadOnlySpan<byte> key)
    {
        if (key.Length is not (16 or 24 or 32))
            throw new ArgumentException("An AES key has 16, 24 or 32 octets.", nameof(key));
        _memory = GC.AllocateArray<byte>(Octets + CacheLine, pinned: true);
        _start = AlignedStart(_memory);
        Rounds = (key.Length / 4) + 6;
        Expand(key);
        MakePowers();
    }

    /// <summary>10, 12 or 14.</summary>
    internal int Rounds { get; }

    /// <summary>Round key 0; the others follow.</summary>
    internal ref byte RoundKeys
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_memory), _start);
    }

    /// <summary>The power that the first of <paramref name="blocks"/> blocks is multiplied by; those of the following blocks follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref byte PowersFor(int blocks) => ref Unsafe.Add(ref RoundKeys, PowersOffset + ((Powers - blocks) * BlockOctets));

    public void Dispose() => CryptographicOperations.ZeroMemory(_memory);

    /// <summary>FIPS 197 §5.2, words in the order of their octets in memory.</summary>
    private void Expand(ReadOnlySpan<byte> key)
    {
        var words = MemoryMarshal.Cast<byte, uint>(_memory.AsSpan(_start, PowersOffset));
        var keyWords = key.Length / 4;
        MemoryMarshal.Cast<byte, uint>(key).CopyTo(words);
        uint constant = 1;
        for (var i = keyWords; i < 4 * (Rounds + 1); i++)
        {
            var word = words[i - 1];
            if (i % keyWords == 0)
            {
                word = TInstructions.SubWord(BitOperations.RotateRight(word, 8)) ^ constant;
                constant = (constant << 1) ^ ((constant >> 7) * 0x11B);
            }
            else if (keyWords > 6 && i % keyWords == 4)
            {
                word = TInstructions.SubWord(word);
            }

            words[i] = words[i - keyWords] ^ word;
        }
    }

    private void MakePowers()
    {
        var hashKey = Ghash<TInstructions>.Prepare(AesGcmCore<TInstructions>.EncryptBlock(this, Vector128<byte>.Zero));
        var power = hashKey;
        for (var i = 1; i <= Powers; i++)
        {
            power.AsByte().StoreUnsafe(ref PowersFor(i));
            TInstructions.Fold(power).AsByte().StoreUnsafe(ref PowersFor(i), SumsOffset);
            power = Ghash<TInstructions>.Multiply(power, hashKey);
        }
    }

    private static int AlignedStart(byte[] pinned)
    {
        var address = Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetArrayDataReference(pinned));
        return (int)(-address & (CacheLine - 1));
    }
}
