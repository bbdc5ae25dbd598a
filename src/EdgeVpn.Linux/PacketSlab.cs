using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>Packet buffers in one block of native memory: allocated once, page-aligned, never moved, so the kernel may hold pointers into it.</summary>
/// <remarks>Not zeroed: pages become resident when first touched. Spans into the slab must not outlive it.</remarks>
public sealed unsafe class PacketSlab : IDisposable
{
    private const int PageOctets = 4096;
    private readonly NativeBlock _block;

    /// <param name="slots">How many buffers.</param>
    /// <param name="slotOctets">Usable octets of each.</param>
    /// <param name="headroom">Octets before each buffer's start that its user may prepend to.</param>
    public PacketSlab(int slots, int slotOctets, int headroom = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotOctets);
        ArgumentOutOfRangeException.ThrowIfNegative(headroom);
        Slots = slots;
        SlotOctets = slotOctets;
        Headroom = headroom;
        Stride = checked((headroom + slotOctets + 63) & ~63); // a cache line: two threads never share one
        _block = new NativeBlock((nuint)slots * (nuint)Stride, PageOctets, clear: false);
        Start = _block.Pointer;
    }

    public int Slots { get; }

    public int SlotOctets { get; }

    public int Headroom { get; }

    internal byte* Start { get; }

    internal nuint LengthOctets => _block.LengthOctets;

    private int Stride { get; }

    /// <summary>The usable octets of a slot, without the headroom.</summary>
    public Span<byte> this[int slot] => new(Pointer(slot), SlotOctets);

    /// <summary>The headroom and the usable octets of a slot.</summary>
    public Span<byte> WithHeadroom(int slot) => new(Pointer(slot) - Headroom, Headroom + SlotOctets);

    internal byte* Pointer(int slot)
    {
        if ((uint)slot >= (uint)Slots) ThrowSlot(slot);
        return Start + ((nuint)slot * (nuint)Stride) + Headroom;
    }

    /// <summary>Whether all of <paramref name="octets"/> lies in this slab.</summary>
    internal bool Contains(ReadOnlySpan<byte> octets)
    {
        var at = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(octets)) - (nuint)Start;
        return at <= LengthOctets && (nuint)octets.Length <= LengthOctets - at;
    }

    public void Dispose() => _block.Dispose();

    [DoesNotReturn]
    private static void ThrowSlot(int slot) => throw new ArgumentOutOfRangeException(nameof(slot), slot, "No such slot.");
}
