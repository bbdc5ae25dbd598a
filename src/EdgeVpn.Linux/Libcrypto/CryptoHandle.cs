using System.Runtime.InteropServices;

namespace EdgeVpn.Linux.Libcrypto;

/// <summary>Something libcrypto allocated, freed once (and wiped, where its free function does so).</summary>
internal sealed unsafe class CryptoHandle : SafeHandle
{
    private readonly delegate* unmanaged<nint, void> _free;

    /// <summary>Takes what <paramref name="call"/> returned; zero throws.</summary>
    public CryptoHandle(nint made, delegate* unmanaged<nint, void> free, string call)
        : base(0, ownsHandle: true)
    {
        _free = free;
        if (made == 0) throw LibcryptoException.Last(call);
        SetHandle(made);
    }

    public nint Pointer => handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        _free(handle);
        return true;
    }
}
