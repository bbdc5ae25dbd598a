using System.Diagnostics;
using System.Text;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Model.Twin;
using Xunit;
using static EdgeVpn.Appliance.Tests.Cloud.TwinBench;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>The whole cloud side of a box against brokers on loopback: the embedded one and Mosquitto.</summary>
public sealed class TwinLoopTests
{
    public static TheoryData<string> Brokers => ["embedded", "mosquitto"];

    [Theory, MemberData(nameof(Brokers))]
    public async Task A_retained_document_reaches_a_box_that_comes_later_and_is_confirmed(string kind)
    {
        await using var broker = await BrokerLab.StartAsync(kind);
        await using var watcher = await Watcher.StartAsync(broker.Address);
        await watcher.PublishAsync(Document(7, """{"a": 1}"""));

        await using var box = new RunningBox(broker.Address);
        var (report, way) = await watcher.ReportAsync(7, DocumentState.Confirmed);
        Assert.Equal([DocumentState.Received, DocumentState.Staged, DocumentState.Applied, DocumentState.Confirmed], way.Where(s => s != DocumentState.None));
        Assert.Equal(["stage 1.7 {\"a\": 1}", "apply 1.7", "probe 1.7", "commit 1.7"], box.Box.Calls);
        Assert.Equal(Document(7, """{"a": 1}""").Reference, report.InForce);
        Assert.True(report.Insecure);
        Assert.Equal(DocumentState.Confirmed, TwinMemory.Read(box.Box.Read(TwinFile.Memory)!.Value.Span)!.State);
        await BrokerLab.UntilAsync(() => box.Loop.Status is { Connected: true, State: DocumentState.Confirmed, Reason: null }, "status");
    }

    [Theory, MemberData(nameof(Brokers))]
    public async Task A_refused_document_is_reported_with_every_problem_and_the_next_one_is_taken(string kind)
    {
        await using var broker = await BrokerLab.StartAsync(kind);
        await using var watcher = await Watcher.StartAsync(broker.Address);
        ReportedProblem[] problems = [new("$.body.x", "is unknown."), new("$.body.connections[0].name", "is missing.")];
        var test = new TestBox { OnStage = d => d.Version == V(7) ? new StageOutcome.Refused(Bad, [.. problems]) : new StageOutcome.Staged() };
        await using var box = new RunningBox(broker.Address, test);
        await watcher.PublishAsync(Document(7));
        var (report, _) = await watcher.ReportAsync(7, DocumentState.Refused);
        Assert.Equal(problems, report.Problems);
        Assert.Null(report.InForce);
        await watcher.PublishAsync(Document(8));
        await watcher.ReportAsync(8, DocumentState.Confirmed);
        Assert.DoesNotContain("apply 1.7", test.Calls);
    }

    [Theory, MemberData(nameof(Brokers))]
    public async Task A_cut_connection_publishes_the_will_and_the_box_comes_back_with_a_new_session(string kind)
    {
        await using var broker = await BrokerLab.StartAsync(kind);
        using var relay = new TcpRelay(broker.Port);
        await using var watcher = await Watcher.StartAsync(broker.Address);
        await using var box = new RunningBox(relay.Address);
        var first = await watcher.PresenceAsync(online: true);
        relay.Close();
        var will = await watcher.PresenceAsync(online: false);
        relay.Open();
        Assert.Equal(first.Session, will.Session);
        var second = await watcher.PresenceAsync(online: true);
        Assert.NotEqual(first.Session, second.Session);
        Assert.Contains(box.Box.Notices, n => n is CloudNotice.Disconnected { Reason.Code: 51, RetryIn: not null });
    }

    [Theory, MemberData(nameof(Brokers))]
    public async Task A_box_that_stops_says_farewell_itself(string kind)
    {
        await using var broker = await BrokerLab.StartAsync(kind);
        await using var watcher = await Watcher.StartAsync(broker.Address);
        var box = new RunningBox(broker.Address);
        var online = await watcher.PresenceAsync(online: true);
        await box.StopAsync();
        Assert.Equal(online.Session, (await watcher.PresenceAsync(online: false)).Session);
        Assert.Contains(box.Box.Notices, n => n is CloudNotice.Disconnected { RetryIn: null });
    }

    [Theory, MemberData(nameof(Brokers))]
    public async Task A_broker_restarted_in_mid_session_finds_the_box_again_with_all_that_happened_meanwhile(string kind)
    {
        await using var broker = await BrokerLab.StartAsync(kind);
        await using var box = new RunningBox(broker.Address);
        await using (var before = await Watcher.StartAsync(broker.Address))
        {
            await before.PublishAsync(Document(7));
            await before.ReportAsync(7, DocumentState.Confirmed);
        }

        await BrokerLab.UntilAsync(() => box.Loop.Outbox.Count == 0, "events are out");
        await broker.StopAsync();
        await BrokerLab.UntilAsync(() => !box.Loop.Status.Connected, "the box notices");
        for (var i = 1; i <= 5; i++) box.Loop.Outbox.Add("link", "wan0", $"step-{i}");
        await BrokerLab.UntilAsync(() => box.Loop.Status.Reason?.Code == 51, "and says why");
        Assert.Equal(5, box.Loop.Outbox.Count);
        await broker.StartAsync();

        await using var after = await WatchAsync(broker);
        await after.PublishAsync(Document(8)); // also where the broker forgot its retained messages
        await after.ReportAsync(8, DocumentState.Confirmed);
        await BrokerLab.UntilAsync(() => box.Loop.Outbox.Count == 0, "the events that waited are out");
        Assert.Equal(["commit 1.7", "commit 1.8"], box.Box.Calls.Where(c => c.StartsWith("commit", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Events_arrive_in_order_and_without_gaps_over_a_cut_connection()
    {
        await using var broker = await BrokerLab.StartAsync("mosquitto");
        using var relay = new TcpRelay(broker.Port);
        await using var watcher = await Watcher.StartAsync(broker.Address);
        await using var box = new RunningBox(relay.Address);
        await watcher.PresenceAsync(online: true);
        for (var i = 1; i <= 50; i++)
        {
            box.Loop.Outbox.Add("link", "wan0", $"step-{i}");
            if (i % 20 == 0) relay.Cut();
        }

        long expected = 1;
        while (expected <= 50)
        {
            // At least once: the one that was under way may come twice.
            var happened = await watcher.EventAsync("link");
            Assert.InRange(happened.Sequence, 1, expected);
            if (happened.Sequence < expected) continue;
            Assert.Equal($"step-{expected}", happened.State);
            Assert.Equal(0, happened.Lost);
            expected++;
        }
    }

    [Theory, MemberData(nameof(Brokers))]
    public async Task Shell_tools_can_drive_and_read_the_documented_topics(string kind)
    {
        await using var broker = await BrokerLab.StartAsync(kind);
        await using var box = new RunningBox(broker.Address);
        var body = """{"fleet":"lyon","device":"box","epoch":1,"revision":1,"schema":1,"issuedAt":"2026-02-01T12:00:00Z","body":{}}""";
        await ShellAsync("mosquitto_pub", "-V", "5", "-p", $"{broker.Port}", "-q", "1", "-r", "-t", "edgevpn/lyon/box/desired", "-m", body);
        await BrokerLab.UntilAsync(() => box.Box.Calls.Contains("commit 1.1"), "the document is taken up");
        await BrokerLab.UntilAsync(() => box.Loop.Status.State == DocumentState.Confirmed && box.Loop.Outbox.Count == 0, "and reported");
        var line = await ShellAsync("mosquitto_sub", "-V", "5", "-p", $"{broker.Port}", "-C", "1", "-W", "10", "-t", "edgevpn/lyon/box/reported");
        Assert.Contains("\"state\":\"confirmed\"", line, StringComparison.Ordinal);
        Assert.Contains("\"revision\":1", line, StringComparison.Ordinal);
        Assert.Contains("\"online\":true", await ShellAsync("mosquitto_sub", "-V", "5", "-p", $"{broker.Port}", "-C", "1", "-W", "10", "-t", "edgevpn/+/box/presence"), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Brokers))]
    public async Task What_edgefleet_publishes_is_confirmed_by_the_box_and_edgefleet_says_so(string kind)
    {
        await using var broker = await BrokerLab.StartAsync(kind);
        await using var box = new RunningBox(broker.Address);
        await BrokerLab.UntilAsync(() => box.Loop.Status.Connected, "connected");
        var file = System.IO.Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, """{ "schema": 1, "device": { "name": "box" } }""");
            var output = new StringWriter();
            var console = new Fleet.Commands.FleetConsole(output, output, IsTerminal: false, HasColor: false);
            var code = await Fleet.Commands.FleetCommandLine.RunAsync(["publish", "-f", "lyon", "-d", "box", "-b", broker.Address.ToString(), file], console);
            Assert.Equal(
                ["lyon/box 1.1 published", "lyon/box 1.1 received (unsigned: the box is in laboratory mode)", "lyon/box 1.1 staged", "lyon/box 1.1 applied", "lyon/box 1.1 confirmed"],
                output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal(0, code);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory, MemberData(nameof(Brokers))]
    public async Task A_body_of_a_megabyte_reaches_the_box_in_pieces_over_a_connection_that_breaks(string kind)
    {
        await using var broker = await BrokerLab.StartAsync(kind);
        using var relay = new TcpRelay(broker.Port);
        await using var watcher = await Watcher.StartAsync(broker.Address);
        await using var operators = await Fleet.Operator.OperatorSession.ConnectAsync(new Fleet.Operator.OperatorOptions(broker.Address), CancellationToken.None);
        var body = Encoding.UTF8.GetBytes($$"""{"a":"{{new string('x', TwinLimits.MaxBodyOctets - 8)}}"}""");
        Assert.Equal(TwinLimits.MaxBodyOctets, body.Length);
        await using var box = new RunningBox(relay.Address);
        await watcher.PresenceAsync(online: true);

        // The last piece is not there yet: the box waits for it, whatever becomes of its connection.
        var document = Document(7) with { Body = body };
        var reference = BodyReference.To(body);
        for (var piece = 0; piece < reference.Pieces - 1; piece++) await PieceAsync(piece);
        await watcher.PublishAsync(document.Referring(reference));
        await watcher.ReportAsync(7, DocumentState.Received);
        relay.Close();
        await watcher.PresenceAsync(online: false);
        relay.Open();
        await watcher.PresenceAsync(online: true);
        Assert.Empty(box.Box.Calls);
        await PieceAsync(reference.Pieces - 1);
        var (report, _) = await watcher.ReportAsync(7, DocumentState.Confirmed);
        Assert.Equal(document.Reference, report.InForce);
        Assert.Equal($"stage 1.7 {Encoding.UTF8.GetString(body)}", Assert.Single(box.Box.Calls, c => c.StartsWith("stage", StringComparison.Ordinal)));

        // Swapped for another of the same length: the signed hash says so.
        var other = BodyReference.To(Encoding.UTF8.GetBytes("""{"a":1}"""));
        await operators.PublishAsync(new TwinTopic(Box, TwinChannel.Body, other.NameOf(0)), """{"a":2}"""u8.ToArray(), retain: true, CancellationToken.None);
        await watcher.PublishAsync(Document(8).Referring(other));
        var (refused, _) = await watcher.ReportAsync(8, DocumentState.Refused);
        Assert.Equal("$.reference.sha256", Assert.Single(refused.Problems).Path);
        Assert.Equal(document.Reference, refused.InForce);

        Task PieceAsync(int piece) => operators.PublishAsync(new TwinTopic(Box, TwinChannel.Body, reference.NameOf(piece)), reference.Piece(body, piece), retain: true, CancellationToken.None);
    }

    [Fact]
    public async Task A_flood_of_garbage_and_oversized_messages_is_counted_and_the_document_behind_it_is_taken()
    {
        await using var broker = await BrokerLab.StartAsync("mosquitto");
        await using var watcher = await Watcher.StartAsync(broker.Address);
        await using var box = new RunningBox(broker.Address);
        await watcher.PresenceAsync(online: true);
        for (var i = 0; i < 200; i++) await watcher.PublishAsync(Encoding.UTF8.GetBytes($"garbage {i}"));
        await watcher.PublishAsync(new byte[TwinLimits.MaxDesiredOctets + 1]);
        var (report, _) = await watcher.ReportAsync(r => r.Discarded?.Cause == DiscardCause.Oversized, "oversized");
        Assert.Null(report.Discarded!.Sha256);
        await watcher.PublishAsync(new byte[10_000_000]); // more than the box told the broker it takes: never delivered
        await watcher.PublishAsync(Document(7));
        await watcher.ReportAsync(7, DocumentState.Confirmed);
        Assert.Single(box.Box.Notices.OfType<CloudNotice.Connected>()); // in one and the same session
    }

    [Fact]
    public async Task Tunnels_that_are_not_reached_in_time_revert_the_document()
    {
        await using var broker = await BrokerLab.StartAsync("embedded");
        await using var watcher = await Watcher.StartAsync(broker.Address);
        var cancelled = new TaskCompletionSource();
        var test = new TestBox
        {
            OnProbe = async cancel =>
            {
                using var registration = cancel.Register(cancelled.SetResult);
                await cancelled.Task;
                cancel.ThrowIfCancellationRequested();
                return new ProbeOutcome.Reached();
            },
        };
        await using var box = new RunningBox(broker.Address, test, o => o with { Twin = o.Twin with { CommitConfirm = TimeSpan.FromMilliseconds(300) } });
        await watcher.PublishAsync(Document(7));
        var (report, _) = await watcher.ReportAsync(7, DocumentState.Reverted);
        Assert.Equal(53, report.Reason!.Code);
        Assert.Equal(["stage 1.7 {\"a\":1}", "apply 1.7", "probe 1.7", "revert 1.7 53"], test.Calls);
        Assert.True(cancelled.Task.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_document_that_moves_the_box_is_confirmed_by_the_new_broker()
    {
        await using var first = await BrokerLab.StartAsync("embedded");
        await using var second = await BrokerLab.StartAsync("embedded");
        await using var watcher = await Watcher.StartAsync(first.Address);
        await using var other = await Watcher.StartAsync(second.Address);
        RunningBox? box = null;
        var test = new TestBox
        {
            OnApply = _ =>
            {
                box!.Loop.MoveTo(box.Options with { Broker = second.Address });
                return new ApplyOutcome.Applied(KeepsBroker: true);
            },
        };
        box = new RunningBox(first.Address, test);
        await using var running = box;
        await watcher.PublishAsync(Document(7));
        await watcher.PresenceAsync(online: false);
        var (_, way) = await other.ReportAsync(7, DocumentState.Confirmed);
        Assert.Equal([DocumentState.Applied, DocumentState.Confirmed], way);
        Assert.Equal(second.Address, box.Loop.Status.Broker);
    }

    [Fact]
    public async Task A_document_that_moves_the_box_to_a_broker_that_is_not_there_reverts_to_the_old_one()
    {
        await using var broker = await BrokerLab.StartAsync("embedded");
        await using var watcher = await Watcher.StartAsync(broker.Address);
        RunningBox? box = null;
        var test = new TestBox
        {
            OnApply = _ =>
            {
                box!.Loop.MoveTo(box.Options with { Broker = new BrokerAddress("127.0.0.1", BrokerLab.FreePort(), Tls: false) });
                return new ApplyOutcome.Applied(KeepsBroker: true);
            },
            OnRevert = _ => box!.Loop.MoveTo(box.Options),
        };
        box = new RunningBox(broker.Address, test, o => o with { Twin = o.Twin with { CommitConfirm = TimeSpan.FromSeconds(3) } });
        await using var running = box;
        await watcher.PublishAsync(Document(7));
        var (report, way) = await watcher.ReportAsync(7, DocumentState.Reverted);
        Assert.Equal("The broker was not reached in time.", report.Reason!.Detail);
        Assert.DoesNotContain(DocumentState.Confirmed, way);
        Assert.DoesNotContain("commit 1.7", test.Calls);
    }

    [Fact]
    public async Task Plain_TCP_never_leaves_the_machine_unless_that_is_said()
    {
        await using var box = new RunningBox(new BrokerAddress("192.0.2.1", 1883, Tls: false));
        await BrokerLab.UntilAsync(() => box.Loop.Status.Reason is not null, "a reason");
        Assert.Contains("neither TLS nor on loopback", box.Loop.Status.Reason!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_whose_name_does_not_resolve_is_that_reason()
    {
        await using var box = new RunningBox(new BrokerAddress("broker.invalid", 8883, Tls: true));
        await BrokerLab.UntilAsync(() => box.Loop.Status.Reason is not null, "a reason");
        Assert.Equal(14, box.Loop.Status.Reason!.Code);
    }

    [Theory, MemberData(nameof(Brokers))]
    public async Task A_second_box_of_the_same_name_is_named_as_the_cause(string kind)
    {
        await using var broker = await BrokerLab.StartAsync(kind);
        await using var first = new RunningBox(broker.Address);
        await BrokerLab.UntilAsync(() => first.Loop.Status.Connected, "the first connects");
        await using var second = new RunningBox(broker.Address);
        await BrokerLab.UntilAsync(
            () => first.Box.Notices.Concat(second.Box.Notices).Any(n => n is CloudNotice.Disconnected { Reason: { Code: 54, Detail: { } d } } && d.Contains("second box", StringComparison.Ordinal)),
            "one of them says so");
    }

    [Fact]
    public async Task A_fault_of_the_box_ends_the_loop_instead_of_hiding()
    {
        await using var broker = await BrokerLab.StartAsync("embedded");
        await using var watcher = await Watcher.StartAsync(broker.Address);
        var box = new RunningBox(broker.Address, new TestBox { OnStage = _ => throw new InvalidDataException("a bug") });
        await watcher.PublishAsync(Document(7));
        await Assert.ThrowsAsync<InvalidDataException>(() => box.Running.WaitAsync(BrokerLab.Deadline));
    }

    [Fact]
    public async Task A_restarted_box_continues_its_stream_of_events_after_a_clean_stop_only()
    {
        await using var broker = await BrokerLab.StartAsync("embedded");
        await using var watcher = await Watcher.StartAsync(broker.Address);
        var test = new TestBox();
        string stream;
        await using (var box = new RunningBox(broker.Address, test))
        {
            box.Loop.Outbox.Add("link", "wan0", "up");
            var happened = await watcher.EventAsync("link");
            Assert.Equal(1, happened.Sequence);
            stream = happened.Stream;
        }

        byte[] afterPowerCut;
        await using (var box = new RunningBox(broker.Address, test))
        {
            afterPowerCut = test.Read(TwinFile.Outbox)!.Value.ToArray();
            box.Loop.Outbox.Add("link", "wan0", "down");
            var happened = await watcher.EventAsync("link");
            Assert.Equal((stream, 2), (happened.Stream, happened.Sequence));
        }

        test.Write(TwinFile.Outbox, afterPowerCut);
        await using (var box = new RunningBox(broker.Address, test))
        {
            box.Loop.Outbox.Add("link", "wan0", "up");
            var happened = await watcher.EventAsync("link");
            Assert.NotEqual(stream, happened.Stream);
            Assert.Equal(1, happened.Sequence);
        }
    }

    private static async Task<Watcher> WatchAsync(BrokerLab broker)
    {
        // A broker that just came back may not take connections yet.
        var began = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await Watcher.StartAsync(broker.Address);
            }
            catch (EdgeVpn.Fleet.Operator.BrokerException) when (began.Elapsed < BrokerLab.Deadline)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task<string> ShellAsync(string program, params string[] arguments)
    {
        if (!File.Exists("/usr/bin/" + program)) Assert.Skip($"{program} is not installed.");
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/" + program, arguments) { RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {process.ExitCode}");
        return text;
    }
}
