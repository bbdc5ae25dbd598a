using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Rollout;

/// <summary>What a rollout sees of one box; null everywhere if it was never seen.</summary>
/// <param name="Online">Connected, as far as the broker knows.</param>
/// <param name="Report">Its last word.</param>
/// <param name="Hours">Whether it may be sent something at this hour.</param>
public sealed record BoxSight(bool Online, ReportedDocument? Report, BoxHours Hours = BoxHours.Any)
{
    public static BoxSight Of(FleetBox? box, BoxHours hours = BoxHours.Any) => new(box?.Online == true, box?.Report, hours);
}

/// <summary>A box's maintenance windows at a moment.</summary>
public enum BoxHours
{
    /// <summary>It has none.</summary>
    Any,

    /// <summary>One is open.</summary>
    Open,

    /// <summary>None is open.</summary>
    Closed,
}

/// <summary>Decides which boxes get their document now, and what became of those that have it. No clock, no broker, no file.</summary>
/// <remarks>
/// <code>
///     Waiting ──(its stage is open, online)──► Published ──(confirmed)──► Soaking ──(healthy for a while)──► Done
///        │                                         └──(refused, reverted, silent)──► Failed ◄──(unhealthy)──┘
///        └──(offline when all others are done)──► Left
/// </code>
/// A stage ends when every box of it is done, failed, or was offline before it got anything. A box that goes offline <em>with</em> its document
/// holds the stage up and fails at the end of its patience: a document that cuts boxes off must not look like boxes that were away.
/// A box whose window is closed holds its stage up until it opens. One with windows that is away is left nothing at the broker, which would give it
/// out at any hour: the rollout waits for it to come while a window is open.
/// </remarks>
public sealed class RolloutMachine
{
    private readonly DateTimeOffset _startedAt;
    private readonly SortedDictionary<string, RolloutBox> _boxes = new(StringComparer.Ordinal);

    /// <summary>A new rollout; boxes are dealt to stages in the order given.</summary>
    public RolloutMachine(RolloutTerms terms, IReadOnlyList<string> devices, DateTimeOffset now)
        : this(terms, [.. devices.Select(static d => (d, (string?)null))], now)
    {
    }

    /// <summary>A new rollout that is held to what was planned: SHA-256 of each configuration.</summary>
    public RolloutMachine(RolloutTerms terms, IReadOnlyList<(string Device, string? Planned)> devices, DateTimeOffset now)
    {
        (Terms, _startedAt) = (terms, now);
        for (var i = 0; i < devices.Count; i++)
        {
            // At least one box in the first stage, however small the fleet.
            var stage = Enumerable.Range(0, terms.Stages.Count).First(s => i < Math.Max(1, (int)Math.Ceiling(devices.Count * terms.Stages[s] / 100.0)));
            _boxes[devices[i].Device] = new RolloutBox(devices[i].Device, stage) { Planned = devices[i].Planned };
        }
    }

    /// <summary>One that goes on.</summary>
    public RolloutMachine(RolloutState state)
    {
        (Terms, _startedAt, Stage) = (state.Terms, state.StartedAt, state.Stage);
        Status = state.Status is RolloutStatus.Paused ? RolloutStatus.Running : state.Status;
        foreach (var box in state.Boxes) _boxes[box.Device] = box;
    }

    public RolloutTerms Terms { get; }

    public RolloutStatus Status { get; private set; }

    /// <summary>The stage that is open, from 0.</summary>
    public int Stage { get; private set; }

    public IReadOnlyCollection<RolloutBox> Boxes => _boxes.Values;

    public RolloutState State => new(_startedAt, Terms, Status, Stage, [.. _boxes.Values]);

    /// <summary>SHA-256 of what it is to be sent, hex; null: of whatever the folder says then.</summary>
    public string? PlannedOf(string device) => _boxes[device].Planned;

    public int Count(BoxStep step) => _boxes.Values.Count(b => b.Step == step);

    public void Pause() => Status = Status == RolloutStatus.Running ? RolloutStatus.Paused : Status;

    public void Resume() => Status = Status == RolloutStatus.Paused ? RolloutStatus.Running : Status;

    /// <summary>Takes in what the boxes say.</summary>
    /// <returns>Devices to publish to now; each is answered with <see cref="Published"/> or <see cref="Unpublishable"/>.</returns>
    public IReadOnlyList<string> Advance(DateTimeOffset now, Func<string, BoxSight> see)
    {
        foreach (var box in _boxes.Values.Where(static b => b.Step is BoxStep.Published or BoxStep.Soaking or BoxStep.Left).ToArray()) Look(box, see(box.Device), now);
        if (Status != RolloutStatus.Running) return [];
        // Of those that were touched, not of those that answered: else the first to answer would decide alone.
        var (failed, touched) = (Count(BoxStep.Failed), _boxes.Values.Count(static b => b.Step is not (BoxStep.Waiting or BoxStep.Left)));
        if (failed > 0 && failed * 100.0 / touched > Terms.AbortAbovePercent)
        {
            Status = RolloutStatus.Aborted;
            return [];
        }

        while (IsOver(Stage, see))
        {
            if (Stage < Terms.Stages.Count - 1)
            {
                Stage++;
                continue;
            }

            // The change proved itself on every box there is: those that are away find it when they come.
            var away = _boxes.Values.Where(static b => b.Step == BoxStep.Waiting).Select(static b => b.Device).ToArray();
            if (away.Length == 0) Status = RolloutStatus.Complete;
            return [.. away.Where(d => see(d).Hours == BoxHours.Any)];
        }

        var free = Terms.Parallel - Count(BoxStep.Published) - Count(BoxStep.Soaking);
        return free <= 0 ? [] : [.. _boxes.Values.Where(b => b.Step == BoxStep.Waiting && b.Stage <= Stage && see(b.Device) is { Online: true, Hours: not BoxHours.Closed }).Take(free).Select(static b => b.Device)];
    }

    /// <summary>The broker has the box's document.</summary>
    /// <param name="device">Which.</param>
    /// <param name="sent">Its version and hash.</param>
    /// <param name="payloadSha256">Of the message.</param>
    /// <param name="online">False: it is left there for when the box comes.</param>
    /// <param name="now">The time.</param>
    public void Published(string device, DocumentReference sent, string payloadSha256, bool online, DateTimeOffset now) =>
        _boxes[device] = _boxes[device] with { Step = online ? BoxStep.Published : BoxStep.Left, Sent = sent, PayloadSha256 = payloadSha256, Since = now };

    /// <summary>The box has no document that could be sent.</summary>
    public void Unpublishable(string device, string why, DateTimeOffset now) => Fail(_boxes[device], why, now);

    /// <summary>Every box that was touched has been given back what it had.</summary>
    public void RolledBack() => Status = RolloutStatus.RolledBack;

    private bool IsOver(int stage, Func<string, BoxSight> see) => !_boxes.Values.Any(
        b => b.Stage <= stage && (b.Step is BoxStep.Published or BoxStep.Soaking || (b.Step == BoxStep.Waiting && see(b.Device).Online)));

    private void Look(RolloutBox box, BoxSight sight, DateTimeOffset now)
    {
        var sent = box.Sent!;
        if (sight.Report is { } report)
        {
            if (report.Version > sent.Version)
            {
                Fail(box, $"took up {report.Version}: somebody else published too", now);
                return;
            }

            if (report.Version == sent.Version && report.State is DocumentState.Refused or DocumentState.Reverted)
            {
                Fail(box, $"{Commands.ReportText.Word(report.State)}{(report.Reason is null ? "" : ": " + Commands.ReportText.Reason(report.Reason))}", now);
                return;
            }

            if (report.Discarded is { } discarded && discarded.Sha256 == box.PayloadSha256)
            {
                Fail(box, $"discarded: {Commands.ReportText.Word(discarded.Cause)}", now);
                return;
            }

            // Confirmed counts only with the very body that was sent, as the box has it on its disk.
            if (report.State == DocumentState.Confirmed && report.Version == sent.Version && report.InForce == sent)
            {
                Confirmed(box, sight.Online, report.Health, now);
                return;
            }
        }

        if (box.Step != BoxStep.Published || now - box.Since <= Terms.Patience) return;
        Fail(box, sight.Online ? $"said nothing of {sent.Version} within {Terms.Patience}" : $"went offline with {sent.Version} and did not come back within {Terms.Patience}", now);
    }

    private void Confirmed(RolloutBox box, bool online, ReportedHealth health, DateTimeOffset now)
    {
        if (box.Step == BoxStep.Left && !online) return; // an old word that the broker kept
        if (box.Step != BoxStep.Soaking) box = _boxes[box.Device] = box with { Step = BoxStep.Soaking, Since = now };
        if (online && health is ReportedHealth.Healthy)
        {
            if (now - box.Since >= Terms.Soak) _boxes[box.Device] = box with { Step = BoxStep.Done, Since = now };
        }
        else if (now - box.Since > Terms.Soak + Terms.Patience)
        {
            Fail(box, online ? $"confirmed, and is {Commands.ReportText.Word(health)} since" : "confirmed, and went offline since", now);
        }
    }

    private void Fail(RolloutBox box, string why, DateTimeOffset now) => _boxes[box.Device] = box with { Step = BoxStep.Failed, Why = TwinLimits.Text(why), Since = now };
}
