using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using EdgeVpn.Fleet.Broker;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests;

/// <summary>What a command left behind.</summary>
internal sealed record Ran(int Code, string Out, string Error)
{
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public JsonElement[] Json => [.. Lines.Select(l => JsonElement.Parse(l))];
}

/// <summary>Output that may be read while another thread writes it.</summary>
internal sealed class CapturedText : TextWriter
{
    private readonly System.Text.StringBuilder _text = new();

    public override System.Text.Encoding Encoding => System.Text.Encoding.UTF8;

    public override void Write(char value)
    {
        lock (_text) _text.Append(value);
    }

    public override void Write(string? value)
    {
        lock (_text) _text.Append(value);
    }

    public override string ToString()
    {
        lock (_text) return _text.ToString();
    }
}

/// <summary>An embedded broker, the command line as a user calls it, and boxes that are played by the test.</summary>
internal sealed class FleetLab : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    public static readonly TwinIdentity Box = new("lyon", "box");
    private readonly EmbeddedBroker _broker;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edgefleet-");

    private FleetLab(EmbeddedBroker broker) => _broker = broker;

    public BrokerAddress Address => new("127.0.0.1", _broker.EndPoint.Port, Tls: false);

    public static async Task<FleetLab> StartAsync() => new(await EmbeddedBroker.StartAsync(new BrokerOptions(new IPEndPoint(IPAddress.Loopback, 0))));

    public string File(string text, string name = "box.json")
    {
        var path = System.IO.Path.Combine(_folder.FullName, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    /// <summary>A fleet's folder on this broker with one enrolled box; its sealing key opens what is sealed to it.</summary>
    public FleetFolder Fleet(out ECDiffieHellman sealing)
    {
        var fleet = FleetFolder.Make(System.IO.Path.Combine(_folder.FullName, "fleet"), "lyon", Address, Address with { Port = Address.Port + 1 }, [], DateTimeOffset.UtcNow);
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        sealing = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        fleet.Save(new FleetMember("box", P256Key.Of(identity), P256Key.Of(sealing), "01", DateTimeOffset.UtcNow.AddYears(1), DateTimeOffset.UtcNow));
        return fleet;
    }

    /// <summary>Runs a command against this broker.</summary>
    public Task<Ran> RunAsync(params string[] args) => RunWithAsync([.. args, "--broker", Address.ToString()]);

    public static async Task<Ran> RunWithAsync(string[] args, CapturedText? output = null, bool color = false, TimeSpan? patience = null, CancellationToken cancel = default)
    {
        output ??= new CapturedText();
        var error = new CapturedText();
        var code = await FleetCommandLine.RunAsync(args, new FleetConsole(output, error, IsTerminal: false, HasColor: color), cancel).WaitAsync(patience ?? Deadline, CancellationToken.None);
        return new Ran(code, output.ToString(), error.ToString());
    }

    public Task<OperatorSession> ConnectAsync() => OperatorSession.ConnectAsync(new OperatorOptions(Address), CancellationToken.None);

    /// <summary>A box that answers each document it gets with these reports, one after the other.</summary>
    public async Task<PlayedBox> PlayAsync(params Func<DesiredDocument, ReportedDocument>[] answers) => await PlayedBox.StartAsync(await ConnectAsync(), answers);

    /// <summary>Asks again until it holds; fails with <paramref name="what"/> at the deadline.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        var end = DateTime.UtcNow + Deadline;
        while (!holds())
        {
            Assert.True(DateTime.UtcNow < end, $"not within {Deadline.TotalSeconds:0} s: {what}");
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>Plays a box: presence, and scripted reports.</summary>
internal sealed class PlayedBox : IAsyncDisposable
{
    private readonly OperatorSession _session;
    private readonly Task _playing;

    private PlayedBox(OperatorSession session, Func<DesiredDocument, ReportedDocument>[] answers)
    {
        _session = session;
        _playing = PlayAsync(answers);
    }

    public List<DesiredDocument> Documents { get; } = [];

    public static async Task<PlayedBox> StartAsync(OperatorSession session, Func<DesiredDocument, ReportedDocument>[] answers)
    {
        await session.SubscribeAsync([TwinTopic.Filter("lyon", "box", TwinChannel.Desired)], CancellationToken.None);
        var box = new PlayedBox(session, answers);
        await box.SayAsync(TwinChannel.Presence, """{"online":true,"session":"s1"}""", retain: true);
        return box;
    }

    public static Func<DesiredDocument, ReportedDocument> State(DocumentState state, ReportedReason? reason = null, params ReportedProblem[] problems) => d => new ReportedDocument
    {
        Epoch = d.Version.Epoch,
        Revision = d.Version.Revision,
        Sha256 = d.Reference.Sha256,
        State = state,
        Reason = reason,
        Problems = problems,
        Health = ReportedHealth.Healthy,
        InForce = state == DocumentState.Confirmed ? d.Reference : null,
    };

    public Task SayAsync(TwinChannel channel, string json, bool retain = false) =>
        _session.PublishAsync(new TwinTopic(FleetLab.Box, channel), System.Text.Encoding.UTF8.GetBytes(json), retain, CancellationToken.None);

    public Task ReportAsync(ReportedDocument report) => _session.PublishAsync(new TwinTopic(FleetLab.Box, TwinChannel.Reported), report.ToJson(), retain: true, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _playing;
    }

    private async Task PlayAsync(Func<DesiredDocument, ReportedDocument>[] answers)
    {
        try
        {
            await foreach (var message in _session.Messages.ReadAllAsync())
            {
                if (DocumentSigner.Look(message.Payload).Document is not { } document) continue;
                Documents.Add(document);
                foreach (var answer in answers) await ReportAsync(answer(document));
            }
        }
        catch (Exception over) when (over is BrokerException or ObjectDisposedException)
        {
            // The test is over, and took the session from under an answer.
        }
    }
}
