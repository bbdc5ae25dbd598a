using System.Net.Sockets;
using System.Text;

namespace EdgeVpn.Linux;

/// <summary>Who is at the other end of a Unix socket, as the kernel saw it at connect time (SO_PEERCRED).</summary>
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);

/// <summary>What this process is to the system around it.</summary>
public static unsafe class ProcessIdentity
{
    /// <summary>The user whose rights we have (the effective one).</summary>
    public static uint UserId => Libc.geteuid();

    /// <summary>The peer of a connected Unix stream socket.</summary>
    public static PeerCredentials PeerOf(Socket socket)
    {
        PeerCredentials peer; // struct ucred { s32 pid; u32 uid; u32 gid; }
        var length = (uint)sizeof(PeerCredentials);
        if (Libc.getsockopt((int)socket.Handle, Libc.SOL_SOCKET, Libc.SO_PEERCRED, &peer, &length) < 0) throw LinuxException.Last("getsockopt", "SO_PEERCRED");
        GC.KeepAlive(socket);
        return peer;
    }

    /// <summary>Sets which permission bits new files never get, for the whole process; returns the mask before.</summary>
    public static UnixFileMode SetUmask(UnixFileMode mask) => (UnixFileMode)Libc.umask((uint)mask);

    /// <summary>Also for sockets, which File.SetUnixFileMode opens in vain.</summary>
    public static void SetMode(string path, UnixFileMode mode)
    {
        fixed (byte* name = Libc.CString(path))
        {
            if (Libc.chmod(name, (uint)mode) < 0) throw LinuxException.Last("chmod", path);
        }
    }

    /// <summary>Keeps the calling thread on one processor.</summary>
    /// <exception cref="LinuxException">EINVAL: no such processor, or not ours.</exception>
    public static void PinThread(int processor)
    {
        const int words = 16; // 1,024 processors, as glibc's cpu_set_t
        ArgumentOutOfRangeException.ThrowIfNegative(processor);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(processor, words * 64);
        var mask = stackalloc ulong[words];
        new Span<ulong>(mask, words).Clear();
        mask[processor / 64] = 1UL << (processor % 64);
        if (Libc.sched_setaffinity(0, words * sizeof(ulong), mask) < 0) throw LinuxException.Last("sched_setaffinity", $"processor {processor}");
    }

    /// <summary>Has the calling thread give way to others: a tenth of a processor that somebody else wants too (sched(7)). There is no way back without a privilege.</summary>
    /// <returns>False if a sandbox forbids even that.</returns>
    public static bool YieldThread()
    {
        const int PRIO_PROCESS = 0, nice = 10; // of process 0, which is the calling thread (setpriority(2))
        return Libc.setpriority(PRIO_PROCESS, 0, nice) == 0;
    }

    /// <summary>Processors the calling thread may run on.</summary>
    public static IReadOnlyList<int> ThreadProcessors()
    {
        const int words = 16;
        var mask = stackalloc ulong[words];
        new Span<ulong>(mask, words).Clear();
        if (Libc.sched_getaffinity(0, words * sizeof(ulong), mask) < 0) throw LinuxException.Last("sched_getaffinity");
        var processors = new List<int>();
        for (var i = 0; i < words * 64; i++)
            if ((mask[i / 64] >> (i % 64) & 1) != 0) processors.Add(i);
        return processors;
    }

    /// <summary>Tells the service manager how we are (sd_notify(3)): <c>READY=1</c>, <c>STATUS=…</c>, <c>WATCHDOG=1</c>, <c>STOPPING=1</c>.</summary>
    /// <param name="state">Assignments, one per line.</param>
    /// <param name="socketPath">Where to; normally the environment's NOTIFY_SOCKET. "@" starts an abstract name.</param>
    /// <returns>False if nobody asked to be told.</returns>
    public static bool NotifyServiceManager(string state, string? socketPath)
    {
        if (string.IsNullOrEmpty(socketPath)) return false;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var name = socketPath[0] == '@' ? '\0' + socketPath[1..] : socketPath;
        socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(name));
        return true;
    }

    public static bool NotifyServiceManager(string state) => NotifyServiceManager(state, Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
}
