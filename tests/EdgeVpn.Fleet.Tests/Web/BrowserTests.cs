using System.Diagnostics;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Rollout;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Web;

/// <summary>The console in a real browser: a desk and a phone, light and dark, keyboard only, axe on every page; screenshots in <c>artifacts/console/</c>.</summary>
public sealed class BrowserTests
{
    private const string Chromium = "/usr/bin/chromium";

    private static string Modules => System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "edgevpn", "browser");

    [Fact]
    public async Task A_desk_and_a_phone_see_the_fleet_and_everything_is_reached_by_keyboard()
    {
        if (!File.Exists(Chromium) || !File.Exists("/usr/bin/node") || !Directory.Exists(System.IO.Path.Combine(Modules, "node_modules", "playwright-core")))
        {
            const string Why = "no chromium, no node, or nothing that drives them; run scripts/lab-deps";
            if (Environment.GetEnvironmentVariable("EDGEVPN_REQUIRE_INTEROP") == "1") Assert.Fail(Why);
            Assert.Skip(Why);
        }

        await using var lab = await ConsoleLab.StartAsync();
        await FillAsync(lab);
        var pictures = Directory.CreateDirectory(System.IO.Path.Combine(Root, "artifacts", "console"));
        var job = new JsonObject
        {
            ["url"] = lab.Web.Url,
            ["account"] = ConsoleLab.NameOf(Role.Admin),
            ["password"] = ConsoleLab.Password,
            ["folder"] = pictures.FullName,
            ["chromium"] = Chromium,
            ["modules"] = Modules,
            ["devices"] = new JsonObject { ["bad"] = "dijon-01", ["good"] = "lyon-01" },
        };
        var file = lab.Fleet.StateFile("job.json");
        await File.WriteAllTextAsync(file, job.ToJsonString());
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[System.IO.Path.Combine(Root, "tests", "EdgeVpn.Fleet.Tests", "Browser", "console.mjs"), file]) start.ArgumentList.Add(argument);
        using var node = Process.Start(start)!;
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        try
        {
            var error = node.StandardError.ReadToEndAsync(end.Token);
            if (await node.StandardOutput.ReadLineAsync(end.Token) == "ready")
                await lab.SayAsync("lyon-01", TwinChannel.Presence, """{"online":false,"session":"s1"}""");
            var said = await node.StandardOutput.ReadToEndAsync(end.Token);
            await node.WaitForExitAsync(end.Token);
            Assert.True(node.ExitCode == 0, await error);
            Assert.True(JsonNode.Parse(said)!["axe"]!.AsObject().Count >= 16, said);
        }
        finally
        {
            if (!node.HasExited) node.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Two dozen boxes at five sites, in every condition there is, with a day of counters and a rollout half done.</summary>
    private static async Task FillAsync(ConsoleLab lab)
    {
        const string Up = """{"epoch":1,"revision":4,"state":"confirmed","inForce":{"epoch":1,"revision":4,"sha256":"c0ffee"},"health":"healthy","versions":{"software":"0.1.0","schema":1},"connections":[{"name":"azure-west","state":"up","endpoint":"203.0.113.2","since":"2026-03-01T08:00:00Z"}],"capabilities":{"commands":["why","reconnect","rekey","identify","status","log","release"],"fingerprint":"3f9a-11c2-77b0-e4d1","certificateNotAfter":"2027-02-01T00:00:00Z"}}""";
        (string Site, int Count)[] sites = [("Lyon", 6), ("Dijon", 3), ("Arles", 4), ("Annecy", 5), ("Grenoble", 5)];
        foreach (var (site, count) in sites)
        {
            for (var i = 1; i <= count; i++)
            {
                var device = $"{site.ToLowerInvariant()}-{i:00}";
                lab.Wants(device, $$"""{ "schema": 1, "device": { "name": "{{device}}", "site": "{{site}}" } }""");
                if (device != "grenoble-05") await lab.HasBoxAsync(device, Up);
            }
        }

        await lab.HasBoxAsync("dijon-01", """{"epoch":1,"revision":5,"state":"reverted","reason":{"code":53,"name":"reverted","detail":"its tunnels were not reached in time"},"problems":[],"inForce":{"epoch":1,"revision":4,"sha256":"c0ffee"},"health":"down","versions":{"software":"0.1.0","schema":1},"connections":[{"name":"azure-west","state":"refused","endpoint":"203.0.113.2","since":"2026-03-01T08:00:00Z","reason":{"code":33,"name":"wrong-secret","detail":"AUTHENTICATION_FAILED from 203.0.113.2"}},{"name":"hub","state":"up","endpoint":"198.51.100.4","since":"2026-03-01T08:00:00Z"}],"capabilities":{"commands":["why","reconnect","rekey","identify","status","log","release"]}}""");
        await lab.HasBoxAsync("arles-02", """{"epoch":1,"revision":4,"state":"confirmed","health":"degraded","connections":[{"name":"azure-west","state":"up"},{"name":"hub","state":"connecting","reason":{"code":21,"name":"peer-silent"}}]}""");
        await lab.SayAsync("annecy-03", TwinChannel.Presence, """{"online":false,"session":"s1"}""");
        await lab.SayAsync("dijon-01", TwinChannel.Events, """{"stream":"s","sequence":1,"at":"2026-03-01T08:00:00Z","kind":"connection","state":"refused","subject":"azure-west","reason":{"code":33,"name":"wrong-secret"}}""", retain: false);
        lab.Web.Parts.Feed.LookAtFolder();
        var now = DateTimeOffset.UtcNow;
        var boxes = lab.Web.Parts.Boxes;
        for (var i = 1; i <= 4; i++)
        {
            boxes.Wrote("lyon-01", new DocumentVersion(1, i), new string('a', 64), i % 2 == 0 ? "jo" : "sam", now.AddDays(i - 9));
            boxes.SaidOfDocument("lyon-01", new EdgeVpn.Fleet.Web.Live.LooseReport { Version = new DocumentVersion(1, i), State = "confirmed" }, now.AddDays(i - 9).AddMinutes(2));
        }

        boxes.Together(() =>
        {
            long @in = 0, @out = 0;
            for (var minute = 0; minute < 1_440; minute++)
            {
                var at = now.AddMinutes(minute - 1_440);
                var busy = Math.Max(0.05, Math.Sin((at.Hour + (at.Minute / 60.0) - 6) / 24 * 2 * Math.PI)) * (0.8 + (0.2 * Math.Sin(minute / 7.0)));
                (@in, @out) = (@in + (long)(busy * 600e6), @out + (long)(busy * 150e6));
                if (minute is > 400 and < 460) continue; // away for an hour
                lab.Web.Parts.Telemetry.Take("lyon-01", new TelemetryDocument(at, 90_000 + (minute * 60), [new ConnectionCounters("azure-west", @in, @out, 0, 0, 0) { LossPercent = minute % 97 == 0 ? 1.5 : 0, RoundTripMilliseconds = 18 + (6 * busy) }]) { CpuPercent = 7, TemperatureCelsius = 51 }, at);
            }
        });
        var terms = new RolloutTerms([10, 50, 100], 20, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(6), 20);
        var done = new DocumentReference(1, 4, new string('a', 64));
        new RolloutState(now.AddMinutes(-12), terms, RolloutStatus.Running, 1,
        [
            .. Enumerable.Range(1, 6).Select(i => new RolloutBox($"lyon-{i:00}", i > 3 ? 1 : 0, i < 4 ? BoxStep.Done : i < 5 ? BoxStep.Soaking : BoxStep.Published) { Sent = done, Since = now.AddMinutes(-3) }),
            new RolloutBox("dijon-01", 1, BoxStep.Failed) { Sent = done, Since = now.AddMinutes(-2), Why = "reverted: 53 reverted: its tunnels were not reached in time" },
            .. Enumerable.Range(1, 5).Select(i => new RolloutBox($"grenoble-{i:00}", 2)),
        ]).Save(lab.Fleet);
        await FleetLab.UntilAsync(() => lab.Web.Parts.Feed.Box("annecy-03")?.Online == false, "the console heard everything");
    }

    private static string Root
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(System.IO.Path.Combine(folder, "EdgeVpn.sln"))) folder = System.IO.Path.GetDirectoryName(folder)!;
            return folder;
        }
    }
}
