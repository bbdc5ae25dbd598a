using System.Threading.Channels;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;
using CloudStatus = EdgeVpn.Appliance.Cloud.CloudStatus;

namespace EdgeVpn.Appliance.Composition;

/// <summary>What a box runs from and its way to the operator, begun anew by every reset and every change on the spot; the process and its sockets stay.</summary>
/// <remarks>
/// One task (<see cref="RunAsync"/>) does one thing after the other:
/// <code>
///   begin (file, confirmed document, nothing) ──► way to the operator ──► asked for: end it; forget, or keep ──┐
///     ▲                                                                                                        │
///     └────────────────────────────────────────────────────────────────────────────────────────────────────────┘
/// </code>
/// The twin's loop ends before its notes are forgotten, for its last act is to write them. An enrolled box then hears its retained document as a new one.
/// </remarks>
/// <param name="box">What is configured.</param>
/// <param name="first">What the daemon started from, in force already.</param>
/// <param name="again">Reads once more what there is to start from.</param>
internal sealed class BoxLife(Box box, Start first, Func<Start> again, BoxLog log, TimeProvider time)
{
    /// <summary>Somebody who holds the button again and again waits, he does not pile resets up.</summary>
    private const int MaxWaiting = 4;

    private readonly Channel<Request> _requests = Channel.CreateBounded<Request>(MaxWaiting);
    private volatile Start _start = first;
    private volatile CloudLink? _link;
    private CloudStart? _home = first.Cloud;
    private string? _news;

    /// <summary>What an operator's orders act through; set before <see cref="RunAsync"/>.</summary>
    public Hands? Hands { get; set; }

    /// <summary>The cloud side; null while there is none.</summary>
    public CloudStatus? CloudStatus => _link?.Status;

    /// <summary>What set-up mode keeps; null: this daemon keeps nothing.</summary>
    public SetupStore? Store => _start.State is { } state ? new SetupStore(state.Folder) : null;

    /// <summary>What survives a restart; null: nothing does.</summary>
    public StateDirectory? State => _start.State;

    /// <summary>What start and storage had to say.</summary>
    public IEnumerable<string> Notices => _start.Notices.Concat(_start.State?.Notices ?? []).Distinct();

    /// <summary>Where the button's hold of 10 s leads: as the configuration in force says, or the operator's own document beneath a change made on the spot.</summary>
    public ResetTarget ButtonTarget =>
        box.Configuration.Button.Reset == ResetTarget.Confirmed || _start.Again().Configuration.Button.Reset == ResetTarget.Confirmed
            ? ResetTarget.Confirmed : ResetTarget.Factory;

    /// <summary>Asks for a reset, and waits until the box runs from what is left.</summary>
    /// <returns>Why something could not be forgotten; then it is still there.</returns>
    public Task<StorageResult> ResetAsync(ResetTarget target, bool enrolment) =>
        enrolment && _start.State?.Enrolment is { Released: false } member
            ? Task.FromException<StorageResult>(new InvalidOperationException($"The box belongs to the fleet {member.Identity.Fleet}, which has not released it: `edgefleet command release {member.Identity.Device}`."))
            : AskAsync(target == ResetTarget.Factory ? () => ToFactoryAsync(enrolment) : ToConfirmedAsync);

    /// <summary>A document that came by hand, looked at as if the broker had brought it: signature, recipient, revision, trial.</summary>
    /// <returns>False: there is no operator.</returns>
    public bool Offer(string document)
    {
        if (_link is not { } link) return false;
        link.Offer(System.Text.Encoding.UTF8.GetBytes(document));
        return true;
    }

    /// <summary>Keeps a configuration that was tried on the spot: the box starts from it until the file or document beneath it changes.</summary>
    /// <param name="body">UTF-8 JSON, validated.</param>
    public Task<StorageResult> AdoptAsync(byte[] body) => AskAsync(() => KeepAsync(body));

    /// <summary>Makes a fleet's membership the box's own, and seeks that fleet's operator from now on.</summary>
    public Task<StorageResult> JoinAsync(Enrolment enrolment) => AskAsync(() => EnterAsync(enrolment));

    /// <summary>Seeks the operator where a configuration on trial says, or again where the box found him before: who changes the way to the broker sees whether it leads there.</summary>
    public Task SeekAsync(BoxConfig configuration)
    {
        var there = CloudStart.From(configuration, _home);
        return there == _start.Cloud ? Task.CompletedTask : AskAsync(() =>
        {
            _start = _start with { Cloud = there };
            return Task.FromResult(StorageResult.Ok);
        });
    }

    private Task<StorageResult> AskAsync(Func<Task<StorageResult>> act)
    {
        var request = new Request(act, new TaskCompletionSource<StorageResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        return _requests.Writer.TryWrite(request)
            ? request.Done.Task
            : Task.FromException<StorageResult>(new InvalidOperationException("The box is starting over already, or the daemon stops."));
    }

    /// <summary>Until <paramref name="stop"/>; once. An exception is a fault of the box.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (await LiveAsync(stop).ConfigureAwait(false) is { } request) await PerformAsync(request).ConfigureAwait(false);
        }
        finally
        {
            _requests.Writer.TryComplete();
            while (_requests.Reader.TryRead(out var late)) late.Done.SetException(new InvalidOperationException("The daemon stops."));
        }
    }

    /// <summary>One life: until a reset is asked for, or the end (null).</summary>
    private async Task<Request?> LiveAsync(CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var link = _start is { Cloud: { } cloud, State: { } state } start ? new CloudLink(box, Hands, start, cloud, state, log, time) : null;
        _link = link;
        if (_news is { } news) box.Events.Add(BoxEventKind.Hand, null, news); // now that the operator hears it too
        _news = null;
        try
        {
            var running = link?.RunAsync(end.Token) ?? Task.Delay(Timeout.Infinite, end.Token);
            var asked = _requests.Reader.WaitToReadAsync(end.Token).AsTask();
            var came = await Task.WhenAny(running, asked).ConfigureAwait(false);
            await end.CancelAsync().ConfigureAwait(false);
            await Ended(running).ConfigureAwait(false);
            await Ended(asked).ConfigureAwait(false);
            return came == asked && !stop.IsCancellationRequested && _requests.Reader.TryRead(out var request) ? request : null;
        }
        finally
        {
            _link = null;
        }
    }

    private static async Task PerformAsync(Request request)
    {
        try
        {
            request.Done.SetResult(await request.Act().ConfigureAwait(false));
        }
        catch (Exception fault)
        {
            request.Done.SetException(fault);
            throw;
        }
    }

    private async Task<StorageResult> ToFactoryAsync(bool enrolment)
    {
        // The disk first: after a power cut from here on the box is at the factory's state already.
        box.TakeSettled(); // a trial on the spot is over with everything else
        var result = Forget(enrolment);
        box.Memory?.Forget();
        box.SetFault(ReasonCode.DiskFull, !result.IsOk);
        if (!result.IsOk) log.Warn($"reset: {result.Sentence}");
        await box.ApplyAsync(new BoxConfig(), new ConfigurationInForce()).ConfigureAwait(false);
        var start = again();
        foreach (var line in start.Problems) log.Warn($"reset: {line}");
        foreach (var line in start.Notices) log.Warn(line);
        box.Guard(start.Configuration);
        await BeginAsync(start).ConfigureAwait(false);
        _news = enrolment ? "reset to factory, enrolment forgotten" : "reset to factory";
        return result;
    }

    /// <summary>The first failure is the answer; the rest is tried.</summary>
    private StorageResult Forget(bool enrolment)
    {
        var change = Store?.ForgetChange() ?? StorageResult.Ok;
        var rest = _start.State?.Forget(enrolment) ?? StorageResult.Ok;
        return rest.IsOk ? change : rest;
    }

    private async Task<StorageResult> ToConfirmedAsync()
    {
        box.TakeSettled();
        var result = Store?.ForgetChange() ?? StorageResult.Ok;
        var start = _start.Again();
        // Without a document the file is what the operator said last.
        if (_start.State?.Confirmed is null && again() is { Problems.IsEmpty: true } fresh) start = fresh;
        await BeginAsync(start with { Cloud = CloudStart.From(start.Configuration, start.Cloud) }).ConfigureAwait(false);
        _news = "returned to the last confirmed document";
        return result;
    }

    private async Task<StorageResult> KeepAsync(byte[] body)
    {
        if (Store is not { } store) return new StorageResult(StorageFault.Failed, "This daemon keeps nothing.");
        var kept = store.Keep(new LocalDocument(again().Beneath, body));
        box.SetFault(ReasonCode.DiskFull, !kept.IsOk);
        if (!kept.IsOk || again() is not { Problems.IsEmpty: true } start) return kept;
        await BeginAsync(start).ConfigureAwait(false);
        _news = "a change made on the spot is kept";
        return kept;
    }

    private async Task<StorageResult> EnterAsync(Enrolment enrolment)
    {
        if (_start.State is not { } state) return new StorageResult(StorageFault.Failed, "This daemon keeps nothing.");
        box.TakeSettled(); // a trial on the spot is over, as with every other beginning
        var isNew = state.Enrolment?.Identity != enrolment.Identity;
        var kept = state.Enter(enrolment);
        box.SetFault(ReasonCode.DiskFull, !kept.IsOk);
        if (!kept.IsOk) return kept;
        if (isNew) box.Memory?.Forget();
        var start = again();
        if (start.Problems.IsEmpty) await BeginAsync(start).ConfigureAwait(false);
        else (_start, _home) = (start, start.Cloud); // what guards stays as it is
        _news = $"enrolled as {enrolment.Identity}";
        return kept;
    }

    private async Task BeginAsync(Start start)
    {
        _start = start;
        _home = start.Cloud;
        await box.ApplyAsync(start.Configuration, start.InForce).ConfigureAwait(false);
        box.SetFault(ReasonCode.NoConfiguration, !start.Problems.IsEmpty);
    }

    private static async Task Ended(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Asked for.
        }
    }

    private sealed record Request(Func<Task<StorageResult>> Act, TaskCompletionSource<StorageResult> Done);
}
