using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Demo.Cast;

/// <summary>The broker on the internet's host: <c>edgefleet broker</c> or a real Mosquitto; and <c>edgefleet</c> itself, at the operator's desk.</summary>
public sealed class Broker(Lab lab, BrokerKind kind) : IAsyncDisposable
{
    private readonly Mosquitto? _mosquitto = kind == BrokerKind.Mosquitto ? new Mosquitto(lab) : null;
    private Daemon? _embedded;

    /// <summary>EDGEVPN_FLEET, or the newest build of the operator's program.</summary>
    public static string Executable { get; } = Find() ?? "";

    public string Product => _mosquitto is null ? "edgefleet broker" : "Mosquitto";

    public async Task StartAsync()
    {
        if (_mosquitto is not null)
        {
            await _mosquitto.StartAsync();
            return;
        }

        if (Executable.Length == 0) throw new ChapterFailedException("the operator's program is not built: dotnet build -c Release src/EdgeVpn.Fleet");
        var daemon = lab.Start(Node.Internet, new DaemonSetup
        {
            Name = "broker",
            Command = [Executable, "broker", "--listen", $"{LabAddresses.InternetHost}:{Mosquitto.Port}", "--insecure"],
        });
        _embedded = daemon;
        await Until.TrueAsync("the broker listens", TimeSpan.FromSeconds(15), () =>
            !daemon.IsRunning ? throw new ChapterFailedException($"the broker ended with {daemon.ExitCode}: {Box.LastLines(daemon.Log())}")
                : daemon.Log().Contains("listening on", StringComparison.Ordinal), daemon.Log);
    }

    /// <summary>Runs <c>edgefleet publish FILE</c>; every state that the box reports is a line of JSON.</summary>
    public LineProcess Publish(string file, Action<string> line) => LineProcess.Start(lab, Node.Internet,
    [
        Executable, "publish", "--broker", Mosquitto.Url, "--insecure", "--fleet", DemoDocuments.Fleet, "--device", DemoDocuments.Device,
        "--timeout", "00:01:00", "--json", file,
    ], line);

    /// <summary>What the broker keeps of the box, as <c>edgefleet show --json</c> prints it.</summary>
    public Task<ToolResult> ShowAsync() => lab.TryRunAsync(Node.Internet,
        [Executable, "show", DemoDocuments.Device, "--fleet", DemoDocuments.Fleet, "--broker", Mosquitto.Url, "--insecure", "--json"]);

    /// <returns>False if it had to be killed, or ended with another code than 0.</returns>
    public async Task<bool> StopAsync()
    {
        if (_mosquitto is not null) await _mosquitto.StopAsync();
        return _embedded is null || (await _embedded.StopAsync(within: TimeSpan.FromSeconds(5)) && _embedded.ExitCode == 0);
    }

    public async ValueTask DisposeAsync()
    {
        if (_mosquitto is not null) await _mosquitto.DisposeAsync();
        if (_embedded is not null) await _embedded.DisposeAsync();
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("EDGEVPN_FLEET") is { Length: > 0 } named) return named;
        var builds = new DirectoryInfo(Path.Combine(LabFolders.Repository, "src", "EdgeVpn.Fleet", "bin"));
        return !builds.Exists ? null : builds.GetDirectories()
            .Select(build => new FileInfo(Path.Combine(build.FullName, "net10.0", "edgefleet")))
            .Where(file => file.Exists).MaxBy(file => file.LastWriteTimeUtc)?.FullName;
    }
}
