using System.Collections.Immutable;
using System.Diagnostics;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Processes;

public enum Signal { Hangup = 1, Interrupt = 2, Kill = 9, Terminate = 15, Continue = 18, Stop = 19 }

/// <summary>How a long-running process is set up inside a namespace.</summary>
public sealed record DaemonSetup
{
    /// <summary>Names the log file (<c>NAME.log</c>) and the private run folder.</summary>
    public required string Name { get; init; }

    public required ImmutableArray<string> Command { get; init; }

    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Another root for the process; the lab's run folder is visible in it under its own name.</summary>
    public string? Root { get; init; }
}

/// <summary>
/// A process that runs inside one namespace until it is stopped by its process id. Standard output and error go to a file.
/// </summary>
/// <remarks>
/// <c>ip netns exec</c> makes a private mount namespace, so a folder bound over /run there keeps pid files and sockets of several
/// instances apart. Every step execs the next, so the id .NET knows is the daemon's own.
/// </remarks>
public sealed class Daemon : IAsyncDisposable
{
    // $1 log, $2 private run folder, $3 root or "", $4 the labs' folder; then the command.
    private const string Enter = """
        exec >>"$1" 2>&1 </dev/null
        run=$2 root=$3 labs=$4; shift 4
        if [ -z "$root" ]; then mount --bind "$run" /run; exec "$@"; fi
        mkdir -p "$root/$labs"
        mount --bind "$labs" "$root/$labs"
        mount --bind "$run" "$root/run"
        mount --rbind /dev "$root/dev"
        mount -t proc proc "$root/proc"
        mount -t sysfs sysfs "$root/sys"
        exec chroot "$root" "$@"
        """;

    private readonly Process _process;
    private bool _disposed;

    private Daemon(Process process, string name, string log)
    {
        _process = process;
        Name = name;
        LogFile = log;
    }

    public string Name { get; }

    public string LogFile { get; }

    public int ProcessId => _process.Id;

    public bool IsRunning => !_disposed && !_process.HasExited;

    /// <summary>Exit code, or 128 + the signal's number; only after <see cref="IsRunning"/> turned false.</summary>
    public int ExitCode => _process.ExitCode;

    internal static Daemon Start(string netns, DaemonSetup setup, string runFolder, string logFile)
    {
        Directory.CreateDirectory(runFolder);
        ImmutableArray<string> command =
        [
            // A session of its own: Ctrl-C on the terminal is for who runs the lab, and that one stops its daemons in order.
            "setsid", "ip", "netns", "exec", netns, "bash", "-ec", Enter, "lab",
            logFile, runFolder, setup.Root ?? "", LabFolders.Root, .. setup.Command,
        ];
        var process = new Process { StartInfo = Tool.StartInfo(command, setup.Environment) };
        process.Start();
        return new Daemon(process, setup.Name, logFile);
    }

    /// <summary>Everything it has written so far.</summary>
    public string Log() => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    public void Send(Signal signal)
    {
        if (IsRunning) _ = Libc.Kill(ProcessId, (int)signal);
    }

    /// <summary>Asks it to end, and kills it if it does not within <paramref name="within"/>.</summary>
    /// <returns>False if it had to be killed.</returns>
    public async Task<bool> StopAsync(Signal signal = Signal.Terminate, TimeSpan? within = null)
    {
        Send(signal);
        using var deadline = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(5));
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            Send(Signal.Kill);
            await _process.WaitForExitAsync(CancellationToken.None);
            return false;
        }
    }

    public Task KillAsync() => StopAsync(Signal.Kill);

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        if (IsRunning) await StopAsync(within: TimeSpan.FromSeconds(2));
        _disposed = true;
        _process.Dispose();
    }
}
