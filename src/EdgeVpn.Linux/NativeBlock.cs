using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>Aligned native memory that is freed once, also when its owner is forgotten.</summary>
internal sealed unsafe class NativeBlock : SafeHandle
{
    /// <param name="octets">How much.</param>
    /// <param name="alignment">A power of two.</param>
    /// <param name="clear">Zero it; this makes every page resident, so large packet buffers go without.</param>
    public NativeBlock(nuint octets, nuint alignment = 64, bool clear = true)
        : base(0, ownsHandle: true)
    {
        LengthOctets = octets;
        var pointer = NativeMemory.AlignedAlloc(octets, alignment);
        if (clear) NativeMemory.Clear(pointer, octets);
        SetHandle((nint)pointer);
    }

    public nuint LengthOctets { get; }

    public byte* Pointer => (byte*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
