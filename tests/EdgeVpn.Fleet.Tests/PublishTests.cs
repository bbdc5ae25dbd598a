using System.Text;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Model.Twin;
using Xunit;
using static EdgeVpn.Fleet.Tests.PlayedBox;

namespace EdgeVpn.Fleet.Tests;

public sealed class PublishTests
{
    private const string Good = """{ "schema": 1, "device": { "name": "box" } }""";
    private static readonly Func<DesiredDocument, ReportedDocument>[] s_confirming =
        [State(DocumentState.Received), State(DocumentState.Staged), State(DocumentState.Applied), State(DocumentState.Confirmed)];

    [Fact]
    public async Task A_confirmed_document_prints_its_way_and_exits_0()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync(s_confirming);
        var ran = await lab.RunAsync("publish", "--fleet", "lyon", "--device", "box", lab.File(Good));
        Assert.Equal(
            ["lyon/box 1.1 published", "lyon/box 1.1 received", "lyon/box 1.1 staged", "lyon/box 1.1 applied", "lyon/box 1.1 confirmed"], ran.Lines);
        Assert.Equal((ExitCode.Done, ""), (ran.Code, ran.Error));
        var document = Assert.Single(box.Documents);
        Assert.Equal(Good, Encoding.UTF8.GetString(document.Body.Span));
        Assert.Null(document.NotAfter);
        Assert.InRange(document.IssuedAt, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task A_refused_document_prints_every_problem_and_exits_1()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync(
            State(DocumentState.Received),
            State(DocumentState.Refused, new ReportedReason(52, "document-refused"), new("$.body.connections[0].name", "is missing."), new("$.body.\e[31mred", "hides \u202e something.")));
        var ran = await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(Good));
        Assert.Equal(ExitCode.Failed, ran.Code);
        Assert.Equal(
            ["lyon/box 1.1 refused: 52 document-refused", "  $.body.connections[0].name: is missing.", "  $.body.·[31mred: hides · something."], ran.Lines[2..]);
    }

    [Fact]
    public async Task A_reverted_document_exits_1_with_its_reason()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync([.. s_confirming[..3], State(DocumentState.Reverted, new ReportedReason(53, "reverted", "Its tunnels were not reached in time."))]);
        var ran = await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(Good));
        Assert.Equal(ExitCode.Failed, ran.Code);
        Assert.Equal("lyon/box 1.1 reverted: 53 reverted: Its tunnels were not reached in time.", ran.Lines[^1]);
    }

    [Fact]
    public async Task An_invalid_configuration_exits_2_with_every_problem_and_sends_nothing()
    {
        await using var lab = await FleetLab.StartAsync();
        var ran = await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File("""{ "shema": 1, "connections": [ { "nam": "hub" } ] }"""));
        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains(ran.Lines, l => l.StartsWith("error: $", StringComparison.Ordinal) && l.Contains("schema", StringComparison.Ordinal));
        Assert.Contains(ran.Lines, l => l.StartsWith("error: $.connections[0]", StringComparison.Ordinal));
        Assert.EndsWith("nothing was sent.", ran.Lines[^1], StringComparison.Ordinal);
        var shown = await lab.RunAsync("show", "box");
        Assert.Equal(ExitCode.Failed, shown.Code);
    }

    [Fact]
    public async Task Revisions_go_on_from_what_the_broker_keeps_or_the_box_reports()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync(s_confirming);
        Assert.Equal(ExitCode.Done, (await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(Good))).Code);
        Assert.Contains("1.2 confirmed", (await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(Good))).Out, StringComparison.Ordinal);

        await box.ReportAsync(new ReportedDocument { Epoch = 3, Revision = 40, State = DocumentState.Confirmed });
        Assert.Contains("3.41 confirmed", (await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(Good))).Out, StringComparison.Ordinal);
        Assert.Contains("4.1 confirmed", (await lab.RunAsync("publish", "-f", "lyon", "-d", "box", "--new-epoch", lab.File(Good))).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_waits_at_the_broker_for_an_offline_box()
    {
        await using var lab = await FleetLab.StartAsync();
        var ran = await lab.RunAsync("publish", "-f", "lyon", "-d", "box", "--no-wait", lab.File(Good));
        Assert.Equal((ExitCode.Done, "lyon/box 1.1 published; no box of this name was seen yet"), (ran.Code, Assert.Single(ran.Lines)));
        await using var box = await lab.PlayAsync(s_confirming);
        await FleetLab.UntilAsync(() => box.Documents.Count == 1, "the box gets it when it comes");
    }

    [Fact]
    public async Task A_box_that_says_nothing_in_time_exits_1()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync(State(DocumentState.Received));
        var ran = await lab.RunAsync("publish", "-f", "lyon", "-d", "box", "--timeout", "00:00:00.4", lab.File(Good));
        Assert.Equal(ExitCode.Failed, ran.Code);
        Assert.Contains("not confirmed within 00:00:00.4", ran.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_the_box_could_not_take_up_at_all_exits_1_with_its_problems()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync(d => new ReportedDocument
        {
            Discarded = new DiscardedMessage(1, DiscardCause.Unverified, [new ReportedProblem("$", "is not signed.")], DesiredDocument.Hash(d.ToJson())),
        });
        var ran = await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(Good));
        Assert.Equal(ExitCode.Failed, ran.Code);
        Assert.Equal(["lyon/box 1.1 discarded (Unverified)", "  $: is not signed."], ran.Lines[1..]);
    }

    [Fact]
    public async Task A_document_overtaken_by_another_operator_exits_1()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync(State(DocumentState.Received), d => State(DocumentState.Confirmed)(d with { Version = new(d.Version.Epoch, d.Version.Revision + 1) }));
        var ran = await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(Good));
        Assert.Equal((ExitCode.Failed, "lyon/box 1.1 overtaken by 1.2"), (ran.Code, ran.Lines[^1]));
    }

    [Fact]
    public async Task Json_says_the_same_one_object_a_line()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync(State(DocumentState.Received), State(DocumentState.Refused, new ReportedReason(52, "document-refused"), new ReportedProblem("$.body", "is bad.")));
        var ran = await lab.RunAsync("publish", "--json", "-f", "lyon", "-d", "box", lab.File(Good));
        Assert.Equal(["published", "received", "refused"], ran.Json.Select(j => j.GetProperty("state").GetString()!));
        Assert.Equal(52, ran.Json[2].GetProperty("code").GetInt32());
        Assert.Equal("$.body", ran.Json[2].GetProperty("problems")[0].GetProperty("path").GetString());

        ran = await lab.RunAsync("publish", "--json", "-f", "lyon", "-d", "box", lab.File("[]"));
        Assert.Equal((ExitCode.Usage, "invalid"), (ran.Code, Assert.Single(ran.Json).GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_document_too_large_for_a_message_goes_in_pieces_and_the_next_one_takes_them_away()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.PlayAsync(s_confirming);
        await using var session = await lab.ConnectAsync();
        var large = Large(TwinLimits.MaxDesiredOctets);
        Assert.Equal(ExitCode.Done, (await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(large))).Code);
        var document = Assert.Single(box.Documents);
        Assert.Equal(BodyReference.To(Encoding.UTF8.GetBytes(large)), document.ByReference);
        Assert.True(document.Body.IsEmpty);
        var pieces = await PiecesAsync();
        Assert.Equal([document.ByReference!.NameOf(0), document.ByReference.NameOf(1)], pieces.Keys);
        Assert.Equal(large, Encoding.UTF8.GetString([.. pieces.Values.SelectMany(static p => p)]));

        // The same again costs no more room; a small one leaves nothing behind.
        Assert.Equal(ExitCode.Done, (await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(large))).Code);
        Assert.Equal(pieces.Keys, (await PiecesAsync()).Keys);
        Assert.Equal(ExitCode.Done, (await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(Good))).Code);
        Assert.Empty(await PiecesAsync());

        async Task<SortedDictionary<string, byte[]>> PiecesAsync()
        {
            await session.SubscribeAsync([TwinTopic.Filter("lyon", "box", TwinChannel.Body)], CancellationToken.None);
            SortedDictionary<string, byte[]> kept = new(StringComparer.Ordinal);
            while (session.Messages.TryRead(out var message))
            {
                if (message.Payload.IsEmpty) kept.Remove(message.Topic.Name!);
                else kept[message.Topic.Name!] = message.Payload.ToArray();
            }

            return kept;
        }
    }

    [Fact]
    public async Task A_document_that_a_box_cannot_take_is_not_sent_and_why_is_said()
    {
        await using var lab = await FleetLab.StartAsync();
        var ran = await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(Large(TwinLimits.MaxBodyOctets)));
        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains($"more than {TwinLimits.MaxBodyOctets} octets", ran.Out + ran.Error, StringComparison.Ordinal);

        // One that says what it can do, and does not say that it takes bodies by reference.
        await using var box = await lab.PlayAsync();
        await box.ReportAsync(new ReportedDocument { Versions = new ReportedVersions("0.9.1", 1), Capabilities = new ReportedCapabilities { DesiredOctets = 32_768 } });
        ran = await lab.RunAsync("publish", "-f", "lyon", "-d", "box", lab.File(Large(TwinLimits.MaxDesiredOctets)));
        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains("its software 0.9.1 takes documents of at most 32768 octets, signed", ran.Error, StringComparison.Ordinal);
        Assert.Empty(box.Documents);
    }

    /// <summary>A valid configuration that is a little longer than this.</summary>
    private static string Large(int octets)
    {
        var secrets = Enumerable.Range(0, (octets / 80) + 1).Select(static i => $$"""
            "c{{i:D5}}": { "psk": "{{new string('k', 60)}}" }
            """.Trim());
        return $$"""{ "schema": 1, "secrets": { {{string.Join(", ", secrets)}} } }""";
    }

    [Fact]
    public async Task No_broker_exits_1_and_says_so()
    {
        var lab = await FleetLab.StartAsync();
        var file = lab.File(Good);
        var gone = lab.Address;
        var path = System.IO.Path.GetTempFileName();
        System.IO.File.Copy(file, path, overwrite: true);
        await lab.DisposeAsync();
        var ran = await FleetLab.RunWithAsync(["publish", "-f", "lyon", "-d", "box", path, "--broker", gone.ToString()]);
        System.IO.File.Delete(path);
        Assert.Equal(ExitCode.Failed, ran.Code);
        Assert.Contains("cannot be reached", ran.Error, StringComparison.Ordinal);
    }
}
