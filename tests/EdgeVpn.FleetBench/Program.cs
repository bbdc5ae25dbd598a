using System.Diagnostics;
using System.Globalization;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Rollout;
using EdgeVpn.FleetBench;
using EdgeVpn.Model.Twin;

// fleet-bench --boxes N: rollouts to N boxes on one Mosquitto, judged from outside: by what lies on each box's disk. `edgefleet` is the real one, a process of its own.
var boxes = Number("--boxes", 100);
var offline = boxes * Number("--offline", 10) / 100;
var share = Number("--failing", 5);
// Two cores for all of it: ten thousand handshakes take their time.
var patience = TimeSpan.FromSeconds(120 + (boxes / 10));
bool Fails(int i) => share > 0 && i < boxes - offline && i % (100 / share) == 7 % (100 / share);
var failing = Enumerable.Range(0, boxes).Count(Fails);
if (!File.Exists("/usr/sbin/mosquitto"))
{
    Console.Error.WriteLine("fleet-bench: Mosquitto is not installed: apt-get install mosquitto");
    return 2;
}

var root = Directory.CreateTempSubdirectory("edgevpn-fleet-bench-");
try
{
    return await RunAsync(root.FullName);
}
finally
{
    root.Delete(recursive: true);
}

async Task<int> RunAsync(string root)
{
    var port = FreePort();
    var address = new BrokerAddress("127.0.0.1", port, Tls: true);
    var fleet = FleetFolder.Make(Path.Combine(root, "fleet"), "bench", address, address with { Port = FreePort() }, [], DateTimeOffset.UtcNow);
    var names = Enumerable.Range(0, boxes).Select(i => $"box-{i:00000}").ToArray();
    var clock = Stopwatch.StartNew();
    using (var authority = fleet.Authority())
    {
        var trust = fleet.Trust();
        Parallel.ForEach(names, name =>
        {
            string serial = "";
            var identity = BenchBox.Enrol(At(name), new TwinIdentity("bench", name), address, trust, key =>
            {
                using var certificate = authority.IssueBox(name, key, DateTimeOffset.UtcNow);
                serial = certificate.SerialNumber;
                return certificate.ExportCertificatePem();
            }, out var sealing);
            fleet.Save(new FleetMember(name, identity, sealing, serial, DateTimeOffset.UtcNow.AddYears(1), DateTimeOffset.UtcNow));
        });
    }

    Say($"{boxes} boxes have keys, certificates and folders", clock);
    var broker = new BenchBroker(fleet.Path, root, port);
    await broker.StartAsync();
    var edgefleet = new OperatorRun(fleet.Path);
    var (messagesIn, messagesOut) = (0L, 0L);
    var row = new List<double>();
    var fails = false;
    var running = names.Select((name, i) => new BenchBox(At(name), boxes, () => fails && Fails(i))).ToArray();
    var own = Process.GetCurrentProcess();
    try
    {
        // Those that are away come last.
        clock.Restart();
        foreach (var box in running[..^offline]) box.Start();
        await UntilAsync(() => running[..^offline].All(b => b.IsConnected), patience, "every box is connected");
        Say($"{boxes - offline} boxes are connected", clock);
        row.Add(clock.Elapsed.TotalSeconds);

        // Everybody gets a first configuration; what is away finds it later.
        Configure(lifetime: 30);
        var first = await RollOutAsync("100", abortAbove: 100, restart: false);
        var healthy = Expect("first rollout", first, RolloutStatus.Complete, done: boxes - offline, left: offline, failed: 0);

        // One in twenty fails: the threshold stops it, long before the last stage.
        fails = true;
        Configure(lifetime: 31);
        var aborted = await RollOutAsync("10,50,100", abortAbove: 1, restart: false);
        if (failing > 0) healthy &= Expect("rollout with failing boxes", aborted, RolloutStatus.Aborted, done: null, left: 0, failed: null) && aborted.Count(BoxStep.Waiting) > boxes / 3;
        if (failing > 0) Console.WriteLine($"  aborted after {aborted.Count(BoxStep.Failed)} failures; {aborted.Count(BoxStep.Waiting)} of {boxes} boxes were not touched");

        // Tolerated this time, and the broker is restarted in the middle.
        Configure(lifetime: 32);
        var second = await RollOutAsync("1,10,100", abortAbove: 50, restart: true);
        healthy &= Expect("rollout over a restarted broker", second, RolloutStatus.Complete, done: boxes - offline - failing, left: offline, failed: failing);

        clock.Restart();
        var sent = second.Boxes.ToDictionary(static b => b.Device, static b => b.Sent);
        foreach (var box in running[^offline..]) box.Start();
        await UntilAsync(() => Enumerable.Range(boxes - offline, offline).All(i => sent[names[i]] == running[i].InForce), patience, "boxes that were away took their document");
        Say($"{offline} boxes came and took what waited for them", clock);
        await Task.Delay(TimeSpan.FromSeconds(2)); // their last reports

        healthy &= await JudgeAsync(second);
        broker.Look();
        await CountMessagesAsync();
        Console.WriteLine($"broker: {broker.Cpu.TotalSeconds:0.0} s of CPU, at most {broker.MostResidentOctets / 1e6:0.0} MB; {messagesIn} messages in, {messagesOut} out");
        Console.WriteLine($"edgefleet: {edgefleet.Cpu.TotalSeconds:0.0} s of CPU, at most {edgefleet.MostResidentOctets / 1e6:0.0} MB");
        Console.WriteLine($"boxes, all in one process: {own.TotalProcessorTime.TotalSeconds:0.0} s of CPU, {own.PeakWorkingSet64 / 1e6:0} MB; {BenchBox.Connections} connections");
        Console.WriteLine("| boxes | connected | first rollout | aborted rollout | rollout over a restart | messages in, out | broker | `edgefleet` |");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {boxes} | {row[0]:0.0} s | {row[1]:0.0} s | {row[2]:0.0} s | {row[3]:0.0} s | {messagesIn}, {messagesOut} | {broker.Cpu.TotalSeconds:0.0} s, {broker.MostResidentOctets / 1e6:0} MB | {edgefleet.Cpu.TotalSeconds:0.0} s, {edgefleet.MostResidentOctets / 1e6:0} MB |"));
        Console.WriteLine(healthy ? "fleet-bench: every box holds what it says, and says what was sent" : "fleet-bench: NOT as it should be, see above");
        return healthy ? 0 : 1;
    }
    finally
    {
        await Task.WhenAll(running.Select(b => b.StopAsync()));
        foreach (var box in running) box.Dispose();
        await broker.StopAsync();
    }

    string At(string name) => Path.Combine(root, "boxes", name);

    void Configure(int lifetime)
    {
        foreach (var name in names)
        {
            File.WriteAllText(fleet.ConfigFile(name), $$"""
                {
                  "schema": 1, "device": { "name": "{{name}}" },
                  "connections": [{ "name": "hub", "local": { "networks": ["10.10.0.0/24"] }, "remote": { "endpoints": [{ "address": "203.0.113.2" }], "networks": ["10.20.0.0/24"] },
                    "authentication": { "type": "psk", "secret": "hub" }, "esp": { "lifetime": "00:{{lifetime}}:00" } }],
                  "secrets": { "hub": { "psk": "Zq81Lkd72Mnb39Xc5TgY{{name}}" } },
                  "cloud": { "broker": "{{address}}", "fleet": "bench", "commitConfirm": "00:05:00" }
                }
                """);
        }
    }

    async Task<RolloutMachine> RollOutAsync(string stages, int abortAbove, bool restart)
    {
        var began = Stopwatch.StartNew();
        var beganAt = DateTimeOffset.UtcNow;
        var done = 0;
        var restarting = restart ? new TaskCompletionSource() : null;
        var restarted = RestartAsync();
        string[] arguments = ["rollout", "start", "--stages", stages, "--abort-above", abortAbove.ToString(CultureInfo.InvariantCulture), "--soak", "00:00:00", "--patience", "00:10:00", "--parallel", "500"];
        while (true)
        {
            var (code, error) = await edgefleet.RunAsync((_, step) =>
            {
                if (step != "done") return;
                broker.Look();
                if (++done > boxes / 4) restarting?.TrySetResult();
            }, arguments);
            // One that failed before it began anything leaves the file of the rollout before.
            var state = RolloutState.Load(fleet) is { } kept && kept.StartedAt >= beganAt ? kept : null;
            if (state is not null && state.Status != RolloutStatus.Running)
            {
                await restarted;
                row.Add(began.Elapsed.TotalSeconds);
                var machine = new RolloutMachine(state);
                Say($"{machine.Status}: {string.Join(", ", Enum.GetValues<BoxStep>().Where(s => machine.Count(s) > 0).Select(s => $"{machine.Count(s)} {s}"))}", began);
                return machine;
            }

            if (code == 2 || began.Elapsed > 4 * patience) throw new InvalidOperationException($"edgefleet ended with {code}: {error}");
            Console.WriteLine($"  {error.Trim()} It resumes.");
            await Task.Delay(TimeSpan.FromSeconds(1));
            if (state is not null) arguments = ["rollout", "resume", "--patience", "00:10:00"];
        }

        async Task RestartAsync()
        {
            if (restarting is null) return;
            await restarting.Task;
            await CountMessagesAsync();
            await broker.StopAsync();
            await broker.StartAsync();
            Say($"the broker was restarted when {done} boxes were done", began);
        }
    }

    // Checked from outside: the document on each box's disk against what it last said, and against what was sent.
    async Task<bool> JudgeAsync(RolloutMachine last)
    {
        await using var session = await OperatorSession.ConnectAsync(fleet.Connection(), CancellationToken.None);
        var picture = await FleetPicture.LoadAsync(session, fleet.Name, CancellationToken.None);
        var (right, wrong) = (0, 0);
        var boxOf = last.Boxes.ToDictionary(static b => b.Device);
        foreach (var name in names)
        {
            var onDisk = StateDirectory.Open(At(name)).Confirmed?.Reference;
            var said = picture.Boxes.GetValueOrDefault(name)?.Report;
            var (sent, step) = (boxOf[name].Sent, boxOf[name].Step);
            var isRight = onDisk is not null && said?.InForce == onDisk && said.Version == sent?.Version
                && (step == BoxStep.Failed ? said.State == DocumentState.Reverted && onDisk.Version < sent.Version : said.State == DocumentState.Confirmed && onDisk == sent);
            if (isRight) right++;
            else if (wrong++ < 5) Console.WriteLine($"  {name} ({step}): on disk {onDisk?.Version}, says {said?.Version} {said?.State} in force {said?.InForce?.Version}, sent {sent?.Version}");
        }

        Console.WriteLine($"from outside: {right} of {boxes} boxes hold on disk what they say, and what was expected");
        return wrong == 0;
    }

    // As the broker counts them: since its start, and told once a second (sys_interval).
    async Task CountMessagesAsync()
    {
        await Task.Delay(TimeSpan.FromSeconds(1));
        await using var session = await OperatorSession.ConnectAsync(fleet.Connection(), CancellationToken.None);
        await session.SubscribeAsync(["$SYS/broker/publish/messages/+"], CancellationToken.None);
        while (session.Others.TryRead(out var message))
        {
            var count = long.Parse(System.Text.Encoding.UTF8.GetString(message.Payload.Span), CultureInfo.InvariantCulture);
            if (message.Topic.EndsWith("/received", StringComparison.Ordinal)) messagesIn += count;
            if (message.Topic.EndsWith("/sent", StringComparison.Ordinal)) messagesOut += count;
        }
    }
}

static bool Expect(string what, RolloutMachine machine, RolloutStatus status, int? done, int left, int? failed)
{
    var isRight = machine.Status == status && (done is null || machine.Count(BoxStep.Done) == done) && machine.Count(BoxStep.Left) == left && (failed is null || machine.Count(BoxStep.Failed) == failed);
    if (!isRight)
    {
        Console.WriteLine($"  {what}: expected {status}, {done} done, {left} left, {failed} failed");
        foreach (var box in machine.Boxes.Where(static b => b.Step == BoxStep.Failed).Take(5)) Console.WriteLine($"    {box.Device}: {box.Why}");
    }

    return isRight;
}

static void Say(string what, Stopwatch clock) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds,7:0.0} s  {what}"));

static async Task UntilAsync(Func<bool> holds, TimeSpan patience, string what)
{
    var began = Stopwatch.StartNew();
    while (!holds())
    {
        if (began.Elapsed > patience) throw new TimeoutException($"not within {patience.TotalSeconds:0} s: {what}");
        await Task.Delay(200);
    }
}

static int FreePort()
{
    using var probe = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
    probe.Start();
    return ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
}

int Number(string name, int otherwise)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
}
