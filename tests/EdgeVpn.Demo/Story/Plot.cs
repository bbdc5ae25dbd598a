using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Demo.Cast;
using EdgeVpn.Demo.Screens;
using EdgeVpn.Demo.Traffic;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;

namespace EdgeVpn.Demo.Story;

/// <summary>The chapters, in order, and what they leave to each other: lab, broker, gateway, box.</summary>
public sealed class Plot(DemoOptions options, IScreen screen, StoryClock clock) : IAsyncDisposable
{
    private const int Echoes = 10, FileOctets = 8 << 20, BulkOctets = 64 << 20;
    private const int NoCarrier = 11; // ReasonCode: the digits that lights and why must show for a pulled cable

    private Lab? _lab;
    private Broker? _broker;
    private IVpnEnd? _gateway;
    private Box? _box;
    private Observers? _observers;

    /// <summary>Null until its chapter has made it.</summary>
    public Lab? Lab => _lab;

    public Box? Box => _box;

    public IReadOnlyList<Chapter> Chapters =>
    [
        new("Five namespaces, NAT in the middle", LabAsync, IsEssential: true),
        new("A broker on the internet, a gateway in the cloud", ServersAsync, IsEssential: true),
        new("The box boots with a broker's address and its name", BootAsync, IsEssential: true),
        new("Its configuration is published", PublishAsync, IsEssential: true),
        new("The tunnel is up", TunnelAsync, IsEssential: true),
        new("Echoes through the tunnel, both ways", EchoesAsync),
        new("A file is copied, checksums compared", FileAsync),
        new("Throughput", ThroughputAsync),
        new("Rekeys while packets flow", RekeyAsync),
        new("The cable is pulled", CableAsync),
        new("The cable is back", BackAsync),
        .. options.Keep ? Array.Empty<Chapter>() : [new("A clean stop", StopAsync)],
    ];

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_observers is not null) await _observers.DisposeAsync();
            if (_box is not null) await _box.DisposeAsync();
            if (_gateway is not null) await _gateway.DisposeAsync();
            if (_broker is not null) await _broker.DisposeAsync();
        }
        finally
        {
            // Whatever an actor's exit did: with the lab go its processes and namespaces.
            if (_lab is not null) await _lab.DisposeAsync();
        }
    }

    /// <summary>Lets go of the lab without taking it down.</summary>
    public async Task KeepAsync()
    {
        if (_observers is not null) await _observers.DisposeAsync();
        if (_lab is not null) await _lab.KeepAsync();
        (_observers, _box, _gateway, _broker, _lab) = (null, null, null, null, null);
    }

    private async Task<string> LabAsync(CancellationToken cancel)
    {
        _lab = await Lab.StartAsync("demo", new InternetState { Nat = true });
        await ClearCounter.StartAsync(_lab);
        screen.Say($"branch LAN 10.10.0.10 — box — internet with NAT — gateway 203.0.113.2 — cloud LAN 10.20.0.10; namespaces evlab-{_lab.Id}-*");
        return "branch LAN, box, internet, gateway, cloud LAN";
    }

    private async Task<string> ServersAsync(CancellationToken cancel)
    {
        _broker = new Broker(_lab!, options.Broker);
        var end = TunnelEnd.Cloud with { LocalSelectors = ["0.0.0.0/0"], RemoteSelectors = ["0.0.0.0/0"] };
        _gateway = options.Peer == CloudPeer.StrongSwan ? new StrongSwan(_lab!, StrongSwanRelease.Debian12, end) : new ApplianceEnd(_lab!, end, asAzure: options.Peer == CloudPeer.Azure);
        await Task.WhenAll(_broker.StartAsync(), _gateway.StartAsync());
        return $"{_broker.Product}, {_gateway.Product}";
    }

    private async Task<string> BootAsync(CancellationToken cancel)
    {
        _box = new Box(_lab!);
        foreach (var line in DemoDocuments.Boot().Split('\n').Where(line => line.Contains("name", StringComparison.Ordinal) || line.Contains("broker", StringComparison.Ordinal)))
            screen.Say("config.json: " + line.Trim());
        var start = clock.Elapsed;
        await _box.BootAsync(cancel);
        _observers = new Observers(_box, screen, clock);
        var answered = clock.Elapsed - start;
        await Until.TrueAsync("the box finds its broker", TimeSpan.FromSeconds(20), async () => (string?)(await _box.StatusAsync(cancel))?["cloud"]?["state"] is not (null or "off" or "connecting"));
        return $"answers after {Seconds(answered)}, at its broker after {Seconds(clock.Elapsed - start)}";
    }

    private async Task<string> PublishAsync(CancellationToken cancel)
    {
        var document = DemoDocuments.Desired(((Authentication.Psk)TunnelEnd.Cloud.Authentication).Secret);
        if (DemoDocuments.Errors(document) is { Count: > 0 } errors) throw new ChapterFailedException(string.Join("; ", errors));
        var file = Path.Combine(_lab!.RunFolder, DemoDocuments.Device + ".json");
        await File.WriteAllTextAsync(file, document, cancel);
        var start = clock.Elapsed;
        List<string> states = [];
        var last = "";
        await using var publish = _broker!.Publish(file, line =>
        {
            if (LineProcess.Json(line) is not { } step) return;
            last = line;
            states.Add((string?)step["state"] ?? "?");
            screen.Say($"edgefleet publish: {states[^1]} {Version(step)} {(string?)step["reason"]} {(string?)step["detail"]}".TrimEnd());
        });
        var exit = await publish.ExitAsync(cancel).WaitAsync(TimeSpan.FromSeconds(70), cancel);
        if (exit != 0) throw new ChapterFailedException($"edgefleet publish ended with {exit}: {last} {publish.Errors}");
        return $"{string.Join(" → ", states.Where(state => state is not ("online" or "offline")))} in {Seconds(clock.Elapsed - start)}";
    }

    private async Task<string> TunnelAsync(CancellationToken cancel)
    {
        var connection = await _box!.UpAsync(TimeSpan.FromSeconds(20), cancel);
        var ike = connection["ikeSas"]?[0];
        var child = UsedChild(connection) ?? throw new ChapterFailedException("up, but no child SA is used");
        screen.Say($"peer {(string?)ike?["peerIdentity"]} at {(string?)ike?["remote"]}, NAT: {(string?)ike?["nat"]}");
        var at = await _gateway!.SasAsync();
        if (!at.SelectMany(sa => sa.Children).Any(other => other.SpiOut == Spi(child, "inboundSpi") && other.SpiIn == Spi(child, "outboundSpi")))
            throw new ChapterFailedException($"{_gateway.Product} does not have this child SA");
        return $"IKE {(string?)ike?["suite"]}, ESP {(string?)child["suite"]} in {(string?)child["encapsulation"]}, the same SPIs on both ends";
    }

    private async Task<string> EchoesAsync(CancellationToken cancel)
    {
        var before = UsedChild(await _box!.UpAsync(TimeSpan.FromSeconds(5), cancel));
        var pause = TimeSpan.FromMilliseconds(100);
        var there = await Ping.RunAsync(_lab!, Node.BranchLan, LabAddresses.CloudHost, Echoes, pause);
        var back = await Ping.RunAsync(_lab!, Node.CloudLan, LabAddresses.BranchHost, Echoes, pause);
        var after = UsedChild(await _box.UpAsync(TimeSpan.FromSeconds(5), cancel));
        var sealedPackets = (long?)after?["packetsOut"] - (long?)before?["packetsOut"] ?? 0;
        if (there.Received + back.Received != 2 * Echoes) throw new ChapterFailedException($"{there.Received + back.Received} of {2 * Echoes} answered");
        if (sealedPackets < 2 * Echoes) throw new ChapterFailedException($"the box counts {sealedPackets} packets into the tunnel, {2 * Echoes} went in");
        return $"{there.Received + back.Received} of {2 * Echoes} answered";
    }

    private async Task<string> FileAsync(CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        var copy = await FileCopy.ToCloudAsync(_lab!, FileOctets, deadline.Token);
        screen.Say($"sha256 at the branch {copy.SentSha256}");
        screen.Say($"sha256 in the cloud  {copy.ReceivedSha256}");
        if (copy.Octets != FileOctets || copy.SentSha256 != copy.ReceivedSha256) throw new ChapterFailedException($"{copy.Octets} octets arrived, and the checksums differ");
        return $"{FileOctets >> 20} MiB in {Seconds(copy.Took)}, sha256 {copy.SentSha256[..12]}… on both ends";
    }

    private async Task<string> ThroughputAsync(CancellationToken cancel)
    {
        if (!HasIperf())
        {
            var bulk = await BulkCopy.ToCloudAsync(_lab!, BulkOctets, seed: 1, TimeSpan.FromSeconds(30));
            return bulk.SentSha256 == bulk.ReceivedSha256 ? $"{Mbps(bulk.MegabitsPerSecond)} up (one TCP stream)" : throw new ChapterFailedException("what arrived is not what was sent");
        }

        var time = TimeSpan.FromSeconds(3);
        var up = await Iperf.TcpAsync(_lab!, Node.BranchLan, Node.CloudLan, LabAddresses.CloudHost, time);
        screen.Say($"iperf3 branch → cloud {Mbps(up.ReceivedMegabitsPerSecond)}");
        var down = await Iperf.TcpAsync(_lab!, Node.CloudLan, Node.BranchLan, LabAddresses.BranchHost, time);
        if (up.ReceivedOctets == 0 || down.ReceivedOctets == 0) throw new ChapterFailedException("iperf3 moved nothing");
        return $"{Mbps(up.ReceivedMegabitsPerSecond)} up, {Mbps(down.ReceivedMegabitsPerSecond)} down (iperf3, one TCP stream, all on {Environment.ProcessorCount} cores)";
    }

    private async Task<string> RekeyAsync(CancellationToken cancel)
    {
        await using var up = UdpStream.ToCloud(_lab!);
        await using var down = UdpStream.ToBranch(_lab!);
        await Until.TrueAsync("both streams flow", TimeSpan.FromSeconds(5), () => up.Received > 50 && down.Received > 50);
        var before = await _box!.UpAsync(TimeSpan.FromSeconds(5), cancel);
        await RekeyAsync("--child", before, now => (string?)UsedChild(now)?["inboundSpi"] != (string?)UsedChild(before)?["inboundSpi"], cancel);
        await RekeyAsync("--ike", before, now => (string?)Established(now)?["initiatorSpi"] != (string?)Established(before)?["initiatorSpi"], cancel);
        var (up0, down0) = (up.Received, down.Received);
        await Until.TrueAsync("both streams still flow", TimeSpan.FromSeconds(5), () => up.Received > up0 + 100 && down.Received > down0 + 100);
        var results = new[] { await up.FinishAsync(), await down.FinishAsync() };
        var sent = results.Sum(result => result.Sent);
        if (results.Any(result => result.Lost + result.Duplicated + result.Corrupted > 0))
            throw new ChapterFailedException($"{results.Sum(result => result.Lost)} of {sent} lost, {results.Sum(result => result.Duplicated)} twice, {results.Sum(result => result.Corrupted)} damaged");
        return $"child SA and IKE SA replaced, 0 of {sent.ToString("N0", CultureInfo.InvariantCulture)} datagrams lost";
    }

    private async Task RekeyAsync(string what, JsonNode before, Func<JsonNode, bool> isNew, CancellationToken cancel)
    {
        screen.Say($"edgevpn rekey {what} {DemoDocuments.Connection}");
        var rekey = await _box!.CommandAsync("rekey", what, DemoDocuments.Connection);
        if (!rekey.Ok) throw new ChapterFailedException($"edgevpn rekey {what}: {rekey.Output}{rekey.Error}");
        await Until.TrueAsync($"new SPIs after rekey {what}; before: {(string?)UsedChild(before)?["inboundSpi"]}", TimeSpan.FromSeconds(10),
            async () => await _box.ConnectionAsync(cancel) is { } now && isNew(now));
    }

    private async Task<string> CableAsync(CancellationToken cancel)
    {
        var start = clock.Elapsed;
        await _lab!.PullCableAsync(WanLink.Branch);
        var why = "";
        await Until.TrueAsync($"why says {NoCarrier}", TimeSpan.FromSeconds(15), async () =>
        {
            cancel.ThrowIfCancellationRequested();
            why = (await _box!.CommandAsync("why", "--json")).Output;
            return Digits(why) == NoCarrier;
        }, () => why);
        var told = clock.Elapsed - start;
        foreach (var line in (await _box!.CommandAsync("why")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)) screen.Say("edgevpn why: " + line.TrimEnd());
        await Until.TrueAsync("the wan light is off", TimeSpan.FromSeconds(5), async () => (string?)(await _box.StatusAsync(cancel))?["lights"]?["wan"] == "off");
        var lost = await Ping.RunAsync(_lab, Node.BranchLan, LabAddresses.CloudHost, 3, TimeSpan.FromMilliseconds(50));
        if (lost.Received > 0) throw new ChapterFailedException("an echo came back through a pulled cable");
        return $"wan light off, why says {NoCarrier} after {Seconds(told)}";
    }

    private async Task<string> BackAsync(CancellationToken cancel)
    {
        var start = clock.Elapsed;
        await _lab!.PlugCableAsync(WanLink.Branch);
        await Until.TrueAsync("echoes are answered again", TimeSpan.FromSeconds(40), () =>
        {
            cancel.ThrowIfCancellationRequested();
            return Ping.AnswersAsync(_lab, Node.BranchLan, LabAddresses.CloudHost);
        });
        var answered = clock.Elapsed - start;
        await _box!.UpAsync(TimeSpan.FromSeconds(20), cancel);
        await Until.TrueAsync("wan and vpn lights are steady", TimeSpan.FromSeconds(20),
            async () => (await _box.StatusAsync(cancel))?["lights"] is { } lights && (string?)lights["wan"] == "steady" && (string?)lights["vpn"] == "steady");
        return $"echoes answered after {Seconds(answered)}, lights steady after {Seconds(clock.Elapsed - start)}";
    }

    private async Task<string> StopAsync(CancellationToken cancel)
    {
        var start = clock.Elapsed;
        var code = await _box!.StopAsync();
        var took = clock.Elapsed - start;
        if (code != 0) throw new ChapterFailedException(code is null ? "the box had to be killed" : $"the box ended with {code}");
        await Until.TrueAsync($"{_gateway!.Product} was told and has no SA left", TimeSpan.FromSeconds(5), async () => (await _gateway.SasAsync()).IsEmpty);
        var kept = await _broker!.ShowAsync();
        if ((bool?)JsonNode.Parse(kept.Checked().Output)?["online"] != false) throw new ChapterFailedException($"the broker does not show the box offline: {kept.Output}");
        // The guard stands without the daemon: the echo leaves the host and must not leave the box.
        if (await Ping.AnswersAsync(_lab!, Node.BranchLan, LabAddresses.CloudHost)) throw new ChapterFailedException("an echo was answered without a tunnel");
        var clear = await ClearCounter.ReadAsync(_lab!);
        if (clear > 0) throw new ChapterFailedException($"{clear} protected packets left the box in clear");
        await _gateway.StopAsync();
        if (!await _broker.StopAsync()) throw new ChapterFailedException("the broker did not end in good order");
        return $"box ended in {Seconds(took)}, its peer was told, its broker shows it offline; 0 packets in clear since the start";
    }

    private static JsonNode? UsedChild(JsonNode? connection) => (connection?["childSas"] as JsonArray)?.FirstOrDefault(child => (bool?)child?["used"] == true);

    private static JsonNode? Established(JsonNode? connection) => (connection?["ikeSas"] as JsonArray)?.FirstOrDefault(sa => (string?)sa?["state"] == "established");

    private static uint Spi(JsonNode child, string name) =>
        uint.TryParse((string?)child[name], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var spi) ? spi : 0;

    private static int? Digits(string why) => Parsed(why)?["reports"] is JsonArray reports
        ? reports.Select(report => (int?)report?["reason"]?["digits"]).FirstOrDefault(digits => digits is not null)
        : null;

    // What a command printed although it failed may be no JSON at all; then it says nothing about the reason.
    private static JsonNode? Parsed(string output)
    {
        try
        {
            return JsonNode.Parse(output);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Version(JsonNode step) => step["epoch"] is { } epoch ? $"{epoch}.{step["revision"]}" : "";

    private static bool HasIperf() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "iperf3")));

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";

    private static string Mbps(double megabits) => megabits.ToString("0", CultureInfo.InvariantCulture) + " Mbit/s";
}
