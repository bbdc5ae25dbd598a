using System.Runtime.InteropServices;
using Xunit;

namespace EdgeVpn.Linux.Tests;

/// <summary>Lets the kernel refuse sendmmsg for single messages on one thread (seccomp(2)), as it refuses UDP_SEGMENT where a device cannot do it.</summary>
internal static unsafe partial class SystemCallFault
{
    private const int PR_SET_SECCOMP = 22, SECCOMP_MODE_FILTER = 2, PR_SET_NO_NEW_PRIVS = 38;
    private const uint SECCOMP_RET_ERRNO = 0x0005_0000, SECCOMP_RET_ALLOW = 0x7fff_0000;

    /// <summary>Runs <paramref name="action"/> on a thread where sendmmsg of exactly one message fails.</summary>
    public static void OnSingleSends(Errno error, Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Install(error);
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

    private static void Install(Errno error)
    {
        var sendmmsg = RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => 307u, Architecture.Arm64 => 269u, _ => 0u };
        if (sendmmsg == 0) Assert.Skip("the system call's number is not known here");
        // struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; } over struct seccomp_data { s32 nr; u32 arch; u64 ip; u64 args[6]; }
        var filter = stackalloc ulong[6];
        filter[0] = Instruction(0x20, 0, 0, 0); // load nr
        filter[1] = Instruction(0x15, 0, 3, sendmmsg); // another call: allow
        filter[2] = Instruction(0x20, 0, 0, 16 + (2 * 8)); // load the number of messages
        filter[3] = Instruction(0x15, 0, 1, 1); // not one: allow
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
