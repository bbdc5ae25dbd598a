namespace EdgeVpn.Linux;

/// <summary>A network namespace: its own interfaces, addresses, routes, rules and sockets. For laboratories and tests.</summary>
/// <remarks>
/// An anonymous one has no name and no file; it goes when the last handle, thread and socket in it is gone. Needs CAP_SYS_ADMIN.
/// A socket, and what is opened from <c>/proc/sys/net</c>, belongs to the namespace of the thread that opens it.
/// </remarks>
public sealed class NetworkNamespace : IDisposable
{
    private readonly Descriptor _handle;

    private NetworkNamespace(Descriptor handle) => _handle = handle;

    internal int Number => _handle.Number;

    /// <summary>A new, empty namespace; its loopback interface is down.</summary>
    public static NetworkNamespace Create() => OwnThread.Run(() =>
    {
        if (Libc.unshare(Libc.CLONE_NEWNET) < 0) throw LinuxException.Last("unshare", "CLONE_NEWNET");
        return Open("/proc/thread-self/ns/net");
    });

    /// <summary>An existing one, such as <c>/run/netns/name</c> made by <c>ip netns add</c>.</summary>
    public static unsafe NetworkNamespace Open(string path)
    {
        fixed (byte* name = Libc.CString(path))
        {
            var fd = Libc.open(name, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
            if (fd < 0) throw LinuxException.Last("open", path);
            return new NetworkNamespace(new Descriptor(fd));
        }
    }

    /// <summary>Runs <paramref name="action"/> inside, on a thread of its own; processes it starts are inside too. Exceptions come back.</summary>
    public T Run<T>(Func<T> action) => OwnThread.Run(() =>
    {
        if (Libc.setns(_handle.Number, Libc.CLONE_NEWNET) < 0) throw LinuxException.Last("setns");
        return action();
    });

    public void Run(Action action) => Run(() =>
    {
        action();
        return true;
    });

    public void Dispose() => _handle.Dispose();
}
