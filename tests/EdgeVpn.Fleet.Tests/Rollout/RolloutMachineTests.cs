using EdgeVpn.Fleet.Rollout;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Rollout;

public sealed class RolloutMachineTests
{
    private static readonly DateTimeOffset Start = new(2026, 2, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RolloutTerms Terms = new([1, 10, 100], 20, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(6), 1_000);
    private readonly Dictionary<string, BoxSight> _sights = [];
    private DateTimeOffset _now = Start;

    [Fact]
    public void A_stage_opens_when_every_online_box_of_the_one_before_confirmed_and_stayed_healthy()
    {
        var machine = Make(100);
        Assert.Single(Advance(machine));
        Assert.Equal(1, machine.Count(BoxStep.Published));
        Say(machine, "box-000", DocumentState.Applied);
        Assert.Empty(Advance(machine));
        Say(machine, "box-000", DocumentState.Confirmed);
        Assert.Empty(Advance(machine));
        Assert.Equal(1, machine.Count(BoxStep.Soaking));
        _now += TimeSpan.FromSeconds(59);
        Assert.Empty(Advance(machine));
        _now += TimeSpan.FromSeconds(1);
        Assert.Equal(9, Advance(machine).Count);
        Assert.Equal(1, machine.Stage);
        ConfirmAll(machine);
        Assert.Equal(90, Advance(machine).Count);
        ConfirmAll(machine);
        Advance(machine);
        Assert.Equal((RolloutStatus.Complete, 100), (machine.Status, machine.Count(BoxStep.Done)));
    }

    [Fact]
    public void A_closed_window_holds_its_stage_up_until_it_opens()
    {
        var machine = Make(10, new RolloutTerms([50, 100], 20, TimeSpan.Zero, TimeSpan.FromMinutes(6), 1_000));
        _sights["box-003"] = new BoxSight(true, null, BoxHours.Closed);
        Assert.Equal(["box-000", "box-001", "box-002", "box-004"], Advance(machine));
        ConfirmAll(machine);
        _now += TimeSpan.FromHours(12);
        Assert.Empty(Advance(machine));
        Assert.Equal((0, RolloutStatus.Running), (machine.Stage, machine.Status));
        _sights["box-003"] = new BoxSight(true, null, BoxHours.Open);
        Assert.Equal(["box-003"], Advance(machine));
        Assert.Equal(0, machine.Stage);
    }

    [Fact]
    public void A_box_with_windows_that_is_away_is_left_nothing_and_waited_for()
    {
        var machine = Make(2, new RolloutTerms([100], 20, TimeSpan.Zero, TimeSpan.FromMinutes(6), 1_000));
        _sights["box-000"] = new BoxSight(false, null, BoxHours.Open);
        _sights["box-001"] = new BoxSight(false, null);
        Assert.Equal(["box-001"], Advance(machine));
        Assert.Empty(Advance(machine));
        Assert.Equal((RolloutStatus.Running, 1, 1), (machine.Status, machine.Count(BoxStep.Left), machine.Count(BoxStep.Waiting)));
        _sights["box-000"] = new BoxSight(true, null, BoxHours.Closed);
        Assert.Empty(Advance(machine));
        _sights["box-000"] = new BoxSight(true, null, BoxHours.Open);
        Assert.Equal(["box-000"], Advance(machine));
    }

    [Fact]
    public void Confirmed_counts_only_with_the_very_body_that_was_sent()
    {
        var machine = Make(1);
        Advance(machine);
        var sent = machine.Boxes.Single().Sent!;
        _sights["box-000"] = new BoxSight(true, Report(sent, DocumentState.Confirmed) with { InForce = sent with { Sha256 = new string('0', 64) } });
        _now += TimeSpan.FromMinutes(2);
        Advance(machine);
        Assert.Equal(BoxStep.Published, machine.Boxes.Single().Step);
        _now += TimeSpan.FromMinutes(5);
        Advance(machine);
        Assert.Equal(BoxStep.Failed, machine.Boxes.Single().Step);
    }

    [Fact]
    public void More_failures_than_allowed_abort_before_another_box_is_touched()
    {
        var machine = Make(100);
        Advance(machine);
        ConfirmAll(machine);
        Assert.Equal(9, Advance(machine).Count);
        foreach (var device in (string[])["box-001", "box-002"]) Say(machine, device, DocumentState.Reverted);
        Advance(machine);
        Assert.Equal(RolloutStatus.Running, machine.Status); // 2 of the 10 that were touched
        Say(machine, "box-003", DocumentState.Reverted);
        Advance(machine);
        Assert.Equal(RolloutStatus.Aborted, machine.Status);
        ConfirmAll(machine);
        Assert.Empty(Advance(machine));
        Assert.Equal(90, machine.Count(BoxStep.Waiting));
        Assert.Contains("53 reverted", machine.Boxes.First(b => b.Step == BoxStep.Failed).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_confirmed_box_that_does_not_become_healthy_has_failed()
    {
        var machine = Make(1);
        Advance(machine);
        var sent = machine.Boxes.Single().Sent!;
        _sights["box-000"] = new BoxSight(true, Report(sent, DocumentState.Confirmed) with { InForce = sent, Health = ReportedHealth.Degraded });
        Advance(machine);
        _now += TimeSpan.FromMinutes(6);
        Advance(machine);
        Assert.Equal(BoxStep.Soaking, machine.Boxes.Single().Step);
        _now += TimeSpan.FromMinutes(2);
        Advance(machine);
        Assert.Equal((BoxStep.Failed, RolloutStatus.Aborted), (machine.Boxes.Single().Step, machine.Status));
    }

    [Fact]
    public void Offline_boxes_hold_nothing_up_and_find_their_document_when_they_come()
    {
        var machine = Make(10);
        foreach (var device in (string[])["box-000", "box-005", "box-009"]) _sights[device] = new BoxSight(false, null);
        for (var i = 0; i < 6 && machine.Count(BoxStep.Done) < 7; i++)
        {
            Advance(machine);
            ConfirmAll(machine);
        }

        Advance(machine);
        Advance(machine);
        Assert.Equal((RolloutStatus.Complete, 7, 3), (machine.Status, machine.Count(BoxStep.Done), machine.Count(BoxStep.Left)));

        // One that comes while others are still on their way gets its own at once.
        var another = Make(10);
        _sights["box-000"] = new BoxSight(false, null);
        Assert.DoesNotContain("box-000", Advance(another));
        _sights["box-000"] = new BoxSight(true, null);
        Assert.Contains("box-000", Advance(another));
    }

    [Fact]
    public void A_document_that_cuts_boxes_off_does_not_look_like_boxes_that_were_away()
    {
        var machine = Make(100);
        Advance(machine);
        _sights["box-000"] = new BoxSight(false, null); // with its new document
        _now += TimeSpan.FromMinutes(5);
        Assert.Empty(Advance(machine));
        Assert.Equal(0, machine.Stage);
        _now += TimeSpan.FromMinutes(2);
        Advance(machine);
        Assert.Equal((RolloutStatus.Aborted, 99), (machine.Status, machine.Count(BoxStep.Waiting)));
        Assert.Contains("went offline with 1.7", machine.Boxes.First().Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_that_is_restarting_with_its_document_is_waited_for()
    {
        var machine = Make(10, Terms with { Stages = [100] });
        Advance(machine);
        ConfirmAll(machine, except: "box-003");
        _sights["box-003"] = new BoxSight(false, null);
        Advance(machine);
        Assert.Equal((RolloutStatus.Running, 9), (machine.Status, machine.Count(BoxStep.Done)));
        ConfirmAll(machine);
        Advance(machine);
        Assert.Equal((RolloutStatus.Complete, 10), (machine.Status, machine.Count(BoxStep.Done)));
    }

    [Fact]
    public void A_paused_rollout_touches_no_further_box_and_goes_on_from_its_state()
    {
        var machine = Make(100);
        Advance(machine);
        machine.Pause();
        ConfirmAll(machine);
        Assert.Empty(Advance(machine));
        Assert.Equal(1, machine.Count(BoxStep.Done));
        var again = new RolloutMachine(machine.State);
        Assert.Equal(RolloutStatus.Running, again.Status);
        Assert.Equal(9, Advance(again).Count);
        Assert.Equal((1, 9), (again.Count(BoxStep.Done), again.Count(BoxStep.Published)));
    }

    [Fact]
    public void No_more_boxes_are_under_way_than_allowed()
    {
        var machine = Make(100, Terms with { Stages = [100], Parallel = 7 });
        for (var i = 0; i < 100 && machine.Status == RolloutStatus.Running; i++)
        {
            Advance(machine);
            Assert.InRange(machine.Count(BoxStep.Published) + machine.Count(BoxStep.Soaking), 0, 7);
            ConfirmAll(machine);
        }

        Assert.Equal((RolloutStatus.Complete, 100), (machine.Status, machine.Count(BoxStep.Done)));
    }

    [Fact]
    public void What_somebody_else_publishes_or_the_box_discards_is_a_failure()
    {
        var machine = Make(2, Terms with { Stages = [100], AbortAbovePercent = 100 });
        Advance(machine);
        var (first, second) = (machine.Boxes.First(), machine.Boxes.Last());
        _sights[first.Device] = new BoxSight(true, Report(first.Sent! with { Revision = 99 }, DocumentState.Confirmed));
        _sights[second.Device] = new BoxSight(true, new ReportedDocument { Discarded = new DiscardedMessage(1, DiscardCause.Unverified, [], second.PayloadSha256) });
        Advance(machine);
        Assert.Equal(["took up 1.99: somebody else published too", "discarded: unverified"], machine.Boxes.Select(b => b.Why));
    }

    private RolloutMachine Make(int boxes, RolloutTerms? terms = null)
    {
        string[] devices = [.. Enumerable.Range(0, boxes).Select(i => $"box-{i:000}")];
        foreach (var device in devices) _sights[device] = new BoxSight(true, null);
        return new RolloutMachine(terms ?? Terms, devices, _now);
    }

    private IReadOnlyList<string> Advance(RolloutMachine machine)
    {
        var devices = machine.Advance(_now, d => _sights[d]);
        foreach (var device in devices) machine.Published(device, new DocumentReference(1, 7, DesiredDocument.Hash(System.Text.Encoding.UTF8.GetBytes(device))), "p" + device, _sights[device].Online, _now);
        return devices;
    }

    private void Say(RolloutMachine machine, string device, DocumentState state)
    {
        var sent = machine.Boxes.Single(b => b.Device == device).Sent!;
        _sights[device] = new BoxSight(true, Report(sent, state));
    }

    /// <summary>Every box under way confirms, and a soak goes by.</summary>
    private void ConfirmAll(RolloutMachine machine, string? except = null)
    {
        foreach (var box in machine.Boxes.Where(b => b.Step is BoxStep.Published && b.Device != except).ToArray()) Say(machine, box.Device, DocumentState.Confirmed);
        machine.Advance(_now, d => _sights[d]);
        _now += Terms.Soak;
        if (machine.Status != RolloutStatus.Running) machine.Advance(_now, d => _sights[d]);
    }

    private static ReportedDocument Report(DocumentReference sent, DocumentState state) => new()
    {
        Epoch = sent.Epoch,
        Revision = sent.Revision,
        Sha256 = sent.Sha256,
        State = state,
        Health = ReportedHealth.Healthy,
        InForce = state == DocumentState.Confirmed ? sent : null,
        Reason = state == DocumentState.Reverted ? new ReportedReason(53, "reverted") : null,
    };
}
