using System.Collections.Immutable;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Rollout;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Fleet.Web.Store;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web.Desk;

/// <summary>Rollouts of the console: the same machine, runner and files as <c>edgefleet rollout</c>, one at a time.</summary>
/// <remarks>A rollout that the command line runs is shown by its file and can be paused by the file that both look at; resumed here, it runs here.</remarks>
public sealed class RolloutDesk(FleetFolder fleet, BoxStore boxes, AuditLog audit, Action<string> tell, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private CancellationTokenSource? _current;
    private RolloutState? _state;
    private DateTimeOffset _told;

    /// <summary>It runs in this process.</summary>
    public bool IsRunning => !_running.IsCompleted;

    /// <summary>Why the last run here ended before its end; null if it did not.</summary>
    public string? Problem { get; private set; }

    /// <summary>As far as it came; null if there never was one.</summary>
    public RolloutState? State => IsRunning && Volatile.Read(ref _state) is { } live ? live : RolloutState.Load(fleet);

    /// <summary>Somebody runs it now: this process, or the command line.</summary>
    public bool IsAlive => IsRunning || RolloutLock.IsTaken(fleet);

    public bool IsPaused => File.Exists(RolloutRunner.PauseFile(fleet));

    /// <summary>What a rollout would send, box by box.</summary>
    /// <exception cref="BrokerException">The broker is gone.</exception>
    public async Task<IReadOnlyList<BoxPlan>> PlanAsync(CancellationToken cancel)
    {
        var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
            return PlanCommand.Plans(fleet, WantedFleet.Read(fleet), await FleetPicture.LoadAsync(session, fleet.Name, cancel).ConfigureAwait(false), new Selection([], []));
    }

    /// <summary>Begins a rollout to these boxes (empty: to all that need it).</summary>
    /// <returns>Null if it began, else why not.</returns>
    public Task<string?> StartAsync(RolloutTerms terms, ImmutableArray<string> devices, string account, CancellationToken cancel) => BeginAsync(
        account,
        () => terms.Problem is { } problem ? problem
            : State is { Status: RolloutStatus.Running or RolloutStatus.Paused } other && other.Boxes.Any(static b => b.Step is BoxStep.Waiting or BoxStep.Published or BoxStep.Soaking)
                ? "Another rollout is not over: resume it, or roll it back." : null,
        (_, wanted, picture) =>
        {
            var plans = PlanCommand.Plans(fleet, wanted, picture, new Selection(devices, []));
            if (plans.FirstOrDefault(static p => p is BoxPlan.Impossible) is BoxPlan.Impossible impossible) throw new UsageException($"{impossible.Device} cannot be sent anything: {impossible.Problems[0].Path} {impossible.Problems[0].Message} Nothing was sent.");
            var needing = plans.Where(static p => p.NeedsSending).Select(static p => (p.Device, (string?)DesiredDocument.Hash(p.Wanted!.Body!.Value.Span))).ToArray();
            return needing.Length == 0 ? throw new UsageException("Every box has what it should.") : Task.FromResult(new RolloutMachine(terms, needing, time.GetUtcNow()));
        },
        isRollback: false, cancel);

    /// <summary>Goes on with one that was paused or interrupted.</summary>
    public Task<string?> ResumeAsync(string account, CancellationToken cancel)
    {
        if (IsAlive && IsPaused)
        {
            // Whoever runs it looks at the file.
            File.Delete(RolloutRunner.PauseFile(fleet));
            tell("rollout");
            return Task.FromResult<string?>(null);
        }

        return BeginAsync(
            account, () => State is { Status: RolloutStatus.Running or RolloutStatus.Paused } ? null : "There is no rollout that could go on.",
            (_, _, _) => Task.FromResult(new RolloutMachine(State!)), isRollback: false, cancel);
    }

    /// <summary>Sends every box that was touched what it had before.</summary>
    public Task<string?> RollBackAsync(TimeSpan patience, string account, CancellationToken cancel) => BeginAsync(
        account, () => State is null or { Status: RolloutStatus.RolledBack } ? "There is no rollout that could be taken back." : null,
        (runner, _, _) => runner.RollBackAsync(new RolloutMachine(State!), patience, _stop.Token), isRollback: true, cancel);

    /// <summary>Lets it rest, whoever runs it.</summary>
    /// <returns>Null if it rests from now on, else why not.</returns>
    public string? Pause()
    {
        if (State is not { Status: RolloutStatus.Running }) return "No rollout is running.";
        Files.Write(RolloutRunner.PauseFile(fleet), "");
        tell("rollout");
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _current?.Dispose();
        _stop.Dispose();
        _one.Dispose();
    }

    private async Task<string?> BeginAsync(
        string account, Func<string?> problem, Func<RolloutRunner, WantedFleet, FleetPicture, Task<RolloutMachine>> make, bool isRollback, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (isRollback && IsRunning && IsPaused)
            {
                await _current!.CancelAsync().ConfigureAwait(false);
                await _running.ConfigureAwait(false);
            }

            if (IsAlive) return IsRunning ? "A rollout is running: pause it first." : "The command line runs this rollout: stop it there first.";
            if (problem() is { } no) return no;
            var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
            try
            {
                var wanted = WantedFleet.Read(fleet);
                var picture = await FleetPicture.LoadAsync(session, fleet.Name, cancel).ConfigureAwait(false);
                var runner = new RolloutRunner(fleet, wanted, session, picture, time);
                File.Delete(RolloutRunner.PauseFile(fleet));
                var machine = await make(runner, wanted, picture).ConfigureAwait(false);
                machine.State.Save(fleet);
                Problem = null;
                Volatile.Write(ref _state, machine.State);
                _current?.Dispose();
                _current = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                _running = RunAsync(session, runner, machine, account, isRollback, _current.Token);
                tell("rollout");
                return null;
            }
            catch
            {
                await session.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (Exception e) when (e is BrokerException or FleetFolderException or UsageException)
        {
            return e.Message;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task RunAsync(OperatorSession session, RolloutRunner runner, RolloutMachine machine, string account, bool isRollback, CancellationToken cancel)
    {
        await using var closing = session.ConfigureAwait(false);
        runner.Stepped += box =>
        {
            if (box is { Step: BoxStep.Published or BoxStep.Left, Sent: { } sent }) boxes.Wrote(box.Device, sent.Version, sent.Sha256, account, time.GetUtcNow());
        };
        runner.Looked += now =>
        {
            Volatile.Write(ref _state, now.State);
            if (time.GetUtcNow() - _told < Pace) return;
            _told = time.GetUtcNow();
            tell("rollout");
        };
        try
        {
            await Task.Yield();
            await runner.RunAsync(machine, cancel).ConfigureAwait(false);
            if (isRollback)
            {
                machine.RolledBack();
                machine.State.Save(fleet);
            }

            Volatile.Write(ref _state, machine.State);
            audit.Add("-", "", "rollout-end", "", $"{ReportText.Word(machine.Status)}: {string.Join(", ", Enum.GetValues<BoxStep>().Where(s => machine.Count(s) > 0).Select(s => $"{machine.Count(s)} {ReportText.Word(s)}"))}");
        }
        catch (OperationCanceledException)
        {
            // The console stops; the rollout's file says how far it came.
        }
        catch (Exception e) when (e is BrokerException or FleetFolderException or IOException or UnauthorizedAccessException)
        {
            Problem = e.Message;
            audit.Add("-", "", "rollout-interrupted", "", e.Message);
        }
        finally
        {
            tell("rollout");
        }
    }
}
