using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Peers;

/// <summary>Our own daemon in a node of a lab: the box at the branch, or the gateway in the cloud; spoken to through its control socket.</summary>
public sealed class ApplianceEnd : IVpnEnd
{
    private static readonly TimeSpan CommandDeadline = TimeSpan.FromSeconds(20);

    private readonly Lab _lab;
    private readonly string _folder;
    private readonly string _configFile;
    private readonly bool _exportKeys;
    private readonly string? _executable;
    private readonly bool _asAzure;
    private readonly JsonObject? _document;
    private Daemon? _daemon;

    /// <param name="exportKeys">Keys go into <see cref="KeyFile"/>, for a second implementation to check packets with.</param>
    /// <param name="executable">Another build than the newest of this tree.</param>
    /// <param name="asAzure">As a gateway, with the habits of Azure's.</param>
    /// <param name="document">Instead of the one connection that <paramref name="configuration"/> describes.</param>
    public ApplianceEnd(Lab lab, TunnelEnd configuration, bool exportKeys = false, string? executable = null, bool asAzure = false, JsonObject? document = null)
    {
        _document = document;
        _asAzure = asAzure;
        _executable = executable;
        _lab = lab;
        _exportKeys = exportKeys;
        Configuration = configuration;
        _folder = Path.Combine(lab.RunFolder, Name);
        _configFile = Path.Combine(_folder, "config.json");
    }

    public string Product => "EdgeVpn";

    public bool AlwaysUdp => false;

    public bool GuardsClearText => true;

    public bool KeepsUp => IsBox;

    public TunnelEnd Configuration { get; }

    public string ControlSocket => Path.Combine(_folder, "control");

    public string StateFolder => Path.Combine(_folder, "state");

    /// <summary>Where the daemon puts its keys, if it was asked to.</summary>
    public string KeyFile => Path.Combine(_lab.EvidenceFolder, Name + ".keys.jsonl");

    /// <summary>The daemon of this end; null before its start.</summary>
    public Daemon? Daemon => _daemon;

    private bool IsBox => Configuration.Node == Node.Box;

    private string Name => IsBox ? "branch" : "cloud";

    private string Executable => _executable ?? ApplianceFile.Path ?? throw new FileNotFoundException("the appliance is not built");

    public async Task StartAsync()
    {
        Directory.CreateDirectory(StateFolder);
        var document = (_document ?? ApplianceConfig.Document(Configuration)).ToJsonString(new JsonSerializerOptions { WriteIndented = true });
        await File.WriteAllTextAsync(_configFile, document);
        await File.WriteAllTextAsync(Path.Combine(_lab.EvidenceFolder, Name + ".config.json"), document);
        if (Configuration.Authentication is Authentication.Certificate { RevocationList: { } list })
        {
            var certificates = Directory.CreateDirectory(Path.Combine(StateFolder, "certificates"));
            await File.WriteAllBytesAsync(Path.Combine(certificates.FullName, "lab.crl"), list);
        }

        _daemon = _lab.Start(Configuration.Node, new DaemonSetup
        {
            Name = Name,
            Command =
            [
                Executable, IsBox ? "run" : "gateway", "--config", _configFile, "--state", StateFolder, "--control", ControlSocket,
                .. _asAzure ? ["--as", "azure"] : ImmutableArray<string>.Empty,
                .. _exportKeys ? ["--export-keys", KeyFile] : ImmutableArray<string>.Empty,
            ],
            Environment = ImmutableDictionary<string, string>.Empty.Add("NO_COLOR", "1").Add("EDGEVPN_DEBUG", Configuration.Quiet ? "" : "1"),
        });
        await Until.TrueAsync("the daemon answers on its control socket", TimeSpan.FromSeconds(60), async () =>
        {
            if (!_daemon.IsRunning) throw new InvalidOperationException($"the daemon ended with {_daemon.ExitCode}:\n{_daemon.Log()}");
            try
            {
                using var status = await AskAsync("status");
                return true;
            }
            catch (SocketException notYet) when (notYet.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.ConnectionRefused)
            {
                return false; // no socket yet, or that of the daemon before
            }
        }, _daemon.Log);
    }

    public async Task<bool> InitiateAsync() => (await CommandAsync("up", ApplianceConfig.ConnectionName)).Ok;

    /// <summary>Down with a delete. One that only answers then waits for the next call, as it did before.</summary>
    public async Task TerminateAsync()
    {
        (await CommandAsync("down", ApplianceConfig.ConnectionName)).Checked();
        if (!IsBox) (await CommandAsync("up", ApplianceConfig.ConnectionName)).Checked();
    }

    public Task RekeyIkeAsync() => RekeyAsync("ike");

    public Task RekeyChildAsync() => RekeyAsync("child");

    public Task ReauthenticateAsync() => RekeyAsync("authentication");

    public async Task<ImmutableArray<IkeSaStatus>> SasAsync()
    {
        using var status = await AskAsync("status");
        var connections = status.RootElement.GetProperty("result").GetProperty("connections");
        return [.. connections.EnumerateArray().SelectMany(Sas)];
    }

    /// <summary>How many of its connections carry packets.</summary>
    public async Task<int> ConnectionsUpAsync()
    {
        using var status = await AskAsync("status");
        return status.RootElement.GetProperty("result").GetProperty("connections").EnumerateArray().Count(connection => Text(connection, "state") == "up");
    }

    /// <summary>The digits of the reason that <c>edgevpn why</c> shows.</summary>
    public async Task<TunnelFault?> FaultAsync()
    {
        using var why = await AskAsync("why");
        foreach (var report in why.RootElement.GetProperty("result").GetProperty("reports").EnumerateArray())
            if (report.GetProperty("reason") is { ValueKind: JsonValueKind.Object } reason)
                return new TunnelFault(null, reason.GetProperty("digits").GetInt32(), report.GetRawText());
        return null;
    }

    public Task StopAsync() => _daemon?.StopAsync() ?? Task.CompletedTask;

    public Task KillAsync() => _daemon?.KillAsync() ?? Task.CompletedTask;

    /// <summary>Runs <c>edgevpn ARGUMENTS --control SOCKET</c>.</summary>
    public async Task<ToolResult> CommandAsync(params ImmutableArray<string> arguments) =>
        _lab.Note(await Tool.RunAsync([Executable, .. arguments, "--control", ControlSocket], within: CommandDeadline));

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null) await _daemon.DisposeAsync();
    }

    /// <summary>The named counters of the whole box.</summary>
    public async Task<ImmutableDictionary<string, long>> CountersAsync()
    {
        using var status = await AskAsync("status");
        var counters = status.RootElement.GetProperty("result").GetProperty("counters");
        return counters.EnumerateObject().ToImmutableDictionary(counter => counter.Name, counter => counter.Value.GetInt64(), StringComparer.Ordinal);
    }

    private async Task RekeyAsync(string what)
    {
        using var answer = await AskAsync("rekey", ("connection", ApplianceConfig.ConnectionName), ("what", what));
        if (answer.RootElement.TryGetProperty("error", out var error)) throw new InvalidOperationException($"{Name}: rekey of {what}: {error}");
    }

    /// <summary>Asks as the commands do, without starting a process for it: that takes more of the machine than what is asked for.</summary>
    private async Task<JsonDocument> AskAsync(string command, params ImmutableArray<(string Name, string Value)> arguments)
    {
        var request = new JsonObject { ["command"] = command };
        if (!arguments.IsEmpty) request["arguments"] = new JsonObject([.. arguments.Select(argument => KeyValuePair.Create(argument.Name, (JsonNode?)argument.Value))]);
        using var deadline = new CancellationTokenSource(CommandDeadline);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(ControlSocket), deadline.Token);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), deadline.Token);
        using var reader = new StreamReader(stream);
        var line = await reader.ReadLineAsync(deadline.Token) ?? throw new EndOfStreamException($"the daemon ended the connection instead of answering to {command}");
        _lab.Journal($"{Name}: {command}\n{line}\n");
        return JsonDocument.Parse(line);
    }

    // A child stands beside the IKE SAs of its connection, because it outlives them: it is told with the newest one that is established.
    private static IEnumerable<IkeSaStatus> Sas(JsonElement connection)
    {
        var sas = connection.GetProperty("ikeSas").EnumerateArray().ToArray();
        var owner = sas.LastOrDefault(sa => Text(sa, "state") == "established");
        foreach (var sa in sas)
        {
            var isOwner = owner.ValueKind == JsonValueKind.Object && Text(sa, "initiatorSpi") == Text(owner, "initiatorSpi");
            yield return new IkeSaStatus(
                Text(sa, "state"), Text(sa, "state") == "established", Text(sa, "initiatorSpi"), Text(sa, "responderSpi"), Text(sa, "role") == "initiator",
                TimeSpan.FromSeconds(sa.GetProperty("establishedSeconds").GetDouble()),
                isOwner ? [.. connection.GetProperty("childSas").EnumerateArray().Select(Child)] : [])
            {
                Local = IPEndPoint.Parse(Text(sa, "local")).Address.ToString(),
                Remote = IPEndPoint.Parse(Text(sa, "remote")).Address.ToString(),
            };
        }
    }

    private static ChildSaStatus Child(JsonElement child) => new(
        Text(child, "state"), Text(child, "state") == "installed", Spi(child, "inboundSpi"), Spi(child, "outboundSpi"),
        Number(child, "packetsIn"), Number(child, "octetsIn"), Number(child, "packetsOut"), Number(child, "octetsOut"),
        Text(child, "encapsulation") == "udp", Texts(child, "localSelectors"), Texts(child, "remoteSelectors"));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    private static uint Spi(JsonElement element, string name) => uint.Parse(Text(element, name), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static ImmutableArray<string> Texts(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(text => text.GetString() ?? "")];
}
