using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Model.Twin;
using Xunit;
using static EdgeVpn.Appliance.Tests.Cloud.TwinBench;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>A document's way from the broker to the disk.</summary>
public sealed class TwinSyncTests
{
    [Fact]
    public void A_document_is_received_staged_applied_and_confirmed_in_this_order()
    {
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        Assert.Equal(DocumentState.None, bench.Report!.State);

        var outputs = bench.Arrive(7);
        Assert.Equal([typeof(TwinOutput.Store), typeof(TwinOutput.Changed), typeof(TwinOutput.Publish), typeof(TwinOutput.Stage)], outputs.Select(o => o.GetType()));
        Assert.Equal(DocumentState.Received, bench.Report.State);
        Assert.Equal(V(7), bench.Report.Version);
        Assert.Equal(Document(7).Reference.Sha256, bench.Report.Sha256);

        outputs = bench.Handle(new TwinInput.Staged(V(7)));
        Assert.Equal(DocumentState.Staged, bench.Report.State);
        Assert.Equal([typeof(TwinOutput.Store), typeof(TwinOutput.Apply)], outputs.Select(o => o.GetType()).TakeLast(2)); // on disk before the first change
        Assert.Equal(DocumentState.Applied, bench.Disk.State);

        outputs = bench.Handle(new TwinInput.Applied(V(7), KeepsBroker: true));
        Assert.Equal(DocumentState.Applied, bench.Report.State);
        Assert.IsType<TwinOutput.Probe>(outputs[^1]);
        Assert.Null(bench.Report.InForce);

        Assert.Empty(bench.Handle(new TwinInput.ReportDelivered(bench.ReportNumber)));
        Assert.Equal(new TwinOutput.Commit(V(7)), Assert.Single(bench.Handle(new TwinInput.Reached(V(7)))));

        bench.Handle(new TwinInput.Committed(V(7)));
        Assert.Equal(DocumentState.Confirmed, bench.Report.State);
        Assert.Equal(Document(7).Reference, bench.Report.InForce);
        Assert.Equal(DocumentState.Confirmed, bench.Disk.State);
        Assert.Null(bench.Sync.NextDeadline);
    }

    [Fact]
    public void A_report_says_what_the_document_is_while_it_is_being_applied()
    {
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        bench.Arrive(7);
        bench.Handle(new TwinInput.Staged(V(7)));
        bench.After(TimeSpan.FromSeconds(2));
        bench.Handle(new TwinInput.BoxChanged(new BoxReport(ReportedHealth.Healthy, null, [])));
        Assert.Equal(ReportedHealth.Healthy, bench.Report!.Health);
        Assert.Equal(DocumentState.Staged, bench.Report.State); // not "applied" before the box said so
    }

    [Fact]
    public void A_report_is_published_when_it_says_something_new()
    {
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        var up = new ReportedConnection("hub", "up", null, "203.0.113.2", Wall);
        var box = new BoxReport(ReportedHealth.Healthy, new ReportedVersions("1", 1), [up])
        {
            Capabilities = new ReportedCapabilities { Commands = ["why"] },
            Lights = new ReportedLights("steady", "steady", "steady", "steady"),
        };
        Assert.True(Tells(box));
        Assert.Equal(box.Lights, bench.Report!.Lights);
        // The same made anew, with clocks that waver.
        Assert.False(Tells(box with { Connections = [up with { Since = Wall + TimeSpan.FromMilliseconds(3) }], Capabilities = new ReportedCapabilities { Commands = ["why"] } }));
        Assert.True(Tells(box with { Connections = [up with { Since = Wall + TimeSpan.FromSeconds(1) }] })); // down and up again between two looks
        Assert.True(Tells(box with { Lights = box.Lights! with { Wan = "two blinks" } }));
        Assert.True(Tells(box with { Health = ReportedHealth.Degraded }));
        Assert.True(Tells(box with { Connections = [up with { Reason = new ReportedReason(41, "no-return") }] }));
        Assert.True(Tells(box with { Connections = [] }));

        bool Tells(BoxReport report)
        {
            bench.After(TimeSpan.FromSeconds(2));
            return bench.Handle(new TwinInput.BoxChanged(report)).OfType<TwinOutput.Publish>().Any();
        }
    }

    [Fact]
    public void A_documents_own_time_limits_its_trial()
    {
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        bench.Arrive(7);
        bench.Handle(new TwinInput.Staged(V(7)));
        bench.Handle(new TwinInput.Applied(V(7), KeepsBroker: true, CommitConfirm: TimeSpan.FromSeconds(4)));
        Assert.DoesNotContain(bench.After(TimeSpan.FromSeconds(3)), static output => output is TwinOutput.Revert);
        Assert.Contains(bench.After(TimeSpan.FromSeconds(2)), static output => output is TwinOutput.Revert);
    }

    [Fact]
    public void Nothing_is_committed_before_the_tunnels_were_reached()
    {
        var bench = OnTrial();
        Assert.Empty(bench.Handle(new TwinInput.ReportDelivered(bench.ReportNumber)));
        Assert.IsType<TwinState.Trial>(bench.Sync.State);
    }

    [Fact]
    public void Nothing_is_committed_before_the_broker_took_a_report_made_after_the_change()
    {
        var bench = OnTrial();
        Assert.Empty(bench.Handle(new TwinInput.Reached(V(7))));
        Assert.Empty(bench.Handle(new TwinInput.ReportDelivered(bench.ReportNumber - 1))); // "staged", still under way then
        Assert.IsType<TwinState.Trial>(bench.Sync.State);
        Assert.IsType<TwinOutput.Commit>(Assert.Single(bench.Handle(new TwinInput.ReportDelivered(bench.ReportNumber))));
    }

    [Fact]
    public void A_document_that_moves_to_another_broker_is_confirmed_by_that_broker()
    {
        var bench = OnTrial();
        bench.Handle(new TwinInput.Reached(V(7)));
        bench.Handle(new TwinInput.Disconnected());
        bench.Handle(new TwinInput.Connected());
        Assert.Equal(DocumentState.Applied, bench.Report!.State);
        Assert.IsType<TwinOutput.Commit>(Assert.Single(bench.Handle(new TwinInput.ReportDelivered(bench.ReportNumber))));
    }

    [Fact]
    public void A_report_that_was_under_way_when_the_connection_broke_confirms_nothing()
    {
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        bench.Arrive(7);
        bench.Handle(new TwinInput.Staged(V(7)));
        var before = bench.ReportNumber;
        bench.Handle(new TwinInput.Disconnected());
        bench.Handle(new TwinInput.Applied(V(7), KeepsBroker: true));
        bench.Handle(new TwinInput.Reached(V(7)));
        Assert.Empty(bench.Handle(new TwinInput.ReportDelivered(before)));
        Assert.IsType<TwinState.Trial>(bench.Sync.State);
    }

    [Fact]
    public void A_document_that_keeps_no_broker_is_confirmed_by_its_tunnels_alone()
    {
        var bench = OnTrial(keepsBroker: false);
        Assert.IsType<TwinOutput.Commit>(Assert.Single(bench.Handle(new TwinInput.Reached(V(7)))));
    }

    [Theory]
    [InlineData(false, false, "Neither its tunnels nor the broker")]
    [InlineData(true, false, "The broker was not reached")]
    [InlineData(false, true, "Its tunnels were not reached")]
    public void A_trial_that_ends_unconfirmed_reverts_and_says_what_was_missing(bool tunnels, bool broker, string detail)
    {
        var bench = OnTrial();
        if (tunnels) bench.Handle(new TwinInput.Reached(V(7)));
        if (broker) bench.Handle(new TwinInput.ReportDelivered(bench.ReportNumber));
        Assert.Equal(bench.Now + TimeSpan.FromMinutes(5), bench.Sync.NextDeadline);
        Assert.Empty(bench.After(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1)));

        var revert = Assert.IsType<TwinOutput.Revert>(Assert.Single(bench.After(TimeSpan.FromTicks(1))));
        Assert.Equal(53, revert.Reason.Code);
        Assert.StartsWith(detail, revert.Reason.Detail, StringComparison.Ordinal);
        Assert.Empty(bench.Handle(new TwinInput.Reached(V(7)))); // too late

        bench.Handle(new TwinInput.Reverted(V(7)));
        Assert.Equal(DocumentState.Reverted, bench.Report!.State);
        Assert.Equal(revert.Reason, bench.Report.Reason);
        Assert.Equal(DocumentState.Reverted, bench.Disk.State);
        Assert.Null(bench.Report.InForce);
    }

    [Fact]
    public void Late_early_and_repeated_advances_change_nothing()
    {
        var bench = Confirmed();
        var state = bench.Sync.State;
        Assert.Empty(bench.After(TimeSpan.FromDays(400)));
        Assert.Empty(bench.After(TimeSpan.Zero));
        Assert.Equal(state, bench.Sync.State);
    }

    [Fact]
    public void A_document_refused_by_validation_changes_nothing_and_every_problem_is_reported()
    {
        var bench = Confirmed(7);
        bench.Arrive(8, """{"b":2}""");
        ReportedProblem[] problems = [new("$.body.b", "is unknown; did you mean a?"), new("$.body.a", "is missing.")];
        var outputs = bench.Handle(new TwinInput.Failed(V(8), Bad, problems));

        Assert.DoesNotContain(outputs, o => o is TwinOutput.Apply or TwinOutput.Revert or TwinOutput.Commit);
        Assert.Equal(DocumentState.Refused, bench.Report!.State);
        Assert.Equal(V(8), bench.Report.Version);
        Assert.Equal(problems, bench.Report.Problems);
        Assert.Equal(Document(7).Reference, bench.Report.InForce);
        Assert.Equal(Bad with { Detail = "$.body.b: is unknown; did you mean a? And 1 more." }, bench.Sync.Objection); // for lights, status and why
        bench.Arrive(9);
        Assert.Null(bench.Sync.Objection);
    }

    [Fact]
    public void A_document_that_fails_while_it_is_applied_or_tried_reverts_with_the_box_s_reason()
    {
        var reason = new ReportedReason(33, "wrong-secret");
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        bench.Arrive(7);
        bench.Handle(new TwinInput.Staged(V(7)));
        Assert.Equal(new TwinOutput.Revert(V(7), reason), Assert.Single(bench.Handle(new TwinInput.Failed(V(7), reason, []))));
        bench.Handle(new TwinInput.Reverted(V(7)));
        Assert.Equal((DocumentState.Reverted, reason), (bench.Report!.State, bench.Report.Reason));

        bench = OnTrial();
        Assert.Equal(new TwinOutput.Revert(V(7), reason), Assert.Single(bench.Handle(new TwinInput.Failed(V(7), reason, []))));
    }

    [Fact]
    public void Answers_about_another_version_say_nothing()
    {
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        bench.Arrive(7);
        Assert.Empty(bench.Handle(new TwinInput.Staged(V(6))));
        Assert.Empty(bench.Handle(new TwinInput.Failed(V(6), Bad, [])));
        Assert.Empty(bench.Handle(new TwinInput.Applied(V(7), true))); // not asked for yet
        Assert.Empty(bench.Handle(new TwinInput.Reached(V(7))));
        Assert.Empty(bench.Handle(new TwinInput.Committed(V(7))));
        Assert.Empty(bench.Handle(new TwinInput.Reverted(V(7))));
        Assert.IsType<TwinState.Staging>(bench.Sync.State);
    }

    [Fact]
    public void Of_the_documents_that_arrive_meanwhile_only_the_newest_is_taken_up_afterwards()
    {
        var bench = OnTrial(7);
        Assert.Empty(bench.Arrive(8));
        Assert.Empty(bench.Arrive(10));
        var older = bench.Arrive(9);
        Assert.Equal(DiscardCause.Older, Assert.Single(older.OfType<TwinOutput.Discard>()).Cause);
        Assert.Equal(V(7), bench.Report!.Version);

        bench.Handle(new TwinInput.Reached(V(7)));
        bench.Handle(new TwinInput.ReportDelivered(bench.ReportNumber));
        var outputs = bench.Handle(new TwinInput.Committed(V(7)));
        Assert.Equal(V(10), Assert.Single(outputs.OfType<TwinOutput.Stage>()).Document.Version);
        Assert.Equal([DocumentState.Confirmed, DocumentState.Received], outputs.OfType<TwinOutput.Changed>().Select(c => c.State));
    }

    [Fact]
    public void A_waiting_document_is_taken_up_after_a_revert_too()
    {
        var bench = OnTrial(7);
        bench.Arrive(8);
        bench.After(TimeSpan.FromMinutes(5));
        Assert.Equal(V(8), Assert.Single(bench.Handle(new TwinInput.Reverted(V(7))).OfType<TwinOutput.Stage>()).Document.Version);
    }

    [Fact]
    public void Reports_about_the_box_keep_their_distance_and_the_last_one_is_told()
    {
        var bench = Confirmed();
        bench.After(TimeSpan.FromSeconds(5));
        Assert.Single(bench.Handle(Health(ReportedHealth.Healthy)));
        Assert.Empty(bench.Handle(Health(ReportedHealth.Degraded)));
        Assert.Empty(bench.Handle(Health(ReportedHealth.Down)));
        Assert.Equal(bench.Now + TimeSpan.FromSeconds(1), bench.Sync.NextDeadline);
        Assert.Single(bench.After(TimeSpan.FromSeconds(1)));
        Assert.Equal(ReportedHealth.Down, bench.Report!.Health);
        Assert.Null(bench.Sync.NextDeadline);

        static TwinInput Health(ReportedHealth health) => new TwinInput.BoxChanged(new BoxReport(health, null, []));
    }

    [Fact]
    public void Nothing_is_published_without_a_connection_and_the_whole_state_at_the_next_one()
    {
        var bench = new TwinBench();
        Assert.DoesNotContain(bench.Arrive(7), o => o is TwinOutput.Publish);
        Assert.DoesNotContain(bench.Handle(new TwinInput.Failed(V(7), Bad, [new("$.body", "is empty.")])), o => o is TwinOutput.Publish);
        Assert.Null(bench.Sync.NextDeadline);
        bench.Handle(new TwinInput.Connected());
        Assert.Equal(DocumentState.Refused, bench.Report!.State);
        Assert.Equal("$.body", Assert.Single(bench.Report.Problems).Path);
    }
}
