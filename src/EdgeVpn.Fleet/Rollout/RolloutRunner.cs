using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Rollout;

/// <summary>Carries a rollout out: publishes what the machine decides, tells it what boxes say, and keeps its state on disk.</summary>
public sealed class RolloutRunner(FleetFolder fleet, WantedFleet wanted, OperatorSession session, FleetPicture picture, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two looks at the fleet: ten thousand boxes say more in a second than there are looks worth taking.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(2);

    // Up to the broker's answer one box follows the other, as the signing key asks; only the answers come all at once.
    private readonly Lock _lock = new();

    /// <summary>Told after each look at the fleet.</summary>
    public event Action<RolloutMachine>? Looked;

    /// <summary>A box went a step further.</summary>
    public event Action<RolloutBox>? Stepped;

    /// <summary>What the rollout waits for, as of the last look.</summary>
    public RolloutWait Wait { get; private set; } = new(0, 0, null);

    /// <summary>Somebody in another process wants the rollout to rest.</summary>
    public static string PauseFile(FleetFolder fleet) => fleet.StateFile("rollout-paused");

    /// <summary>Runs until it is complete or aborted; a rollout that is interrupted goes on from its file.</summary>
    /// <exception cref="BrokerException">The broker is gone.</exception>
    /// <exception cref="FleetFolderException">Another process runs this fleet's rollout.</exception>
    public async Task RunAsync(RolloutMachine machine, CancellationToken cancel)
    {
        using var mine = await RolloutLock.TakeAsync(fleet, cancel).ConfigureAwait(false);
        var saved = DateTimeOffset.MinValue;
        var steps = machine.Boxes.ToDictionary(static b => b.Device, static b => b.Step);
        try
        {
            while (true)
            {
                if (File.Exists(PauseFile(fleet))) machine.Pause();
                else machine.Resume();
                using (var signer = DocumentSigner.For(fleet))
                {
                    // A batch at a time: boxes that answered in the meantime make room for others.
                    var see = Seeing(machine);
                    foreach (var batch in machine.Advance(time.GetUtcNow(), see).Chunk(64))
                    {
                        await Task.WhenAll(batch.Select(d => PublishAsync(machine, signer, d, cancel))).ConfigureAwait(false);
                        picture.Look(); // what the others say meanwhile does not wait for the last batch
                    }

                    Wait = WaitOf(machine, see);
                }

                foreach (var box in machine.Boxes)
                {
                    if (steps[box.Device] == box.Step) continue;
                    steps[box.Device] = box.Step;
                    Stepped?.Invoke(box);
                }

                Looked?.Invoke(machine);
                if (machine.Status is RolloutStatus.Complete or RolloutStatus.Aborted) return;
                if (time.GetUtcNow() - saved >= SaveEvery)
                {
                    machine.State.Save(fleet);
                    saved = time.GetUtcNow();
                }

                await picture.ListenAsync(Look, cancel).ConfigureAwait(false);
                await Task.Delay(Pace, time, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            machine.State.Save(fleet);
        }
    }

    /// <summary>Gives every box that was touched the configuration it had before, or takes the document away if it had none.</summary>
    /// <returns>The machine that follows them.</returns>
    public async Task<RolloutMachine> RollBackAsync(RolloutMachine machine, TimeSpan patience, CancellationToken cancel)
    {
        var touched = machine.Boxes.Where(static b => b.Sent is not null).Select(static b => b.Device).ToArray();
        // At any hour: what boxes have now is what somebody wants to be rid of.
        var back = new RolloutMachine(RolloutTerms.AllAtOnce(patience, anyTime: true), touched, time.GetUtcNow());
        using var signer = DocumentSigner.For(fleet);
        foreach (var device in touched)
        {
            if (SentFiles.Before(fleet, device) is { } before) await SendAsync(back, signer, device, before, cancel).ConfigureAwait(false);
            else
            {
                await Dispatch.WithdrawAsync(session, new TwinIdentity(fleet.Name, device), picture.Boxes.GetValueOrDefault(device)?.DesiredReading, cancel).ConfigureAwait(false);
                back.Unpublishable(device, "had no configuration before: its document is taken off the broker, and the box stays as it is", time.GetUtcNow());
            }
        }

        machine.RolledBack();
        machine.State.Save(fleet);
        return back;
    }

    private async Task PublishAsync(RolloutMachine machine, DocumentSigner signer, string device, CancellationToken cancel)
    {
        try
        {
            var box = wanted.Of(device);
            if (box.Body is not { } body)
            {
                lock (_lock) machine.Unpublishable(device, $"{box.Problems[0].Path} {box.Problems[0].Message}", time.GetUtcNow());
                return;
            }

            // A rollout may wait for days. What was planned is what goes out, not what somebody is writing meanwhile.
            if (machine.PlannedOf(device) is { } planned && planned != DesiredDocument.Hash(body.Span))
            {
                lock (_lock) machine.Unpublishable(device, "is to be something else than when the rollout began: `plan`, and another rollout", time.GetUtcNow());
                return;
            }

            await SendAsync(machine, signer, device, body, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FleetFolderException or IOException or UnauthorizedAccessException)
        {
            lock (_lock) machine.Unpublishable(device, e.Message, time.GetUtcNow());
        }
    }

    private async Task SendAsync(RolloutMachine machine, DocumentSigner signer, string device, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        if (BodyCheck.Of(body).Errors is { Count: > 0 } errors)
        {
            lock (_lock) machine.Unpublishable(device, $"{errors[0].Path} {errors[0].Message}", time.GetUtcNow());
            return;
        }

        var now = time.GetUtcNow();
        var document = new DesiredDocument
        {
            Recipient = new TwinIdentity(fleet.Name, device),
            Version = picture.NextVersion(device),
            Schema = DesiredDocument.CurrentSchema,
            IssuedAt = now,
            Body = signer.Sealed(device, body),
        };
        var dispatch = Dispatch.Of(document, signer);
        var box = picture.Boxes.GetValueOrDefault(device);
        if (dispatch.ProblemFor(box?.Report) is { } problem)
        {
            lock (_lock) machine.Unpublishable(device, problem, now);
            return;
        }

        var online = box?.Online == true;
        await dispatch.SendAsync(session, box?.DesiredReading, cancel).ConfigureAwait(false);
        SentFiles.Keep(fleet, device, body.Span);
        lock (_lock) machine.Published(device, dispatch.Reference, DesiredDocument.Hash(dispatch.Payload), online, time.GetUtcNow());
    }

    /// <summary>What the machine sees now; each group's windows are looked at once.</summary>
    private Func<string, BoxSight> Seeing(RolloutMachine machine)
    {
        var now = time.GetUtcNow();
        var hours = wanted.Groups.ToDictionary(static g => g, g => machine.Terms.AnyTime || g.Windows.Count == 0 ? BoxHours.Any : g.IsOpen(now) ? BoxHours.Open : BoxHours.Closed);
        return device => BoxSight.Of(picture.Boxes.GetValueOrDefault(device), wanted.GroupOf(device) is { } group ? hours[group] : BoxHours.Any);
    }

    private RolloutWait WaitOf(RolloutMachine machine, Func<string, BoxSight> see)
    {
        var closed = machine.Boxes.Where(b => b.Step == BoxStep.Waiting && b.Stage <= machine.Stage && see(b.Device).Hours == BoxHours.Closed).Select(b => wanted.GroupOf(b.Device)!).ToArray();
        var away = machine.Boxes.Count(b => b.Step == BoxStep.Waiting && b.Stage <= machine.Stage && see(b.Device) is { Online: false, Hours: BoxHours.Open });
        var now = time.GetUtcNow();
        return new RolloutWait(closed.Length, away, closed.Length == 0 ? null : closed.Distinct().Min(g => g.OpensAt(now)));
    }
}

/// <summary>What a rollout waits for.</summary>
/// <param name="Closed">Boxes of the open stages whose windows are closed.</param>
/// <param name="Away">Boxes that are offline while a window of theirs is open.</param>
/// <param name="OpensAt">When the next of the closed windows opens; null if none is.</param>
public sealed record RolloutWait(int Closed, int Away, DateTimeOffset? OpensAt);
