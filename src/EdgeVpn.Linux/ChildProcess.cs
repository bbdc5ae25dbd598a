using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>A program of ours that was started with the descriptors it was given, and with none of our rights.</summary>
/// <remarks>
/// It has no capability and cannot get one (no_new_privs), nothing of our environment but what is passed, and no descriptor but: 0 reads nothing,
/// 1 and 2 are our standard error, <see cref="FirstDescriptor"/> and those after it are what was given.
/// </remarks>
public sealed unsafe class ChildProcess : IDisposable
{
    public const int FirstDescriptor = 3;

    private const int MaxDescriptors = 64;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int SIGKILL = 9;
    private const short POLLIN = 1;

    private readonly Descriptor _handle; // pidfd
    private string? _ending;

    private ChildProcess(int id, Descriptor handle) => (Id, _handle) = (id, handle);

    public int Id { get; }

    /// <param name="program">Its path.</param>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="environment">As <c>NAME=value</c>.</param>
    /// <param name="descriptors">Stay the caller's.</param>
    /// <exception cref="LinuxException">ENOENT: there is no such program.</exception>
    public static ChildProcess Start(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, params IReadOnlyList<SafeHandle> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Count, MaxDescriptors);
        // Above every number that the child will know them by, so that putting one in its place never overwrites the next.
        var sources = new List<Descriptor>();
        try
        {
            foreach (var descriptor in descriptors)
            {
                var copy = Libc.fcntl_value((int)descriptor.DangerousGetHandle(), F_DUPFD_CLOEXEC, FirstDescriptor + MaxDescriptors);
                if (copy < 0) throw LinuxException.Last("fcntl", "F_DUPFD_CLOEXEC");
                sources.Add(new Descriptor(copy));
                GC.KeepAlive(descriptor);
            }

            return OwnThread.Run(() =>
            {
                Confinement.GiveUpRights(); // of this thread, for its child; it ends here
                return Spawn(program, arguments, environment, sources);
            });
        }
        finally
        {
            foreach (var source in sources) source.Dispose();
        }
    }

    /// <summary>Two ends of a line (a pair of Unix stream sockets).</summary>
    public static (Socket Ours, SafeSocketHandle Childs) Line()
    {
        var pair = stackalloc int[2];
        if (Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair) < 0) throw LinuxException.Last("socketpair");
        return (new Socket(new SafeSocketHandle(pair[0], ownsHandle: true)), new SafeSocketHandle(pair[1], ownsHandle: true));
    }

    /// <summary>Waits for its end; blocks.</summary>
    /// <returns>How it ended, such as "exit code 1" or "signal 9"; null: it still runs.</returns>
    public string? WaitFor(TimeSpan timeout)
    {
        if (_ending is not null) return _ending;
        var waited = new Libc.PollDescriptor { Fd = _handle.Number, Events = POLLIN };
        if (Libc.poll(&waited, 1, (int)timeout.TotalMilliseconds) <= 0) return null;
        int status;
        if (Libc.waitpid(Id, &status, 0) < 0) throw LinuxException.Last("waitpid");
        return _ending = (status & 0x7f) == 0 ? $"exit code {(status >> 8) & 0xff}" : $"signal {status & 0x7f}"; // WIFEXITED, WEXITSTATUS, WTERMSIG
    }

    /// <summary>Ends it, if it has not ended by itself, and waits.</summary>
    public void Dispose()
    {
        if (_ending is null)
        {
            _ = Libc.kill(Id, SIGKILL); // not waited for yet: the number is still its
            WaitFor(Timeout.InfiniteTimeSpan);
        }

        _handle.Dispose();
    }

    private static ChildProcess Spawn(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, List<Descriptor> sources)
    {
        using var argv = new CStrings([program, .. arguments]);
        using var envp = new CStrings(environment);
        Libc.SpawnActions actions;
        Check(Libc.posix_spawn_file_actions_init(&actions));
        try
        {
            int id, failed;
            fixed (byte* path = Libc.CString(program), nothing = "/dev/null\0"u8)
            {
                Check(Libc.posix_spawn_file_actions_addopen(&actions, 0, nothing, Libc.O_RDONLY, 0));
                Check(Libc.posix_spawn_file_actions_adddup2(&actions, 2, 1));
                for (var i = 0; i < sources.Count; i++) Check(Libc.posix_spawn_file_actions_adddup2(&actions, sources[i].Number, FirstDescriptor + i));
                Check(Libc.posix_spawn_file_actions_addclosefrom_np(&actions, FirstDescriptor + sources.Count));
                failed = Libc.posix_spawn(&id, path, &actions, null, argv.Pointers, envp.Pointers);
            }

            if (failed != 0) throw new LinuxException("posix_spawn", (Errno)failed, program);
            var handle = Libc.pidfd_open(id, 0);
            if (handle < 0) throw LinuxException.Last("pidfd_open");
            return new ChildProcess(id, new Descriptor(handle));
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(&actions);
        }

        static void Check(int errno)
        {
            if (errno != 0) throw new LinuxException("posix_spawn_file_actions", (Errno)errno);
        }
    }

    /// <summary>A null-terminated array of C's strings.</summary>
    private sealed class CStrings : IDisposable
    {
        private readonly List<nint> _texts;

        public CStrings(IReadOnlyList<string> texts)
        {
            _texts = [.. texts.Select(Marshal.StringToCoTaskMemUTF8)];
            Pointers = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
            for (var i = 0; i < texts.Count; i++) Pointers[i] = (byte*)_texts[i];
        }

        public byte** Pointers { get; }

        public void Dispose()
        {
            _texts.ForEach(Marshal.FreeCoTaskMem);
            NativeMemory.Free(Pointers);
        }
    }
}
