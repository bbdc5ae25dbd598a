using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Composition;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Appliance.Tests.Cloud;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Storage;

/// <summary>A box's whole life on its disk, and a kill before every step of everything that it writes there.</summary>
public sealed class EveryWriteTests(ITestOutputHelper output)
{
    private static readonly TwinIdentity Box = TwinBench.Box;

    [Fact]
    public async Task Killed_before_any_step_of_any_write_every_file_is_old_or_new_and_the_box_starts_from_what_is_there()
    {
        using var folder = new StateFolder();
        using var watch = new KillWatch(folder.Path);
        var kept = await LiveAsync(folder.Path);
        Assert.Empty(watch.Torn);
        Started? before = null;
        var (starts, moments) = (0, watch.Moments);
        foreach (var (moment, last) in moments.Zip(moments.Prepend(null)))
        {
            if (last is not null && moment.Shows(last)) continue; // what nobody reads differs at most
            using var copy = new StateFolder();
            moment.LayOut(copy.Path);
            var now = Started.From(copy.Path, moment.Moment);
            now.Follows(before, moment.Moment);
            (before, starts) = (now, starts + 1);
        }

        output.WriteLine($"{moments.Count} moments, {starts} different, in {string.Join(", ", moments.Select(static m => m.Moment.Split(' ')[^1]).Distinct().Order(StringComparer.Ordinal))}");
        Assert.True(moments.Count > 200 && starts > 40, $"only {moments.Count} moments and {starts} starts");

        // Whoever writes state was met; else this life lacks a chapter.
        var writers = StateWriters.Of(typeof(StateDirectory).Assembly, typeof(StateFile<>)).Where(static m => !IsNoState(m)).ToArray();
        Assert.True(writers.Length >= 9, string.Join(", ", writers.Select(Name)));
        Assert.Empty(writers.Select(Name).Except(watch.Writers.Select(Name)));
        Assert.Empty(kept.Except(moments.SelectMany(static m => m.Files.Keys)));
    }

    [Fact]
    public void A_file_that_is_written_in_place_is_noticed()
    {
        using var folder = new StateFolder();
        using var watch = new KillWatch(folder.Path);
        var state = folder.Open();
        StateFolder.Confirm(state, 1);
        Assert.Empty(watch.Torn);
        File.WriteAllText(folder.At("other.json"), "{}");
        File.WriteAllText(folder.Confirmed, "{");
        StateFolder.Confirm(state, 2);
        Assert.Contains(watch.Torn, static t => t.StartsWith("other.json before ", StringComparison.Ordinal) && t.EndsWith("no AtomicFile", StringComparison.Ordinal));
        Assert.Contains(watch.Torn, static t => t.StartsWith("confirmed.json before ", StringComparison.Ordinal) && t.Contains(": 1 octets, neither", StringComparison.Ordinal));
    }

    /// <summary>What a person asked for, or what another service reads below /run: nothing that a box remembers.</summary>
    private static bool IsNoState(MethodBase method) =>
        method.DeclaringType!.Namespace is "EdgeVpn.Appliance.Local.Commands" or "EdgeVpn.Appliance.Network.Files";

    private static string Name(MethodBase method) => $"{(method.DeclaringType is { IsGenericType: true } type ? type.GetGenericTypeDefinition() : method.DeclaringType)}.{method.Name}";

    /// <summary>From the factory through enrolment, documents, orders, a change on the spot, and back to the factory.</summary>
    /// <returns>The files that are written without anybody's asking.</returns>
    private static async Task<IEnumerable<string>> LiveAsync(string folder)
    {
        using var operators = new StateFolder();
        await using var broker = await BrokerLab.StartAsync("embedded");
        var fleet = FleetFolder.Make(operators.At("fleet"), Box.Fleet, broker.Address, broker.Address, [], DateTimeOffset.UtcNow);

        Start.From(new RunOptions { StateFolder = folder }, new BootstrapOptions(broker.Address, Box, Insecure: false));
        var state = StateDirectory.Open(folder);
        for (var i = 0; i < 2; i++) Enrol(state, fleet); // and once more, as after a change of keys
        var setup = new SetupStore(folder);
        Assert.True(setup.Keep(SetupCode.Of(SetupCode.Make())).IsOk);

        for (var life = 0; life < 2; life++) await ServeAsync(StateDirectory.Open(folder), fleet, broker.Address, first: 1 + (3 * life));
        var memory = new BoxMemory(folder, new TrustedTime(TimeProvider.System, null, static () => true));
        memory.Recorder.Event(new BoxEvent(DateTimeOffset.UtcNow, 1, "start", null, "began"));
        memory.Meter.Sample([Up()], new DataPlaneStatus([], [], [], ImmutableDictionary<string, long>.Empty));
        await memory.RunAsync(new CancellationToken(canceled: true));
        Assert.True(setup.Keep(new LocalDocument(StateDirectory.Open(folder).Confirmed!.Reference.Sha256, Body(100))).IsOk);
        Assert.True(setup.Keep(new LocalDocument("of another document", Body(101))).IsOk);
        Start.From(new RunOptions { StateFolder = folder }, null); // takes it away: what it was laid over is gone

        StandstillNote.In(folder).Write("ike");
        state = StateDirectory.Open(folder);
        Assert.True(state.Forget(enrolment: false).IsOk);
        Enrol(state, fleet);
        Assert.True(state.Forget(enrolment: true).IsOk);
        return memory.Notes.Select(static note => note.File);
    }

    private static ConnectionView Up()
    {
        var config = new ConnectionConfig
        {
            Name = "hub",
            Remote = new RemoteConfig { Endpoints = [new EndpointConfig { Address = PeerAddress.Of(System.Net.IPAddress.Parse("203.0.113.2")) }] },
            Authentication = new PskAuthentication { Secret = "hub" },
        };
        return new ConnectionView(
            ConnectionPlan.Of(new BoxConfig { Connections = [config] }).Single(), Appliance.Control.ConnectionState.Up, Instant.Zero, null, null, 1_400, 0, Instant.Never, [], ImmutableDictionary<IkeSaId, Instant>.Empty);
    }

    private static void Enrol(StateDirectory state, FleetFolder fleet)
    {
        Assert.True(state.MakeKeys().IsOk);
        var admission = new Admission(fleet, TimeProvider.System);
        var card = admission.Card(Box.Device, TimeSpan.FromHours(1));
        var applicant = admission.Read(P256Key.Of(state.Keys!.Identity).Fingerprint, EnrolmentAnswerCheck.Request(card, state.Keys), out var problem);
        Assert.True(applicant is not null, problem);
        var enrolment = EnrolmentAnswerCheck.Read(admission.Admit(applicant), card, P256Key.Of(state.Keys.Identity), out problem);
        Assert.True(enrolment is not null, problem);
        Assert.True(state.Join(enrolment).IsOk);
    }

    /// <summary>One document confirmed, one refused, one taken back, an order, and a farewell.</summary>
    private static async Task ServeAsync(StateDirectory state, FleetFolder fleet, BrokerAddress broker, long first)
    {
        var options = new CloudOptions
        {
            Identity = Box,
            Broker = broker,
            RetryFirst = TimeSpan.FromMilliseconds(20),
            RetryMost = TimeSpan.FromMilliseconds(200),
            Twin = new TwinSettings { CommitConfirm = TimeSpan.FromSeconds(30), ReportInterval = TimeSpan.FromMilliseconds(50) },
        };
        var handler = new StateBox(state, first);
        IReadOnlyCollection<P256Key> Trusted() => state.Enrolment!.Trust.FleetKeys;
        var desk = new CommandDesk(Box, Trusted, new Orders(), state, TimeProvider.System);
        var loop = new TwinLoop(options, handler, state, new KernelEntropy(), TimeProvider.System, new SignedVerifier(Trusted), commands: desk);
        using var stop = new CancellationTokenSource();
        var running = loop.RunAsync(stop.Token);
        await BrokerLab.UntilAsync(() => loop.Status.Connected, "connected");
        await using var session = await OperatorSession.ConnectAsync(new OperatorOptions(broker), CancellationToken.None);
        using var signer = DocumentSigner.For(fleet);
        foreach (var (revision, ends) in ((long, DocumentState)[])[(first, DocumentState.Confirmed), (first + 1, DocumentState.Refused), (first + 2, DocumentState.Reverted)])
        {
            var document = new DesiredDocument { Recipient = Box, Version = new DocumentVersion(1, revision), Schema = 1, IssuedAt = DateTimeOffset.UtcNow, Body = Body(revision) };
            await Dispatch.Of(document, signer).SendAsync(session, null, CancellationToken.None);
            await BrokerLab.UntilAsync(() => loop.Status.Newest?.Revision == revision && loop.Status.State == ends, $"{revision} is {ends}");
        }

        var order = new CommandDocument(Box.Fleet, Box.Device, "identify", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddMinutes(1));
        desk.Order("identify", signer.Payload(order));
        await BrokerLab.UntilAsync(() => state.Read(TwinFile.Commands) is not null && Orders.Done >= order.IssuedAt, "the order is done");
        loop.Outbox.Add("link", "wan0", "up");
        await stop.CancelAsync();
        await running.WaitAsync(BrokerLab.Deadline);
    }

    private static byte[] Body(long revision) => Encoding.UTF8.GetBytes($$"""{"schema":1,"device":{"name":"box","site":"{{revision}} Besançon"} }""");

    /// <summary>What a start finds, by the daemon's own eyes.</summary>
    private sealed record Started(long Revision, TwinMemory Memory, bool IsEnrolled)
    {
        public static Started From(string folder, string moment)
        {
            var start = Start.From(new RunOptions { StateFolder = folder }, null);
            Assert.True(start.Problems.IsEmpty, $"{moment}: {string.Join("; ", start.Problems)}");
            var state = start.State!;
            Assert.True(state.Notices.Count == 0, $"{moment}: {string.Join("; ", state.Notices)}");
            var setup = new SetupStore(folder);
            Assert.True(setup.Code.Notice is null && setup.Change.Notice is null, moment);
            var kept = new BoxMemory(folder, TrustedTime.Of(folder));
            Assert.True(File.Exists(System.IO.Path.Combine(folder, FlightLog.FileName)) == (kept.Recorder.Snapshot().Records.Length > 0), moment);
            var memory = state.Read(TwinFile.Memory) is { } octets ? TwinMemory.Read(octets.Span)! : TwinMemory.Empty;
            // The twin's machine itself says what it makes of the two: never that something is confirmed which is not there.
            var twin = new TwinSync(Box, new SignedVerifier(static () => []), new TwinSettings(), memory, state.Confirmed?.Reference);
            Assert.True(twin.NewestState != DocumentState.Confirmed || twin.Newest == state.Confirmed?.Reference, $"{moment}: {twin.NewestState} {twin.Newest}, and {state.Confirmed?.Reference} on the disk");
            if (state.Confirmed is { } confirmed && start.InForce.Source == ConfigurationSource.Cloud) Assert.Equal(confirmed.Reference.Sha256, start.InForce.Hash);
            _ = new Outbox(new OutboxLimits(), "s", () => DateTimeOffset.UnixEpoch, state.Read(TwinFile.Outbox));
            return new Started(state.Confirmed?.Reference.Revision ?? 0, memory, state.Enrolment is not null);
        }

        /// <summary>A box goes from document to document, or back to the factory; it never returns to an older one by itself.</summary>
        public void Follows(Started? before, string moment)
        {
            if (before is null) return;
            Assert.True(Revision >= before.Revision || Revision == 0, $"{moment}: {Revision} after {before.Revision}");
            if (Memory.Newest is { } newest && before.Memory.Newest is { } older) Assert.True(newest.Version >= older.Version, $"{moment}: {newest} after {older}");
        }
    }

    /// <summary>Confirms what is the first of three, refuses the second, and never reaches the third's tunnels.</summary>
    private sealed class StateBox(StateDirectory state, long first) : ICloudHandler
    {
        private readonly TestBox _box = new()
        {
            OnStage = d => d.Version.Revision == first + 1 ? new StageOutcome.Refused(TwinBench.Bad, [new ReportedProblem("$.body", "is not wanted.")]) : new StageOutcome.Staged(),
        };

        private DesiredDocument? _staged;

        public DocumentReference? InForce => state.Confirmed?.Reference;

        public ValueTask<StageOutcome> StageAsync(DesiredDocument document, CancellationToken cancel) => _box.StageAsync(_staged = document, cancel);

        public ValueTask<ApplyOutcome> ApplyAsync(DocumentVersion version, CancellationToken cancel) => _box.ApplyAsync(version, cancel);

        public ValueTask<ProbeOutcome> ProbeAsync(DocumentVersion version, CancellationToken cancel) =>
            ValueTask.FromResult<ProbeOutcome>(version.Revision == first + 2 ? new ProbeOutcome.Unreached(TwinBench.Bad) : new ProbeOutcome.Reached());

        public ValueTask CommitAsync(DocumentReference document, CancellationToken cancel)
        {
            Assert.True(state.Confirm(document, _staged!.Body).IsOk);
            return ValueTask.CompletedTask;
        }

        public ValueTask RevertAsync(DocumentVersion version, ReportedReason reason, CancellationToken cancel) => _box.RevertAsync(version, reason, cancel);

        public void Notice(CloudNotice notice) => _box.Notice(notice);
    }

    private sealed class Orders : ICommandHandler
    {
        private static long s_done;

        public static DateTimeOffset Done => new(Interlocked.Read(ref s_done), TimeSpan.Zero);

        public IReadOnlyList<string> Commands => ["identify"];

        public ValueTask<CommandOutcome> RunAsync(CommandDocument command, P256Key signer, CancellationToken cancel)
        {
            Interlocked.Exchange(ref s_done, command.IssuedAt.UtcTicks);
            return ValueTask.FromResult(new CommandOutcome(true, "done"));
        }
    }
}
