using System.Collections.Immutable;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Demo.Cast;

/// <summary>The daemon of the branch's box, and the commands a technician would type.</summary>
public sealed class Box : IAsyncDisposable
{
    private static readonly TimeSpan CommandDeadline = TimeSpan.FromSeconds(20);

    private readonly Lab _lab;
    private readonly string _folder;
    private Daemon? _daemon;

    public Box(Lab lab)
    {
        _lab = lab;
        _folder = Path.Combine(lab.RunFolder, "box");
    }

    public static string Executable => ApplianceFile.Path ?? throw new FileNotFoundException("the appliance is not built: dotnet build -c Release src/EdgeVpn.Appliance");

    public string Control => Path.Combine(_folder, "control");

    public bool IsRunning => _daemon?.IsRunning == true;

    /// <summary>Boots with <see cref="DemoDocuments.Boot"/> and an empty state; returns when the control socket answers.</summary>
    public async Task BootAsync(CancellationToken cancel)
    {
        var state = Path.Combine(_folder, "state");
        Directory.CreateDirectory(state);
        var config = Path.Combine(_folder, "config.json");
        await File.WriteAllTextAsync(config, DemoDocuments.Boot(), cancel);
        _daemon = _lab.Start(Node.Box, new DaemonSetup
        {
            Name = "box",
            Command = [Executable, "run", "--config", config, "--state", state, "--control", Control, "--board", "virtual"],
            Environment = ImmutableDictionary<string, string>.Empty.Add("NO_COLOR", "1"),
        });
        await Until.TrueAsync("the box answers on its control socket", TimeSpan.FromSeconds(20), async () =>
            !_daemon.IsRunning ? throw new ChapterFailedException($"the box ended with {_daemon.ExitCode}: {LastLines(_daemon.Log())}")
                : await StatusAsync(cancel) is not null, () => LastLines(_daemon.Log()));
    }

    /// <summary>What <c>edgevpn status --json</c> prints; null while there is no answer.</summary>
    public Task<JsonNode?> StatusAsync(CancellationToken cancel) => ControlSocket.AskAsync(Control, "status", cancel);

    /// <summary>The demo's connection in a status; null if it has none yet.</summary>
    public async Task<JsonNode?> ConnectionAsync(CancellationToken cancel) =>
        (await StatusAsync(cancel))?["connections"] is JsonArray connections
            ? connections.FirstOrDefault(each => (string?)each?["name"] == DemoDocuments.Connection)
            : null;

    /// <summary>Waits until the connection is up.</summary>
    public async Task<JsonNode> UpAsync(TimeSpan within, CancellationToken cancel)
    {
        JsonNode? seen = null;
        return await Until.SomethingAsync("the tunnel is up", within, async () =>
        {
            cancel.ThrowIfCancellationRequested();
            seen = await ConnectionAsync(cancel);
            return (string?)seen?["state"] == "up" ? seen : null;
        }, () => seen is null ? "no such connection" : $"{(string?)seen["state"]} {(string?)seen["reason"]?["sentence"]}");
    }

    /// <summary>Runs <c>edgevpn ARGUMENTS --control SOCKET</c>.</summary>
    public async Task<ToolResult> CommandAsync(params ImmutableArray<string> arguments) =>
        await _lab.TryRunAsync(Node.Box, [Executable, .. arguments, "--control", Control], within: CommandDeadline);

    /// <summary>Follows <c>edgevpn watch --json</c>.</summary>
    public LineProcess Watch(Action<JsonNode> happened) => LineProcess.Start(_lab, Node.Box, [Executable, "watch", "--json", "--control", Control], line =>
    {
        if (LineProcess.Json(line) is { } read) happened(read);
    });

    /// <summary>Asks it to end, as a service manager would.</summary>
    /// <returns>Its exit code; null if it had to be killed.</returns>
    public async Task<int?> StopAsync()
    {
        if (_daemon is null) return null;
        return await _daemon.StopAsync(within: TimeSpan.FromSeconds(10)) ? _daemon.ExitCode : null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null) await _daemon.DisposeAsync();
    }

    internal static string LastLines(string log) => string.Join(" / ", log.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(3));
}
