using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
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
    private Daemon? _daemon;

    public ApplianceEnd(Lab lab, TunnelEnd configuration)
    {
        _lab = lab;
        Configuration = configuration;
        _folder = Path.Combine(lab.RunFolder, Name);
        _configFile = Path.Combine(_folder, "config.json");
    }

    public string Product => "EdgeVpn";

    public bool AlwaysUdp => false;

    public bool GuardsClearText => true;

    public TunnelEnd Configuration { get; }

    public string ControlSocket => Path.Combine(_folder, "control");

    public string StateFolder => Path.Combine(_folder, "state");

    /// <summary>The daemon of this end; null before its start.</summary>
    public Daemon? Daemon => _daemon;

    private bool IsBox => Configuration.Node == Node.Box;

    private string Name => IsBox ? "branch" : "cloud";

    private static string Executable => ApplianceFile.Path ?? throw new FileNotFoundException("the appliance is not built");

    public async Task StartAsync()
    {
        Directory.CreateDirectory(StateFolder);
        var document = ApplianceConfig.Document(Configuration).ToJsonString(new JsonSerializerOptions { WriteIndented = true });
        await File.WriteAllTextAsync(_configFile, document);
        await File.WriteAllTextAsync(Path.Combine(_lab.EvidenceFolder, Name + ".config.json"), document);
        _daemon = _lab.Start(Configuration.Node, new DaemonSetup
        {
            Name = Name,
            Command = [Executable, IsBox ? "run" : "gateway", "--config", _configFile, "--state", StateFolder, "--control", ControlSocket],
            Environment = ImmutableDictionary<string, string>.Empty.Add("NO_COLOR", "1"),
        });
        await Until.TrueAsync("the daemon answers on its control socket", TimeSpan.FromSeconds(15), async () =>
            !_daemon.IsRunning ? throw new InvalidOperationException($"the daemon ended with {_daemon.ExitCode}:\n{_daemon.Log()}")
                : File.Exists(ControlSocket) && (await CommandAsync("status", "--json")).Ok, _daemon.Log);
    }

    public async Task<bool> InitiateAsync() => (await CommandAsync("up", ApplianceConfig.ConnectionName)).Ok;

    public async Task TerminateAsync() => (await CommandAsync("down", ApplianceConfig.ConnectionName)).Checked();

    public async Task RekeyIkeAsync() => (await CommandAsync("rekey", "--ike", ApplianceConfig.ConnectionName)).Checked();

    public async Task RekeyChildAsync() => (await CommandAsync("rekey", "--child", ApplianceConfig.ConnectionName)).Checked();

    /// <summary>Reads <c>connections[].ikeSas[].children[]</c> of <c>edgevpn status --json</c>.</summary>
    public async Task<ImmutableArray<IkeSaStatus>> SasAsync()
    {
        using var json = JsonDocument.Parse((await CommandAsync("status", "--json")).Checked().Output);
        return
        [
            .. from connection in json.RootElement.GetProperty("connections").EnumerateArray()
               from sa in connection.GetProperty("ikeSas").EnumerateArray()
               select Sa(sa),
        ];
    }

    /// <summary>The first reason code in <c>edgevpn why --json</c>.</summary>
    public async Task<TunnelFault?> FaultAsync()
    {
        var why = await CommandAsync("why", "--json");
        using var json = JsonDocument.Parse(why.Output);
        return FirstCode(json.RootElement) is { } code ? new TunnelFault(null, code, why.Output) : null;
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

    private static IkeSaStatus Sa(JsonElement sa) => new(
        Text(sa, "state"), Text(sa, "state") == "established", Text(sa, "initiatorSpi"), Text(sa, "responderSpi"), sa.GetProperty("isInitiator").GetBoolean(),
        Age(sa), [.. sa.GetProperty("children").EnumerateArray().Select(Child)]);

    private static ChildSaStatus Child(JsonElement child) => new(
        Text(child, "state"), Text(child, "state") == "installed", Spi(child, "spiIn"), Spi(child, "spiOut"),
        Number(child, "packetsIn"), Number(child, "octetsIn"), Number(child, "packetsOut"), Number(child, "octetsOut"),
        child.GetProperty("udpEncapsulated").GetBoolean(), Age(child), Texts(child, "localSelectors"), Texts(child, "remoteSelectors"));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    private static uint Spi(JsonElement element, string name) => uint.Parse(Text(element, name), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static TimeSpan Age(JsonElement element) => TimeSpan.Parse(Text(element, "age"), CultureInfo.InvariantCulture);

    private static ImmutableArray<string> Texts(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(text => text.GetString() ?? "")];

    private static int? FirstCode(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object when element.TryGetProperty("code", out var code) && code.TryGetInt32(out var number) => number,
        JsonValueKind.Object => element.EnumerateObject().Select(property => FirstCode(property.Value)).FirstOrDefault(code => code is not null),
        JsonValueKind.Array => element.EnumerateArray().Select(FirstCode).FirstOrDefault(code => code is not null),
        _ => null,
    };
}
