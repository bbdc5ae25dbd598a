namespace EdgeVpn.Linux;

public static unsafe partial class Confinement
{
    // <linux/filter.h>, <linux/seccomp.h>, <linux/audit.h>
    private const ushort BPF_LD_W_ABS = 0x20, BPF_JEQ_K = 0x15, BPF_JGE_K = 0x35, BPF_RET_K = 0x06;
    private const uint SECCOMP_RET_KILL_PROCESS = 0x80000000, SECCOMP_RET_ALLOW = 0x7fff0000, SECCOMP_RET_EPERM = 0x00050001;
    private const uint AUDIT_ARCH_X86_64 = 0xc000003e, AUDIT_ARCH_AARCH64 = 0xc00000b7;
    private const uint CallField = 0, MachineField = 4, FirstArgumentField = 16; // within struct seccomp_data
    private const uint X32 = 0x40000000;

    /// <summary>What a server needs that was started: octets of open descriptors, memory, threads, time. &lt;asm/unistd.h&gt;; −1: not there.</summary>
    private static readonly (string Name, int X64, int Arm64)[] s_allowed =
    [
        ("read", 0, 63), ("write", 1, 64), ("readv", 19, 65), ("writev", 20, 66), ("close", 3, 57), ("lseek", 8, 62), ("fstat", 5, 80),
        ("poll", 7, -1), ("ppoll", 271, 73), ("fcntl", 72, 25), ("ioctl", 16, 29), ("dup", 32, 23), ("pipe2", 293, 59), ("eventfd2", 290, 19),
        ("epoll_create1", 291, 20), ("epoll_ctl", 233, 21), ("epoll_wait", 232, -1), ("epoll_pwait", 281, 22), ("epoll_pwait2", 441, 441),
        ("accept4", 288, 242), ("accept", 43, 202), ("listen", 50, 201), ("getsockname", 51, 204), ("getpeername", 52, 205), ("sendto", 44, 206), ("recvfrom", 45, 207),
        ("setsockopt", 54, 208), ("getsockopt", 55, 209), ("shutdown", 48, 210), ("sendmsg", 46, 211), ("recvmsg", 47, 212),
        ("mmap", 9, 222), ("munmap", 11, 215), ("mprotect", 10, 226), ("mremap", 25, 216), ("madvise", 28, 233), ("brk", 12, 214), ("mlock", 149, 228), ("munlock", 150, 229),
        ("membarrier", 324, 283), ("get_mempolicy", 239, 236), ("futex", 202, 98), ("clone", 56, 220), ("clone3", 435, 435),
        ("set_robust_list", 273, 99), ("get_robust_list", 274, 100), ("rseq", 334, 293), ("set_tid_address", 218, 96), ("arch_prctl", 158, -1), ("prctl", 157, 167),
        ("sched_yield", 24, 124), ("sched_getaffinity", 204, 123), ("sched_getparam", 143, 121), ("sched_getscheduler", 145, 120), ("getcpu", 309, 168), ("gettid", 186, 178),
        ("getpid", 39, 172), ("getrusage", 98, 165), ("times", 100, 153), ("sysinfo", 99, 179), ("uname", 63, 160),
        ("getrandom", 318, 278), ("clock_gettime", 228, 113), ("clock_getres", 229, 114), ("clock_nanosleep", 230, 115), ("nanosleep", 35, 101), ("gettimeofday", 96, 169),
        ("rt_sigaction", 13, 134), ("rt_sigprocmask", 14, 135), ("rt_sigreturn", 15, 139), ("sigaltstack", 131, 132), ("restart_syscall", 219, 128),
        ("exit", 60, 93), ("exit_group", 231, 94),
    ];

    private static readonly (int X64, int Arm64) s_tgkill = (234, 131);

    /// <summary>The table as a program of the kernel's (classic BPF).</summary>
    /// <param name="self">A thread may signal threads of this process, as the collector does, and of no other.</param>
    private static BpfInstruction[] Filter(bool isX64, int self)
    {
        var program = new List<BpfInstruction>
        {
            new(BPF_LD_W_ABS, MachineField),
            new(BPF_JEQ_K, isX64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64, IfTrue: 1),
            new(BPF_RET_K, SECCOMP_RET_KILL_PROCESS),
            new(BPF_LD_W_ABS, CallField),
            new(BPF_JGE_K, X32, IfFalse: 1),
            new(BPF_RET_K, SECCOMP_RET_EPERM),
        };
        foreach (var (_, x64, arm64) in s_allowed)
        {
            if ((isX64 ? x64 : arm64) is not (>= 0 and var number)) continue;
            program.Add(new BpfInstruction(BPF_JEQ_K, (uint)number, IfFalse: 1));
            program.Add(new BpfInstruction(BPF_RET_K, SECCOMP_RET_ALLOW));
        }

        program.Add(new BpfInstruction(BPF_JEQ_K, (uint)(isX64 ? s_tgkill.X64 : s_tgkill.Arm64), IfFalse: 3));
        program.Add(new BpfInstruction(BPF_LD_W_ABS, FirstArgumentField));
        program.Add(new BpfInstruction(BPF_JEQ_K, (uint)self, IfFalse: 1));
        program.Add(new BpfInstruction(BPF_RET_K, SECCOMP_RET_ALLOW));
        program.Add(new BpfInstruction(BPF_RET_K, SECCOMP_RET_EPERM));
        return [.. program];
    }

    /// <summary>struct sock_filter: jumps are counted from the next instruction.</summary>
    private readonly record struct BpfInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Value)
    {
        public BpfInstruction(ushort code, uint value, byte IfTrue = 0, byte IfFalse = 0)
            : this(code, IfTrue, IfFalse, value)
        {
        }
    }

    /// <summary>struct sock_fprog.</summary>
    private struct BpfProgram
    {
        public ushort Length;
        public BpfInstruction* Instructions;
    }
}
