using System.Runtime.Versioning;
using System.Text;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A box that was enrolled: whom it believes, what it survives, and that nothing locks it out.</summary>
[Trait("story", "fleet")]
public sealed class FleetStory
{
    private static readonly string Desired = $"edgevpn/lyon/{FleetHome.Device}/desired";

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task A_box_enrolled_with_a_card_gets_its_tunnel_from_a_signed_document_and_does_what_the_operator_orders()
    {
        await using var lab = await Story.BeginAsync("fleet-enrol", fleet: true);
        await using var home = await FleetHome.MakeAsync(lab);
        var box = await EnrolledAsync(lab, home);
        Assert.True((await home.SendAsync(Document())).ExitCode == 0);
        await Story.EchoesPassAsync(lab);
        var report = await home.ReportAsync("it says what it can do", r => r["capabilities"] is not null);
        Assert.Equal("ES256", (string)report["capabilities"]!["signatures"]![0]!);
        Assert.False((bool?)report["insecure"] ?? false);

        // The operator sees the lights that a person before the box sees.
        foreach (var light in (string[])["power", "wan", "vpn", "cloud"]) await box.LightAsync(light, "steady");
        var seen = await box.LightsAsync();
        await home.ReportAsync("its lights", r => r["lights"] is JsonObject told && told.All(light => seen[light.Key] == (string)light.Value!));
        Assert.Contains("; power steady, wan steady, vpn steady, cloud steady", (await home.RunAsync("list")).Output, StringComparison.Ordinal);

        // The secret is nowhere but in memory and in the peer: not with the broker, not in the state folder, not in what the box says.
        var psk = (string)Document()["secrets"]![StoryDocuments.Hub]!["psk"]!;
        Assert.DoesNotContain(psk, await home.RetainedAsync("desired"), StringComparison.Ordinal);
        Assert.DoesNotContain(psk, (await box.CommandAsync("config", "show")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(psk, box.Log, StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(box.StateFolder)) Assert.DoesNotContain(psk, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(box.StateFolder, "keys.pem")));

        var why = await home.RunAsync("command", "why", FleetHome.Device, $"connection={StoryDocuments.Hub}", "--json");
        Assert.True(why.Ok, why.ToString());
        Assert.True((bool)JsonNode.Parse(why.Output)!["answer"]!["reports"]![0]!["healthy"]!);
        var spis = (await box.ConnectionAsync(StoryDocuments.Hub))["childSas"]!.ToJsonString();
        var rekey = await home.RunAsync("command", "rekey", FleetHome.Device, $"connection={StoryDocuments.Hub}");
        Assert.True(rekey.Ok, rekey.ToString());
        Assert.NotEqual(spis, (await box.ConnectionAsync(StoryDocuments.Hub))["childSas"]!.ToJsonString());
        Assert.Contains("did rekey", (await home.RunAsync("command", "log", FleetHome.Device, "lines=50")).Output, StringComparison.Ordinal);
        Assert.True((await home.RunAsync("command", "identify", FleetHome.Device, "seconds=30")).Ok);
        await LengthyOrdersAsync(lab, home);
        Assert.True((await home.RunAsync("renew", FleetHome.Device)).Ok);
        Assert.True((await home.RunAsync("keys", "rotate")).Ok);
        await home.ReportAsync("it trusts both keys", r => r["capabilities"]!["fleetKeys"]!.AsArray().Count == 2);
        Assert.True((await home.RunAsync("keys", "finish")).Ok);
        await home.ReportAsync("it trusts the new key alone", r => r["capabilities"]!["fleetKeys"]!.AsArray().Count == 1);
        Assert.True((await home.SendAsync(Document())).ExitCode == 0); // signed by the new one

        // What stands on the disk is enough for a start without a broker: the sealed secret is opened again.
        await box.Daemon.StopAsync();
        await home.StopBrokerAsync();
        await box.StartFromStateAsync();
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
    }

    private static async Task LengthyOrdersAsync(Lab lab, FleetHome home)
    {
        // A capture that nobody on the way can read, and that a packet analyser can.
        var file = Path.Combine(lab.RunFolder, "fetched.pcapng");
        var fetching = home.RunAsync("capture", FleetHome.Device, file, "--seconds", "2");
        await Story.EchoesPassAsync(lab);
        var fetched = await fetching;
        Assert.True(fetched.Ok, fetched.ToString());
        var seen = await Tool.RunAsync(["tshark", "-r", file, "-T", "fields", "-e", "_ws.col.Protocol"], within: TimeSpan.FromSeconds(30));
        Assert.Contains("ISAKMP", seen.Output, StringComparison.Ordinal);

        // TCP through the tunnel, and only there.
        await using var server = lab.Start(Node.CloudLan, new DaemonSetup { Name = "iperf3", Command = ["iperf3", "-s"] });
        ToolResult? speed = null;
        await Until.TrueAsync("iperf3 answers through the tunnel", TimeSpan.FromMinutes(1), async () =>
            (speed = await home.RunAsync("command", "speedtest", FleetHome.Device, $"connection={StoryDocuments.Hub}", $"host={LabAddresses.CloudHost}", "seconds=1", "--json")).Ok, () => speed?.ToString() ?? "");
        var measured = JsonNode.Parse(speed!.Output)!["answer"]!;
        Assert.True((double)measured["upBitsPerSecond"]! > 1e6 && (double)measured["downBitsPerSecond"]! > 1e6, speed.Output);
        var elsewhere = await home.RunAsync("command", "speedtest", FleetHome.Device, $"connection={StoryDocuments.Hub}", $"host={LabAddresses.InternetHost}");
        Assert.Contains("is not in a network behind", elsewhere.Output, StringComparison.Ordinal);
        Assert.Contains("the package's unit would", (await home.RunAsync("command", "reboot", FleetHome.Device)).Output, StringComparison.Ordinal);

        // The same counters for a collector on the machine.
        var page = await lab.TryRunAsync(Node.Box, ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9464; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"], within: TimeSpan.FromSeconds(10));
        Assert.Contains($"edgevpn_tunnel_up_ratio{{edgevpn_connection=\"{StoryDocuments.Hub}\"}} 1", page.Output, StringComparison.Ordinal);
        Assert.Contains("edgevpn_cloud_connected_ratio 1", page.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_a_broker_makes_up_swaps_or_replays_changes_nothing_and_is_named()
    {
        await using var lab = await Story.BeginAsync("fleet-faults", fleet: true);
        await using var home = await FleetHome.MakeAsync(lab);
        var box = await EnrolledAsync(lab, home);
        Assert.True((await home.SendAsync(Document())).ExitCode == 0);
        var first = (await home.RetainedAsync("desired"))!.Trim();
        Assert.True((await home.SendAsync(Document())).ExitCode == 0);
        await Story.EchoesPassAsync(lab);
        await using var stream = UdpStream.ToCloud(lab);

        var count = 0;
        var body = Document().ToJsonString();
        await DiscardedAsync("unsigned", Encoding.UTF8.GetString(FleetHome.Envelope(3, "{}")), "unverified");
        await DiscardedAsync("signed by a stranger", home.Signed(3, body, byStranger: true), "unverified");
        await DiscardedAsync("signed as something else", home.Signed(3, body, type: Model.Jose.SignedType.Command), "unverified");
        await DiscardedAsync("truncated", home.Signed(3, body)[..^7], "unverified");
        await DiscardedAsync("another box's", home.Signed(3, body, device: "branch-043"), "foreign");
        await DiscardedAsync("replayed", first, "older");
        await DiscardedAsync("deeply nested", home.Signed(3, new string('[', 60) + new string(']', 60)), "unreadable");
        await DiscardedAsync("the same revision with another body", home.Signed(2, body), "conflicting");
        await DiscardedAsync("too large", new string('x', TwinLimits.MaxDesiredOctets + 1), "oversized");
        // Ten megabytes do not even pass the broker; what it withholds only delays.
        await home.PublishAsync(Desired, new string('x', 10_000_000), retain: false);
        Assert.Equal(count, (int)(await home.ReportAsync("still there", _ => true))["discarded"]!["count"]!);

        // Authentic, and yet not to be taken: refused, with every problem, and nothing older afterwards.
        await home.PublishAsync(Desired, home.Signed(4, body, notAfter: DateTimeOffset.UtcNow - TimeSpan.FromMinutes(1)), retain: true);
        var late = await home.ReportAsync("a document that is over", r => (int)r["revision"]! == 4);
        Assert.Equal(("refused", "$.notAfter"), ((string)late["state"]!, (string)late["problems"]![0]!["path"]!));
        var broken = Document();
        broken["secrets"]![StoryDocuments.Hub] = new JsonObject { ["sealed"] = "eyJhbGciOiJFQ0RILUVTIn0..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA" };
        await home.PublishAsync(Desired, home.Signed(5, broken.ToJsonString()), retain: true);
        var refused = await home.ReportAsync("a secret that does not open", r => (int)r["revision"]! == 5 && (string)r["state"]! == "refused");
        Assert.Equal(("refused", $"$.body.secrets.{StoryDocuments.Hub}.sealed"), ((string)refused["state"]!, (string)refused["problems"]![0]!["path"]!));
        Assert.Equal(2, (int)refused["inForce"]!["revision"]!);
        Assert.Equal(2, (int)(await box.StatusAsync())["configuration"]!["revision"]!);
        Story.NothingLost(await stream.FinishAsync());

        async Task DiscardedAsync(string what, string message, string cause)
        {
            await home.PublishAsync(Desired, message, retain: false);
            var report = await home.ReportAsync(what, r => (int?)r["discarded"]?["count"] == count + 1);
            count++;
            Assert.True(cause == (string)report["discarded"]!["cause"]!, $"{what}: {report["discarded"]!.ToJsonString()}");
            Assert.Equal(("confirmed", 2), ((string)report["state"]!, (int)report["revision"]!));
        }
    }

    [Fact]
    public async Task Documents_that_would_cut_the_box_off_are_taken_back_with_reason_53()
    {
        await using var lab = await Story.BeginAsync("fleet-lockout", fleet: true);
        await using var home = await FleetHome.MakeAsync(lab);
        var box = await EnrolledAsync(lab, home);
        Assert.True((await home.SendAsync(Document())).ExitCode == 0);

        var secret = Document(commitConfirmSeconds: 4).WithSecret("not-the-one-that-the-gateway-has");
        var selectors = Document(commitConfirmSeconds: 4);
        selectors.Connection(StoryDocuments.Hub)["trafficSelectors"] = new JsonArray(new JsonObject { ["local"] = "10.99.0.0/24", ["remote"] = "10.98.0.0/24" });
        var broker = Document(commitConfirmSeconds: 4);
        broker["cloud"]!["broker"] = $"mqtts://{LabAddresses.InternetHost}:9";
        var wan = Document(commitConfirmSeconds: 4);
        wan["interfaces"]![0]!["ipv4"]!["gateway"] = LabAddresses.InternetBranchSide + "54"; // of the same network, and nobody's
        await lab.RunAsync(Node.Box, ["ip", "route", "del", "default"]); // the lab's: from here on the document's own carries
        foreach (var (what, document) in ((string, JsonObject)[])[("secret", secret), ("selectors", selectors), ("broker", broker), ("wan", wan)])
        {
            var sent = await home.SendAsync(document);
            Assert.True(sent.ExitCode == 1, $"{what}: {sent}");
            Assert.True(("reverted", 53) == ((string)sent.Lines[^1]["state"]!, (int)sent.Lines[^1]["code"]!), $"{what}: {sent}");
            await Story.CarriesAgainAsync(lab, TimeSpan.FromSeconds(10));
            await Story.EchoesPassAsync(lab);
            Assert.Equal(1, (int)(await box.StatusAsync())["configuration"]!["revision"]!);
        }

        await home.ReportAsync("the operator is told", r => (string)r["state"]! == "reverted");
        Assert.True((await home.SendAsync(Document())).ExitCode == 0);
    }

    [Fact]
    public async Task Killed_while_it_writes_or_tries_the_box_starts_from_the_old_or_the_new_document_and_says_which()
    {
        await using var lab = await Story.BeginAsync("fleet-kill", fleet: true);
        if (!File.Exists("/usr/bin/strace")) Assert.Skip("strace is not installed.");
        await using var home = await FleetHome.MakeAsync(lab);
        var box = await EnrolledAsync(lab, home);
        Assert.True((await home.SendAsync(Document())).ExitCode == 0);
        var revision = 1;
        var outcomes = new List<string>();
        // Between the steps of the first files of a start and a trial; then in the middle of the trial, and right after the commit. What a kill between any two
        // steps of any write leaves is EveryWriteTests' to say; here it is a real one, of a real box.
        foreach (var kill in (string[])["rename 1", "fsync 2", "rename 2", "fsync 5", "rename 4", "applied", "committed"])
        {
            await box.Daemon.StopAsync();
            // The document waits at the broker: start and trial are one run from file to file.
            revision++;
            var changed = Document();
            changed.Connection(StoryDocuments.Hub)["esp"]!["lifetime"] = TimeSpan.FromMinutes(30 + revision).ToString("c");
            await home.PublishAsync(Desired, home.Signed(revision, changed.ToJsonString()), retain: true);
            if (kill == "applied") await box.StartToBeKilledWhenAsync(kill, folder => Newest(folder) == (revision, "Applied"));
            else if (kill == "committed") await box.StartToBeKilledWhenAsync(kill, folder => (int)State(folder, "confirmed.json")["revision"]! == revision);
            else await box.StartToBeKilledAtAsync(kill[..^2], kill[^1] - '0');
            var survived = false;
            await Until.TrueAsync($"killed at {kill}, or through", TimeSpan.FromSeconds(60), async () =>
            {
                if (!box.Daemon.IsRunning) return true;
                return survived = await home.RetainedAsync("reported") is { } text && JsonNode.Parse(text) is { } report
                    && (int)report["revision"]! == revision && (string)report["state"]! is "confirmed" or "reverted" or "refused";
            }, () => box.Log);

            if (survived)
            {
                // Its files were put in their places by more threads than one this time.
                outcomes.Add($"{kill}: through");
                continue;
            }

            var copy = box.StateFolder + "-copy";
            await lab.RunAsync(Node.Box, ["cp", "-a", box.StateFolder, copy]);
            Directory.Delete(box.StateFolder, recursive: true);
            Directory.Move(copy, box.StateFolder); // what a power cut leaves, and nothing that the process might still have held
            await box.StartFromStateAsync();
            await box.UpAsync(StoryDocuments.Hub);
            await Story.CarriesAgainAsync(lab, TimeSpan.FromSeconds(10));
            var said = await home.ReportAsync($"killed at {kill}: its last word", r => (int)r["revision"]! == revision && (string)r["state"]! is "confirmed" or "reverted");
            var inForce = (int)(await box.StatusAsync())["configuration"]!["revision"]!;
            // Old or new, whole, and told as it is.
            Assert.True((string)said["state"]! == "confirmed" ? inForce == revision : inForce < revision, $"{said.ToJsonString()} and in force {inForce}");
            Assert.Equal(inForce, (int)said["inForce"]!["revision"]!);
            outcomes.Add($"{kill}: {said["state"]} ({inForce} of {revision})");
        }

        lab.Journal($"kills: {string.Join("; ", outcomes)}\n");
        Assert.True(outcomes.Count(o => !o.EndsWith("through", StringComparison.Ordinal)) >= 4, string.Join("; ", outcomes));
        Assert.Contains(outcomes, o => o.StartsWith("applied: reverted", StringComparison.Ordinal));
        Assert.Contains(outcomes, o => o.StartsWith("committed: confirmed", StringComparison.Ordinal));

        static JsonObject State(string folder, string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, file)))!.AsObject();

        static (int Revision, string State) Newest(string folder)
        {
            var memory = State(folder, "twin.json");
            return ((int)memory["newest"]!["revision"]!, (string)memory["state"]!);
        }
    }

    /// <summary>The offline way: the document in a file, as a USB stick's helper gives it to the box.</summary>
    [Fact]
    public async Task A_signed_document_in_a_file_is_taken_without_the_broker_and_no_other_is()
    {
        await using var lab = await Story.BeginAsync("fleet-stick", fleet: true);
        await using var home = await FleetHome.MakeAsync(lab);
        var box = await EnrolledAsync(lab, home);
        await home.StopBrokerAsync();
        var body = Document(commitConfirmSeconds: 60).ToJsonString();
        foreach (var wrong in (string[])[body, home.Signed(1, body, byStranger: true), home.Signed(1, body, device: "branch-043"), home.Signed(1, body)[..^7]])
            await OfferAsync(wrong);
        Assert.Empty((await box.StatusAsync())["connections"]!.AsArray());

        await OfferAsync(home.Signed(1, body));
        await Until.TrueAsync("the document is taken up", BoxProcess.Soon, async () => (await box.StatusAsync())["connections"]!.AsArray().Count == 1, () => box.Log);
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
        await home.StartBrokerAsync(); // until the broker was reached too, it is on trial
        await home.ReportAsync("it is confirmed", r => (string?)r["state"] == "confirmed" && (int?)r["revision"] == 1);

        async Task OfferAsync(string document)
        {
            var file = Path.Combine(lab.RunFolder, "desired.jws");
            await File.WriteAllTextAsync(file, document + "\n");
            (await box.CommandAsync("config", "offer", file)).Checked();
        }
    }

    internal static async Task<BoxProcess> EnrolledAsync(Lab lab, FleetHome home)
    {
        await new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway());
        var box = new BoxProcess(lab, Node.Box);
        await home.EnrolAsync(box);
        await box.StartFromStateAsync();
        await box.LightAsync("cloud", "steady");
        return box;
    }

    internal static JsonObject Document(int commitConfirmSeconds = 20)
    {
        var document = StoryDocuments.Box().Managed(new TwinAddress(FleetHome.Url, "lyon", FleetHome.Device), commitConfirmSeconds);
        document["metrics"] = new JsonObject { ["listen"] = "loopback" };
        return document;
    }
}
