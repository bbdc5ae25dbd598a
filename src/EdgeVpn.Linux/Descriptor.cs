using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>A file descriptor, closed once.</summary>
/// <remarks>
/// Closing does not wake a thread that is blocked in a call on it: wake it first (Shutdown, or a <see cref="Poller"/>), join it, then dispose.
/// </remarks>
public sealed class Descriptor : SafeHandle
{
    internal Descriptor(int fd)
        : base(-1, ownsHandle: true) => SetHandle(fd);

    public override bool IsInvalid => handle < 0;

    /// <summary>The number; −1 once closed, so that a late call gets EBADF and not a stranger's file.</summary>
    internal int Number => IsClosed ? -1 : (int)handle;

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
