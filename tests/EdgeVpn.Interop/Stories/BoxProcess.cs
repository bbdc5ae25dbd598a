using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Stories;

/// <summary>Our daemon as a user starts it: from a file, or from nothing but a broker's address. Its state folder outlives its process.</summary>
internal sealed class BoxProcess(Lab lab, Node node)
{
    /// <summary>Everything that the box promises to do soon is done within this time, on a busy machine too.</summary>
    internal static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    /// <summary>Until a process answers: a build that is not native compiles itself first, and machines that run tests are busy.</summary>
    internal static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);

    /// <summary>Said on the command line besides.</summary>
    internal ImmutableArray<string> Besides { get; init; } = [];

    /// <summary>Set for its process besides.</summary>
    internal ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    private readonly string _folder = Path.Combine(lab.RunFolder, NameOf(node));
    private Daemon? _daemon;
    private ImmutableArray<string> _wrapper = [];

    internal Daemon Daemon => _daemon ?? throw new InvalidOperationException($"the daemon in {node} was not started");

    internal string Log => Daemon.Log();

    private string ControlSocket => Path.Combine(_folder, "control");

    private string ConfigFile => Path.Combine(_folder, "config.json");

    /// <summary>What the box keeps; readable while it is stopped or killed.</summary>
    internal string StateFolder => Path.Combine(_folder, "state");

    internal static string Executable => ApplianceFile.Path ?? throw new FileNotFoundException("the appliance is not built");

    /// <summary>Starts from a document in a file.</summary>
    internal Task StartAsync(JsonObject document)
    {
        Directory.CreateDirectory(_folder);
        Rewrite(document);
        return LaunchAsync("--config", ConfigFile);
    }

    /// <summary>Another document in the file that a running daemon was started from; it looks there again only when it starts over.</summary>
    internal void Rewrite(JsonObject document) => File.WriteAllText(ConfigFile, document.ToJsonString());

    /// <summary>Starts with what a box knows of its operator, and with what it kept.</summary>
    internal Task StartFromCloudAsync(TwinAddress twin) =>
        LaunchAsync("--broker", twin.Broker, "--fleet", twin.Fleet, "--device", twin.Device, "--insecure");

    /// <summary>Starts from what it kept, enrolled: nobody tells it anything.</summary>
    internal Task StartFromStateAsync() => LaunchAsync();

    /// <summary>The same, killed without a word when one of its threads makes a system call for the n-th time: before it is done.</summary>
    /// <param name="call"><c>rename</c>: a file is about to be put in its place. <c>fsync</c>: one was written beside it, or was just put there.</param>
    internal Task StartToBeKilledAtAsync(string call, int number)
    {
        var calls = call == "rename" ? "rename,renameat,renameat2" : call;
        _wrapper = ["strace", "-f", "-D", "-qqq", "-e", "trace=" + calls, "-e", $"inject={calls}:signal=SIGKILL:when={number}", "-o", "/dev/null"];
        return LaunchAsync();
    }

    /// <summary>The same, killed without a word as soon as its files show something.</summary>
    internal async Task StartToBeKilledWhenAsync(string what, Func<string, bool> filesShow)
    {
        _wrapper = ["env"];
        await LaunchAsync();
        var end = DateTime.UtcNow + StartsWithin;
        while (!filesShow(StateFolder))
        {
            if (DateTime.UtcNow > end) throw new TimeoutException($"the files never showed {what}");
            await Task.Yield(); // as fast as it goes: the moment is short
        }

        await KillAsync();
    }

    /// <summary>Starts from the file of before, and with what it kept.</summary>
    internal Task StartAgainAsync() => LaunchAsync("--config", ConfigFile);

    internal Task KillAsync() => Daemon.KillAsync();

    /// <summary>Runs <c>edgevpn ARGUMENTS --control SOCKET</c>.</summary>
    internal async Task<ToolResult> CommandAsync(params ImmutableArray<string> arguments) =>
        lab.Note(await Tool.RunAsync([Executable, .. arguments, "--control", ControlSocket], within: TimeSpan.FromSeconds(25)));

    /// <summary>Runs <c>edgevpn ARGUMENTS --state FOLDER</c>: what needs no daemon.</summary>
    internal async Task<ToolResult> OfflineAsync(params ImmutableArray<string> arguments) =>
        lab.Note(await Tool.RunAsync([Executable, .. arguments, "--state", StateFolder], within: TimeSpan.FromSeconds(25)));

    /// <summary>One line to the control socket, one line back: what is looked at again and again does not start a process each time.</summary>
    internal async Task<JsonNode> AskAsync(string command, params (string Name, string Value)[] arguments)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(ControlSocket), deadline.Token);
        await using var stream = new NetworkStream(socket);
        var request = new JsonObject
        {
            ["command"] = command,
            ["arguments"] = new JsonObject(arguments.Select(argument => KeyValuePair.Create(argument.Name, (JsonNode?)argument.Value))),
        };
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), deadline.Token);
        using var reader = new StreamReader(stream);
        var line = await reader.ReadLineAsync(deadline.Token) ?? throw new IOException($"{NameOf(node)} closed the control socket");
        return JsonNode.Parse(line)!["result"] ?? throw new InvalidOperationException($"{command}: {line}");
    }

    internal Task<JsonNode> StatusAsync() => AskAsync("status");

    internal async Task<string> StateAsync(string connection) =>
        (string)(await ConnectionAsync(connection))["state"]!;

    internal async Task<JsonObject> ConnectionAsync(string connection) =>
        (await StatusAsync())["connections"]!.AsArray().Select(one => one!.AsObject()).Single(one => (string)one["name"]! == connection);

    /// <summary>The digits of the reason in <c>why</c>; null while nothing is wrong.</summary>
    internal async Task<int?> ReasonAsync(string connection)
    {
        var report = (await AskAsync("why", ("connection", connection)))["reports"]!.AsArray().Single()!;
        return (int?)report["reason"]?["digits"];
    }

    internal Task UpAsync(string connection, TimeSpan? within = null) =>
        Until.TrueAsync($"{connection} is up", within ?? Soon, async () => await StateAsync(connection) == "up", () => Log);

    internal async Task<ImmutableSortedDictionary<string, string>> LightsAsync()
    {
        var lights = (await AskAsync("lights")).AsObject();
        return lights.Where(light => light.Value is not null).ToImmutableSortedDictionary(light => light.Key, light => light.Value!.ToString(), StringComparer.Ordinal);
    }

    /// <summary>Waits until a light shows a pattern.</summary>
    internal async Task LightAsync(string light, string pattern, TimeSpan? within = null)
    {
        var seen = "";
        await Until.TrueAsync($"{light} shows '{pattern}'", within ?? Soon, async () => (seen = (await LightsAsync())[light]) == pattern, () => seen);
    }

    /// <summary>Waits until the lights have a code to blink, or none: they ask the box five times a second.</summary>
    internal Task CodeAsync(string? code) => Until.TrueAsync(
        $"the lights' code is {code ?? "none"}", Soon, async () => (await LightsAsync()).GetValueOrDefault("code") == code, () => Log);

    /// <summary>Octets of memory that are really there (proc(5), VmRSS).</summary>
    internal long ResidentOctets()
    {
        var line = File.ReadLines($"/proc/{Daemon.ProcessId}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1_024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await StatusAsync();
            return true;
        }
        catch (SocketException)
        {
            return false; // not yet there, or a dead daemon's file
        }
    }

    private static string NameOf(Node node) => node == Node.Box ? "box" : "gateway";

    private async Task LaunchAsync(params ImmutableArray<string> from)
    {
        Directory.CreateDirectory(StateFolder);
        File.Delete(ControlSocket);
        _daemon = lab.Start(node, new DaemonSetup
        {
            Name = NameOf(node),
            Command = [.. _wrapper, Executable, node == Node.Box ? "run" : "gateway", .. from, .. Besides, "--state", StateFolder, "--control", ControlSocket, "--board", "virtual"],
            Environment = Environment.Add("NO_COLOR", "1"),
        });
        var isDoomed = !_wrapper.IsEmpty;
        _wrapper = [];
        if (isDoomed) return; // it may not live long enough to answer
        await Until.TrueAsync($"the daemon in {node} answers", StartsWithin, async () =>
            !_daemon.IsRunning ? throw new InvalidOperationException($"the daemon ended with {_daemon.ExitCode}:\n{_daemon.Log()}")
                : await AnswersAsync(), _daemon.Log);
    }
}

/// <summary>Where a box and its operator meet.</summary>
internal sealed record TwinAddress(string Broker, string Fleet, string Device)
{
    internal static TwinAddress Lyon { get; } = new(Mosquitto.Url, "lyon", "branch-042");

    internal string Topic(string channel) => $"edgevpn/{Fleet}/{Device}/{channel}";
}
