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

    [LibraryImport(Name)]
    public static partial int setpriority(int which, int who, int nice);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int sched_getaffinity(int thread, nuint octets, ulong* mask);

    [LibraryImport(Name)]
    public static partial int mallopt(int parameter, int value);

    [LibraryImport(Name)]
    public static partial int malloc_trim(nuint keep);

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

    [LibraryImport(Name)]
    public static partial int getpid();

    [LibraryImport(Name, SetLastError = true)]
    public static partial int kill(int process, int signal);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int waitpid(int process, int* status, int options);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int pidfd_open(int process, uint flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int prctl(int what, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int capget(CapabilityHeader* header, CapabilitySets* sets);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int capset(CapabilityHeader* header, CapabilitySets* sets);

    /// <summary>For a call that glibc has no function for.</summary>
    [LibraryImport(Name, SetLastError = true)]
    public static partial nint syscall(nint number, nuint a, nuint b, void* c);

    // These return the error number, and leave errno alone.
    [LibraryImport(Name)]
    public static partial int posix_spawn(int* process, byte* path, SpawnActions* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_init(SpawnActions* actions);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_destroy(SpawnActions* actions);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_adddup2(SpawnActions* actions, int from, int to);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_addopen(SpawnActions* actions, int fd, byte* path, int flags, uint mode);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_addclosefrom_np(SpawnActions* actions, int from);

    /// <summary>posix_spawn_file_actions_t of 64-bit glibc.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 80)]
    public struct SpawnActions;

    /// <summary>struct __user_cap_header_struct.</summary>
    public struct CapabilityHeader
    {
        public uint Version;
        public int Thread;
    }

    /// <summary>Two struct __user_cap_data_struct: low halves, then high halves.</summary>
    public struct CapabilitySets
    {
        public uint Effective, Permitted, Inheritable, EffectiveHigh, PermittedHigh, InheritableHigh;
    }
}
