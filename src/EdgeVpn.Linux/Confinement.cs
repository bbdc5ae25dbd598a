using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>What a program gives up before strangers may talk to it: rights (capabilities) and system calls (seccomp).</summary>
public static unsafe partial class Confinement
{
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const int PR_CAP_AMBIENT = 47;
    private const int PR_CAP_AMBIENT_CLEAR_ALL = 4;
    private const uint _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    /// <summary>Takes every right from the calling thread, and so from what it starts; there is no way back.</summary>
    internal static void GiveUpRights()
    {
        if (Libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) throw LinuxException.Last("prctl", "PR_SET_NO_NEW_PRIVS");
        if (Libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) throw LinuxException.Last("prctl", "PR_CAP_AMBIENT_CLEAR_ALL");
        if (ProcessIdentity.UserId != 0) return; // rights that are not ambient end with what is started; a service may not even call capset
        var header = new Libc.CapabilityHeader { Version = _LINUX_CAPABILITY_VERSION_3 };
        Libc.CapabilitySets none = default;
        if (Libc.capset(&header, &none) < 0) throw LinuxException.Last("capset");
    }

    /// <summary>
    /// From here on this process reads and writes what it has open, and what others open to it; it can open, name, start and reach nothing more. Whatever
    /// else it tries is refused with EPERM, on every thread, for good.
    /// </summary>
    /// <exception cref="LinuxException">EPERM: it still holds a right. EINVAL: this kernel cannot filter calls.</exception>
    public static void Enter()
    {
        var header = new Libc.CapabilityHeader { Version = _LINUX_CAPABILITY_VERSION_3 };
        Libc.CapabilitySets held;
        if (Libc.capget(&header, &held) < 0) throw LinuxException.Last("capget");
        if ((held.Permitted | held.PermittedHigh) != 0) throw new LinuxException("capget", Errno.EPERM, detail: "a right is still held");
        if (Libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) throw LinuxException.Last("prctl", "PR_SET_NO_NEW_PRIVS");

        const int SECCOMP_SET_MODE_FILTER = 1, SECCOMP_FILTER_FLAG_TSYNC = 1;
        var isX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        var filter = Filter(isX64, Libc.getpid());
        fixed (BpfInstruction* first = filter)
        {
            var program = new BpfProgram { Length = (ushort)filter.Length, Instructions = first };
            if (Libc.syscall(isX64 ? 317 : 277, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) throw LinuxException.Last("seccomp");
        }
    }
}
