using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>glibc, blittable. Constants stand where they are used; those shared by several files stand here.</summary>
/// <remarks>Structures and numbers are those of 64-bit little-endian Linux; where x86-64 and arm64 differ, the file says so.</remarks>
internal static unsafe partial class Libc
{
    // The exact name: "libc" alone resolves to a linker script where development files are installed.
    private const string Name = "libc.so.6";

    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;

    /// <summary>Errno of the call just made on this thread: the generated stub saved it before anything else could run.</summary>
    public static Errno LastErrno => (Errno)Marshal.GetLastPInvokeError();

    [LibraryImport(Name, SetLastError = true)]
    public static partial int open(byte* path, int flags, uint mode);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint read(int fd, void* buffer, nuint count);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint write(int fd, void* buffer, nuint count);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint writev(int fd, IoVector* vectors, int count);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint preadv2(int fd, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, void* argument);

    [LibraryImport(Name, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int ioctl_value(int fd, nuint request, nuint argument);

    [LibraryImport(Name, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int fcntl_value(int fd, int command, nint argument);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int madvise(void* start, nuint length, int advice);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int fsync(int fd);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int fchmod(int fd, uint mode);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int fchown(int fd, uint user, uint group);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int statx(int folder, byte* path, int flags, uint mask, Statx* found);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int rename(byte* from, byte* to);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int unlink(byte* path);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint getrandom(void* buffer, nuint count, uint flags);

    // In the vDSO: tens of nanoseconds, so the GC transition would cost as much as the call.
    [LibraryImport(Name), SuppressGCTransition]
    public static partial int clock_gettime(int clock, TimeSpec* time);

    /// <summary>struct iovec.</summary>
    public struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    /// <summary>struct statx, as far as it is read here; the same on every architecture, unlike struct stat.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct Statx
    {
        [FieldOffset(20)] public uint User;
        [FieldOffset(24)] public uint Group;
    }

    public const int AT_FDCWD = -100;
    public const uint STATX_UID = 0x8, STATX_GID = 0x10;

    /// <summary>struct timespec of a 64-bit machine.</summary>
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>A path or name as C wants it. Throws for an embedded NUL: it would name something else.</summary>
    public static byte[] CString(string text)
    {
        if (text.Contains('\0')) throw new ArgumentException("A name for the kernel cannot hold NUL.", nameof(text));
        var octets = new byte[System.Text.Encoding.UTF8.GetByteCount(text) + 1];
        System.Text.Encoding.UTF8.GetBytes(text, octets);
        return octets;
    }
}
