using System.Text.Json;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>Performs what the state machine asks for: writes, publishes, calls the box.</summary>
public sealed partial class TwinLoop
{
    private BoxCall _call = new(Task.CompletedTask, new CancellationTokenSource());
    private DocumentReference? _staged;

    private void Perform(Connection connection)
    {
        while (_sync.TryTake(out var output))
        {
            switch (output)
            {
                case TwinOutput.Publish publish:
                    connection.Client?.Publish(publish.Report.ToJson(), publish.Number);
                    break;
                case TwinOutput.Store store:
                    _store.Write(TwinFile.Memory, store.Memory.ToJson());
                    break;
                case TwinOutput.Ask ask:
                    connection.Client?.Ask(ask.Piece);
                    break;
                case TwinOutput.Stage stage:
                    _staged = stage.Document.Reference;
                    Call(async end => await _handler.StageAsync(stage.Document, end).ConfigureAwait(false) switch
                    {
                        StageOutcome.Refused refused => new TwinInput.Failed(stage.Document.Version, refused.Reason, refused.Problems),
                        _ => new TwinInput.Staged(stage.Document.Version),
                    });
                    break;
                case TwinOutput.Apply apply:
                    Call(async end => await _handler.ApplyAsync(apply.Version, end).ConfigureAwait(false) switch
                    {
                        ApplyOutcome.Applied applied => new TwinInput.Applied(apply.Version, applied.KeepsBroker, applied.CommitConfirm),
                        ApplyOutcome.Failed failed => new TwinInput.Failed(apply.Version, failed.Reason, failed.Problems),
                        var other => throw new InvalidOperationException($"{other} is not an outcome of applying."),
                    });
                    break;
                case TwinOutput.Probe probe:
                    Call(async end => await _handler.ProbeAsync(probe.Version, end).ConfigureAwait(false) switch
                    {
                        ProbeOutcome.Reached => new TwinInput.Reached(probe.Version),
                        ProbeOutcome.Unreached unreached => new TwinInput.Failed(probe.Version, unreached.Reason, []),
                        var other => throw new InvalidOperationException($"{other} is not an outcome of probing."),
                    });
                    break;
                case TwinOutput.Commit commit:
                    var document = _staged!;
                    Call(async end =>
                    {
                        await _handler.CommitAsync(document, end).ConfigureAwait(false);
                        return new TwinInput.Committed(commit.Version);
                    });
                    break;
                case TwinOutput.Revert revert:
                    Call(async end =>
                    {
                        await _handler.RevertAsync(revert.Version, revert.Reason, end).ConfigureAwait(false);
                        return new TwinInput.Reverted(revert.Version);
                    });
                    break;
                case TwinOutput.Changed changed:
                    Outbox.Add("document", changed.Version.ToString(), JsonNamingPolicy.CamelCase.ConvertName(changed.State.ToString()), changed.Reason);
                    _handler.Notice(new CloudNotice.DocumentChanged(changed.Version, changed.State, changed.Reason));
                    break;
                case TwinOutput.Discard discard:
                    _handler.Notice(new CloudNotice.MessageDiscarded(discard.Cause, discard.Version, discard.Problems));
                    break;
                default:
                    throw new InvalidOperationException($"{output} is not an output of the twin.");
            }
        }
    }

    /// <summary>Calls the box; ends the call before, if it still runs, and waits for it.</summary>
    private void Call(Func<CancellationToken, Task<TwinInput>> ask)
    {
        var before = _call;
        var ending = new CancellationTokenSource();
        _call = new BoxCall(RingAtEnd(Chain(ending.Token)), ending);

        async Task Chain(CancellationToken end)
        {
            await Task.Yield(); // The box's code never runs inside the loop.
            await EndAsync(before).ConfigureAwait(false);
            await TellAsync(await ask(end).ConfigureAwait(false), end).ConfigureAwait(false);
        }
    }

    private Task EndCallAsync() => EndAsync(_call);

    private static async Task EndAsync(BoxCall call)
    {
        await call.End.CancelAsync().ConfigureAwait(false);
        try
        {
            await call.Running.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Overtaken, as it was told.
        }

        call.End.Dispose();
    }

    private async ValueTask TellAsync(TwinInput input, CancellationToken end)
    {
        await _inputs.Writer.WriteAsync(input, end).ConfigureAwait(false);
        Ring();
    }

    /// <summary>Rings once this has ended, not while it still ends: the loop looks for its fault, and ends with it.</summary>
    private Task RingAtEnd(Task running)
    {
        _ = running.ContinueWith(
            static (_, loop) => ((TwinLoop)loop!).Ring(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return running;
    }

    /// <summary>A call of the box that runs, or ran.</summary>
    private sealed record BoxCall(Task Running, CancellationTokenSource End);
}
