using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

internal static unsafe partial class Libc
{
    public const int CLONE_NEWNET = 0x40000000;

    [LibraryImport(Name, SetLastError = true)]
    public static partial int setns(int fd, int kind);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int unshare(int kinds);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int sched_setaffinity(int thread, nuint octets, ulong* mask);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int sched_getaffinity(int thread, nuint octets, ulong* mask);

    [LibraryImport(Name)]
    public static partial int mallopt(int parameter, int value);

    [LibraryImport(Name)]
    public static partial uint geteuid();

    [LibraryImport(Name)]
    public static partial uint umask(uint mask);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int adjtimex(byte* timex);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int access(byte* path, int mode);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int chmod(byte* path, uint mode);
}
