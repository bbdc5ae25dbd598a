using System.Runtime.InteropServices;
using Xunit;

namespace EdgeVpn.Linux.Tests;

/// <summary>Lets the kernel refuse a system call on one thread (seccomp(2)): as it refuses UDP_SEGMENT where a device cannot do it, or a super-packet of a kind it cannot cut.</summary>
internal static unsafe partial class SystemCallFault
{
    private const int PR_SET_SECCOMP = 22, SECCOMP_MODE_FILTER = 2, PR_SET_NO_NEW_PRIVS = 38;
    private const uint SECCOMP_RET_ERRNO = 0x0005_0000, SECCOMP_RET_ALLOW = 0x7fff_0000;

    private const byte Equal = 0x15, Greater = 0x25; // BPF_JMP | BPF_JEQ or BPF_JGT | BPF_K

    /// <summary>Runs <paramref name="action"/> on a thread where sendmmsg of exactly one message fails.</summary>
    public static void OnSingleSends(Errno error, Action action) =>
        On(RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => 307u, Architecture.Arm64 => 269u, _ => 0u }, Equal, 1, error, action);

    /// <summary>Runs <paramref name="action"/> on a thread where writev of more than a header and one piece fails.</summary>
    public static void OnGatheringWrites(Errno error, Action action) =>
        On(RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => 20u, Architecture.Arm64 => 66u, _ => 0u }, Greater, 2, error, action);

    // Both calls have their count as third argument.
    private static void On(uint call, byte comparison, uint count, Errno error, Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Install(call, comparison, count, error);
                action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    private static void Install(uint call, byte comparison, uint count, Errno error)
    {
        if (call == 0) Assert.Skip("the system call's number is not known here");
        // struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; } over struct seccomp_data { s32 nr; u32 arch; u64 ip; u64 args[6]; }
        var filter = stackalloc ulong[6];
        filter[0] = Instruction(0x20, 0, 0, 0); // load nr
        filter[1] = Instruction(0x15, 0, 3, call); // another call: allow
        filter[2] = Instruction(0x20, 0, 0, 16 + (2 * 8)); // load the count
        filter[3] = Instruction(comparison, 0, 1, count); // not so: allow
        filter[4] = Instruction(0x06, 0, 0, SECCOMP_RET_ERRNO | (uint)error);
        filter[5] = Instruction(0x06, 0, 0, SECCOMP_RET_ALLOW);
        var program = stackalloc ulong[2]; // struct sock_fprog { u16 length; sock_filter *filter; }
        program[0] = 6;
        program[1] = (ulong)filter;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (nuint)program, 0, 0) != 0)
            Assert.Skip("this kernel has no seccomp filters");
    }

    private static ulong Instruction(ushort code, byte ifTrue, byte ifFalse, uint value) =>
        code | ((ulong)ifTrue << 16) | ((ulong)ifFalse << 24) | ((ulong)value << 32);

    [LibraryImport("libc.so.6", SetLastError = true)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
