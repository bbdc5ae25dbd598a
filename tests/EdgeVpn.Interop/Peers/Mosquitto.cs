using System.Collections.Immutable;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Peers;

/// <summary>A real broker (MQTT 5) on the internet's host; what is retained survives its restart.</summary>
public sealed class Mosquitto : IAsyncDisposable
{
    public const int Port = 1883;

    private readonly Lab _lab;
    private readonly string _folder;
    private Daemon? _broker;

    public Mosquitto(Lab lab)
    {
        _lab = lab;
        _folder = Path.Combine(lab.RunFolder, "mosquitto");
    }

    /// <summary>As the box's configuration names it; plain TCP, so <c>"insecure": true</c> goes with it.</summary>
    public static string Url => $"mqtt://{LabAddresses.InternetHost}:{Port}";

    public bool IsRunning => _broker?.IsRunning == true;

    public async Task StartAsync()
    {
        Directory.CreateDirectory(_folder);
        var config = Path.Combine(_folder, "mosquitto.conf");
        await File.WriteAllTextAsync(config, $"""
            user root
            listener {Port} {LabAddresses.InternetHost}
            allow_anonymous true
            persistence true
            persistence_location {_folder}/
            autosave_interval 1
            autosave_on_changes true
            log_dest stdout
            log_type all

            """);
        _broker = _lab.Start(Node.Internet, new DaemonSetup { Name = "mosquitto", Command = ["mosquitto", "-c", config] });
        await Until.TrueAsync("the broker answers", TimeSpan.FromSeconds(5), async () =>
            !_broker.IsRunning ? throw new InvalidOperationException($"mosquitto ended with {_broker.ExitCode}:\n{_broker.Log()}")
                : (await TryPublishAsync("lab/hello", "")).Ok, _broker.Log);
    }

    public async Task StopAsync()
    {
        if (_broker is not null) await _broker.StopAsync();
    }

    /// <summary>SIGKILL: sessions break without a word, only what was saved is left.</summary>
    public async Task KillAsync()
    {
        if (_broker is not null) await _broker.KillAsync();
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Publishes with QoS 1. An empty message that is retained takes away what was.</summary>
    /// <exception cref="ToolFailedException">The broker did not take it.</exception>
    public async Task PublishAsync(string topic, string message, bool retain = false) => (await TryPublishAsync(topic, message, retain)).Checked();

    /// <summary>The next message on a topic, or what is retained there.</summary>
    /// <returns>Null if nothing comes within <paramref name="within"/>.</returns>
    public async Task<string?> NextAsync(string topic, TimeSpan within)
    {
        ImmutableArray<string> command = ["mosquitto_sub", .. Client, "-t", topic, "-C", "1", "-N", "-W", $"{Math.Max(1, (int)Math.Ceiling(within.TotalSeconds))}"];
        var next = await _lab.TryRunAsync(Node.Internet, command, within: within + TimeSpan.FromSeconds(5));
        return next.Ok ? next.Output : null;
    }

    /// <summary>Everything that comes on a topic filter from now on, one line each: topic, a space, the message.</summary>
    public async Task<MqttListener> ListenAsync(string filter, string name = "mqtt-listener")
    {
        var daemon = _lab.Start(Node.Internet, new DaemonSetup
        {
            Name = name,
            Command = ["stdbuf", "-oL", "mosquitto_sub", .. Client, "-d", "-t", filter, "-F", MqttListener.LineMark + "%t %p"],
        });
        await Until.TrueAsync("subscribed", TimeSpan.FromSeconds(5), () => daemon.Log().Contains("Subscribed", StringComparison.Ordinal), daemon.Log);
        return new MqttListener(daemon);
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }

    private static ImmutableArray<string> Client => ["-V", "mqttv5", "-h", LabAddresses.InternetHost, "-p", $"{Port}", "-q", "1"];

    private Task<ToolResult> TryPublishAsync(string topic, string message, bool retain = false)
    {
        ImmutableArray<string> how = [message.Length == 0 ? "-n" : "-s", .. retain ? ["-r"] : Array.Empty<string>()];
        return _lab.TryRunAsync(Node.Internet, ["mosquitto_pub", .. Client, "-t", topic, .. how], message);
    }
}

/// <summary>A subscriber that keeps what it hears.</summary>
public sealed class MqttListener(Daemon daemon)
{
    internal const string LineMark = "> ";

    /// <summary>Topic and message of everything heard so far, in order.</summary>
    public ImmutableArray<(string Topic, string Message)> Heard() =>
    [
        .. daemon.Log().Split('\n').Where(line => line.StartsWith(LineMark, StringComparison.Ordinal))
            .Select(line => line[LineMark.Length..].Split(' ', 2)).Select(parts => (parts[0], parts.Length > 1 ? parts[1] : "")),
    ];

    public Task StopAsync() => daemon.StopAsync();
}
