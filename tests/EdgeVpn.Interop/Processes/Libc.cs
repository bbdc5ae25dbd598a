using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeVpn.Interop.Processes;

/// <summary>The two system calls that the lab needs and .NET does not offer.</summary>
internal static partial class Libc
{
    internal const int CloneNewNet = 0x4000_0000;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    internal static partial int SetNamespace(SafeFileHandle descriptor, int kind);
}
