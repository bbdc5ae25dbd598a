using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>The kernel, or a system library, refused a call. Names the call, what it was about, and the error number.</summary>
public sealed class LinuxException : Exception
{
    public LinuxException(string call, Errno errno, string? subject = null, string? detail = null)
        : base(Describe(call, errno, subject, detail))
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>The call as its manual page names it, such as <c>bind</c> or <c>RTM_NEWROUTE</c>.</summary>
    public string Call { get; }

    /// <summary>The error number as it stood right after the call.</summary>
    public Errno Errno { get; }

    /// <summary>For the P/Invoke that failed just now on this thread.</summary>
    internal static LinuxException Last(string call, string? subject = null) => new(call, Libc.LastErrno, subject);

    // "bind(0.0.0.0:500): EADDRINUSE, Address already in use"
    private static string Describe(string call, Errno errno, string? subject, string? detail)
    {
        var text = detail ?? Marshal.GetPInvokeErrorMessage((int)errno);
        return $"{call}({subject}): {errno}, {text}";
    }
}
