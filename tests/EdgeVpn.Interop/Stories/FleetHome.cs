using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A fleet as <c>edgefleet init</c> makes it: its folder, and its Mosquitto with certificates and access rules on the internet's host.</summary>
internal sealed class FleetHome : IAsyncDisposable
{
    internal const string Device = "branch-042";
    private const int Port = 8883;
    private readonly Lab _lab;
    private Daemon? _broker;

    private FleetHome(Lab lab) => _lab = lab;

    internal static string Url => $"mqtts://{LabAddresses.InternetHost}:{Port}";

    internal string Folder => Path.Combine(_lab.RunFolder, "fleet");

    internal static async Task<FleetHome> MakeAsync(Lab lab)
    {
        var home = new FleetHome(lab);
        await lab.RunAsync(Node.Internet, [FleetTool.Executable!, "init", "--fleet", "lyon", "--broker", Url, "--folder", home.Folder], within: TimeSpan.FromSeconds(30));
        await home.StartBrokerAsync();
        return home;
    }

    internal async Task StartBrokerAsync()
    {
        // As written, but for the user it becomes and where it keeps its state.
        var text = await File.ReadAllTextAsync(Path.Combine(Folder, "broker", "mosquitto.conf"));
        var file = Path.Combine(_lab.RunFolder, "mosquitto.conf");
        await File.WriteAllTextAsync(file, $"user root\n{text.Replace("/var/lib/mosquitto/", _lab.RunFolder + "/", StringComparison.Ordinal)}\nlog_dest stdout\n");
        _broker = _lab.Start(Node.Internet, new DaemonSetup { Name = "mosquitto", Command = ["mosquitto", "-c", file] });
        await Until.TrueAsync("the broker answers", TimeSpan.FromSeconds(10), async () =>
            !_broker.IsRunning ? throw new InvalidOperationException($"mosquitto ended with {_broker.ExitCode}:\n{_broker.Log()}")
                : (await PublishAsync("edgevpn/operator/mark/response/hello", "", retain: false)).Ok, _broker.Log);
    }

    internal async Task StopBrokerAsync()
    {
        if (_broker is not null) await _broker.StopAsync();
    }

    /// <summary>Runs <c>edgefleet ARGUMENTS --folder …</c> beside the broker.</summary>
    internal Task<ToolResult> RunAsync(params ImmutableArray<string> arguments) =>
        _lab.TryRunAsync(Node.Internet, [FleetTool.Executable!, .. arguments, "--folder", Folder], within: TimeSpan.FromSeconds(90));

    /// <summary>A claim card's text.</summary>
    internal async Task<string> CardAsync()
    {
        var card = await RunAsync("enrol", Device, "--card", "--json");
        Assert.True(card.Ok, card.ToString());
        return (string)JsonNode.Parse(card.Output.Split('\n')[0])!["claim"]!;
    }

    /// <summary>Both sides of an enrolment, each with its own command.</summary>
    internal async Task EnrolAsync(BoxProcess box)
    {
        var claim = Path.Combine(_lab.RunFolder, "claim.txt");
        await File.WriteAllTextAsync(claim, await CardAsync());
        Directory.CreateDirectory(box.StateFolder);
        var asking = _lab.TryRunAsync(Node.Box, [BoxProcess.Executable, "enrol", claim, "--state", box.StateFolder, "--timeout", "00:01:00"], within: TimeSpan.FromSeconds(70));
        var admitting = RunAsync("enrol", Device, "--yes", "--timeout", "00:01:00");
        Assert.True((await asking).Ok, (await asking).ToString());
        Assert.True((await admitting).Ok, (await admitting).ToString());
    }

    /// <summary>What the box is to be from now on, as a person would save it.</summary>
    internal async Task<string> WantAsync(JsonObject document)
    {
        var file = Path.Combine(Folder, "configs", Device + ".json");
        await File.WriteAllTextAsync(file, document.ToJsonString());
        return file;
    }

    /// <summary>Publishes a configuration, signed and sealed, and follows it to its end.</summary>
    internal async Task<PublishResult> SendAsync(JsonObject document)
    {
        var file = await WantAsync(document);
        var published = await RunAsync("publish", file, "--device", Device, "--json", "--timeout", "00:01:00");
        return new PublishResult(published.ExitCode,
            [.. published.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())]);
    }

    /// <summary>Whatever the octets, as the operator's own certificate may.</summary>
    internal Task<ToolResult> PublishAsync(string topic, string message, bool retain) => _lab.TryRunAsync(
        Node.Internet, ["mosquitto_pub", .. Client, "-t", topic, message.Length == 0 ? "-n" : "-s", .. retain ? ["-r"] : Array.Empty<string>()], message, TimeSpan.FromSeconds(20));

    internal async Task<string?> RetainedAsync(string channel)
    {
        var next = await _lab.TryRunAsync(Node.Internet, ["mosquitto_sub", .. Client, "-t", $"edgevpn/lyon/{Device}/{channel}", "-C", "1", "-N", "-W", "3"], within: TimeSpan.FromSeconds(10));
        return next.Ok ? next.Output : null;
    }

    /// <summary>Octets of everything that is retained on a filter, by topic.</summary>
    internal async Task<ImmutableSortedDictionary<string, long>> RetainedSizesAsync(string filter)
    {
        var all = await _lab.TryRunAsync(Node.Internet, ["mosquitto_sub", .. Client, "-t", filter, "--retained-only", "-F", "%t %l", "-W", "3"], within: TimeSpan.FromSeconds(10));
        return all.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')).ToImmutableSortedDictionary(static l => l[0], static l => long.Parse(l[1], null), StringComparer.Ordinal);
    }

    internal async Task<JsonObject> ReportAsync(string what, Func<JsonObject, bool> isIt)
    {
        JsonObject? last = null;
        return await Until.SomethingAsync(what, TimeSpan.FromSeconds(45), async () =>
        {
            if (await RetainedAsync("reported") is { } text) last = JsonNode.Parse(text)!.AsObject();
            return last is not null && isIt(last) ? last : null;
        }, () => last?.ToJsonString() ?? "nothing");
    }

    /// <summary>An envelope with any body, signed by the fleet's key or by another.</summary>
    internal string Signed(int revision, string body, string device = Device, bool byStranger = false, string type = SignedType.Desired, DateTimeOffset? notAfter = null) =>
        Signed(Envelope(revision, body, device, notAfter), byStranger, type);

    /// <summary>An envelope whose body is elsewhere, or is said to be, signed by the fleet's key.</summary>
    internal string Referring(int revision, BodyReference body) => Signed(Document(revision, "{}").Referring(body).ToJson());

    internal static byte[] Envelope(int revision, string body, string device = Device, DateTimeOffset? notAfter = null) => Document(revision, body, device, notAfter).ToJson();

    private string Signed(byte[] envelope, bool byStranger = false, string type = SignedType.Desired)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (!byStranger) key.ImportFromPem(File.ReadAllText(Path.Combine(Folder, "keys", "fleet.pem")));
        return System.Text.Encoding.ASCII.GetString(SignedMessage.Sign(key, type, envelope));
    }

    private static DesiredDocument Document(int revision, string body, string device = Device, DateTimeOffset? notAfter = null) => new()
    {
        Recipient = new TwinIdentity("lyon", device),
        Version = new DocumentVersion(1, revision),
        Schema = DesiredDocument.CurrentSchema,
        IssuedAt = DateTimeOffset.UtcNow,
        NotAfter = notAfter,
        Body = System.Text.Encoding.UTF8.GetBytes(body),
    };

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }

    private ImmutableArray<string> Client =>
    [
        "-V", "mqttv5", "-h", LabAddresses.InternetHost, "-p", $"{Port}", "-q", "1",
        "--cafile", $"{Folder}/keys/ca.crt", "--cert", $"{Folder}/keys/operator.crt", "--key", $"{Folder}/keys/operator.key",
    ];
}
