using System.Diagnostics;
using System.Globalization;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Rollout;
using EdgeVpn.FleetBench;
using EdgeVpn.Model.Twin;

// fleet-bench --boxes N: rollouts to N boxes on one Mosquitto, judged from outside: by what lies on each box's disk.
var boxes = Number("--boxes", 100);
var offline = boxes * Number("--offline", 10) / 100;
var share = Number("--failing", 5);
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
    var fails = false;
    var running = names.Select((name, i) => new BenchBox(At(name), () => fails && Fails(i))).ToArray();
    var own = Process.GetCurrentProcess();
    try
    {
        // Those that are away come last.
        clock.Restart();
        foreach (var box in running[..^offline]) box.Start();
        await UntilAsync(() => running[..^offline].All(b => b.IsConnected), TimeSpan.FromSeconds(60 + (boxes / 10)), "every box is connected");
        Say($"{boxes - offline} boxes are connected", clock);

        // Everybody gets a first configuration; what is away finds it later.
        Configure(lifetime: 30);
        var first = await RollOutAsync(new RolloutTerms([100], 100, TimeSpan.Zero, TimeSpan.FromMinutes(10), 500), restart: false);
        var healthy = Expect("first rollout", first, RolloutStatus.Complete, done: boxes - offline, left: offline, failed: 0);

        // One in twenty fails: the threshold stops it, long before the last stage.
        fails = true;
        Configure(lifetime: 31);
        var aborted = await RollOutAsync(new RolloutTerms([10, 50, 100], 1, TimeSpan.Zero, TimeSpan.FromMinutes(10), 500), restart: false);
        if (failing > 0) healthy &= Expect("rollout with failing boxes", aborted, RolloutStatus.Aborted, done: null, left: 0, failed: null) && aborted.Count(BoxStep.Waiting) > boxes / 3;
        if (failing > 0) Console.WriteLine($"  aborted after {aborted.Count(BoxStep.Failed)} failures; {aborted.Count(BoxStep.Waiting)} of {boxes} boxes were not touched");

        // Tolerated this time, and the broker is restarted in the middle.
        Configure(lifetime: 32);
        var second = await RollOutAsync(new RolloutTerms([1, 10, 100], 50, TimeSpan.Zero, TimeSpan.FromMinutes(10), 500), restart: true);
        healthy &= Expect("rollout over a restarted broker", second, RolloutStatus.Complete, done: boxes - offline - failing, left: offline, failed: failing);

        clock.Restart();
        foreach (var box in running[^offline..]) box.Start();
        await UntilAsync(() => names[^offline..].All((name) => Sent(second, name) is { } sent && StateDirectory.Open(At(name)).Confirmed?.Reference == sent), TimeSpan.FromSeconds(60 + (boxes / 10)), "boxes that were away took their document");
        Say($"{offline} boxes came and took what waited for them", clock);
        await Task.Delay(TimeSpan.FromSeconds(2)); // their last reports

        healthy &= await JudgeAsync(second);
        broker.Look();
        Console.WriteLine($"broker: {broker.Cpu.TotalSeconds:0.0} s of CPU, at most {broker.MostResidentOctets / 1e6:0.0} MB; {await MessagesAsync()}");
        Console.WriteLine($"boxes and edgefleet together: {own.TotalProcessorTime.TotalSeconds:0.0} s of CPU, {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:0} MB; {BenchBox.Connections} connections");
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

    async Task<RolloutMachine> RollOutAsync(RolloutTerms terms, bool restart)
    {
        var began = Stopwatch.StartNew();
        var machine = new RolloutMachine(terms, names, DateTimeOffset.UtcNow);
        var restarted = !restart;
        while (true)
        {
            try
            {
                await using var session = await OperatorSession.ConnectAsync(fleet.Connection(), CancellationToken.None);
                var picture = await FleetPicture.LoadAsync(session, fleet.Name, CancellationToken.None);
                var runner = new RolloutRunner(fleet, session, picture, TimeProvider.System);
                using var interrupt = new CancellationTokenSource();
                runner.Looked += m =>
                {
                    broker.Look();
                    if (!restarted && m.Count(BoxStep.Done) > boxes / 4) interrupt.Cancel();
                };
                await runner.RunAsync(machine, interrupt.Token);
                Say($"{machine.Status}: {string.Join(", ", Enum.GetValues<BoxStep>().Where(s => machine.Count(s) > 0).Select(s => $"{machine.Count(s)} {s}"))}", began);
                return machine;
            }
            catch (OperationCanceledException)
            {
                restarted = true;
                await broker.StopAsync();
                await broker.StartAsync();
                Say($"the broker was restarted when {machine.Count(BoxStep.Done)} boxes were done", began);
            }
            catch (BrokerException e)
            {
                Console.WriteLine($"  edgefleet: {e.Message}; it resumes");
                await Task.Delay(TimeSpan.FromSeconds(1));
            }

            machine = new RolloutMachine(RolloutState.Load(fleet)!); // as `rollout resume` does
        }
    }

    // Checked from outside: the document on each box's disk against what it last said, and against what was sent.
    async Task<bool> JudgeAsync(RolloutMachine last)
    {
        await using var session = await OperatorSession.ConnectAsync(fleet.Connection(), CancellationToken.None);
        var picture = await FleetPicture.LoadAsync(session, fleet.Name, CancellationToken.None);
        var (right, wrong) = (0, 0);
        foreach (var name in names)
        {
            var onDisk = StateDirectory.Open(At(name)).Confirmed?.Reference;
            var said = picture.Boxes.GetValueOrDefault(name)?.Report;
            var sent = Sent(last, name);
            var step = last.Boxes.Single(b => b.Device == name).Step;
            var isRight = onDisk is not null && said?.InForce == onDisk && said.Version == sent?.Version
                && (step == BoxStep.Failed ? said.State == DocumentState.Reverted && onDisk.Version < sent.Version : said.State == DocumentState.Confirmed && onDisk == sent);
            if (isRight) right++;
            else if (wrong++ < 5) Console.WriteLine($"  {name} ({step}): on disk {onDisk?.Version}, says {said?.Version} {said?.State} in force {said?.InForce?.Version}, sent {sent?.Version}");
        }

        Console.WriteLine($"from outside: {right} of {boxes} boxes hold on disk what they say, and what was expected");
        return wrong == 0;
    }

    // As the broker counts them, since its restart.
    async Task<string> MessagesAsync()
    {
        await using var session = await OperatorSession.ConnectAsync(fleet.Connection(), CancellationToken.None);
        await session.SubscribeAsync(["$SYS/broker/publish/messages/+", "$SYS/broker/clients/connected"], CancellationToken.None);
        var counts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        while (session.Others.TryRead(out var message)) counts[message.Topic.Split('/', 3)[2]] = System.Text.Encoding.UTF8.GetString(message.Payload.Span);
        return counts.Count == 0 ? "it does not count" : string.Join(", ", counts.Select(c => $"{c.Key} {c.Value}"));
    }
}

static DocumentReference? Sent(RolloutMachine machine, string name) => machine.Boxes.Single(b => b.Device == name).Sent;

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
