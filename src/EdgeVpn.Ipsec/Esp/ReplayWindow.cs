using System.Runtime.CompilerServices;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>Which sequence numbers were seen: a ring of 64-bit words that never shifts (RFC 6479).</summary>
/// <remarks>
/// Not safe for several threads: the opener's gate guards it.
/// <code>
///     left of it: too old |  window: one bit each  | top |  not seen yet
/// </code>
/// </remarks>
public sealed class ReplayWindow
{
    public const int MinPackets = 64;
    public const int MaxPackets = 4096;

    private readonly ulong[] _words;
    private readonly uint _mask;
    private readonly uint _packets;
    private ulong _top;

    /// <param name="packets">64–4096, rounded up to a multiple of 64; 0 accepts everything but keeps <see cref="Top"/>.</param>
    public ReplayWindow(int packets)
    {
        if (packets != 0)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(packets, MinPackets);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(packets, MaxPackets);
        }

        _packets = ((uint)packets + 63) & ~63u;

        // One word more than the window, so that the word being filled never holds bits of the window's left end (RFC 6479 §2).
        _words = packets == 0 ? [] : new ulong[System.Numerics.BitOperations.RoundUpToPowerOf2((_packets / 64) + 1)];
        _mask = (uint)_words.Length - 1;
    }

    /// <summary>Packets in the window; 0 if replay protection is off.</summary>
    public int Packets => (int)_packets;

    /// <summary>The highest number accepted; 0 before the first.</summary>
    public ulong Top => _top;

    /// <summary>Whether <paramref name="sequence"/> could still be accepted: cheap, before the ICV is verified.</summary>
    /// <returns><see cref="EspRefusal.None"/>, <see cref="EspRefusal.TooOld"/> or <see cref="EspRefusal.Replayed"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EspRefusal Check(ulong sequence)
    {
        if (_packets == 0)
            return EspRefusal.None;
        if (sequence == 0)
            return EspRefusal.TooOld;
        if (sequence > _top)
            return EspRefusal.None;
        if (_top - sequence >= _packets)
            return EspRefusal.TooOld;
        return (Word(sequence) >> (int)(sequence & 63) & 1) == 0 ? EspRefusal.None : EspRefusal.Replayed;
    }

    /// <summary>Whether <paramref name="sequence"/> could still be accepted.</summary>
    public bool Allows(ulong sequence) => Check(sequence) == EspRefusal.None;

    /// <summary>Records <paramref name="sequence"/> as seen. Call only after the ICV verified (RFC 4303 §3.4.3).</summary>
    /// <returns>False if it is zero, left of the window, or already seen; always true if replay protection is off.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAccept(ulong sequence)
    {
        if (Check(sequence) != EspRefusal.None)
            return false;
        if (sequence > _top)
            Advance(sequence);
        if (_packets != 0)
            Word(sequence) |= 1UL << (int)(sequence & 63);
        return true;
    }

    private ref ulong Word(ulong sequence) => ref _words[(int)((uint)(sequence >> 6) & _mask)];

    private void Advance(ulong top)
    {
        if (_packets != 0)
        {
            var words = Math.Min((top >> 6) - (_top >> 6), (ulong)_words.Length);
            for (ulong i = 0; i < words; i++)
                Word(top - (i << 6)) = 0;
        }

        _top = top;
    }
}
