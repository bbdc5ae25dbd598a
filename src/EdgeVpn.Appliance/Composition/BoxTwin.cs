using System.Collections.Immutable;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Model.Twin;
using EdgeVpn.Model.Validation;
using ConnectionState = EdgeVpn.Appliance.Control.ConnectionState;

namespace EdgeVpn.Appliance.Composition;

/// <summary>The operator's documents on this box: checked, put in force on trial, kept, or taken back.</summary>
/// <param name="box">What they configure.</param>
/// <param name="state">Where the confirmed one is kept, and what was there at start.</param>
/// <param name="known">Where the operator was found.</param>
/// <param name="moved">Told that the broker of the configuration in force is another one now.</param>
internal sealed class BoxTwin(Box box, StateDirectory state, CloudStart known, Action<BoxConfig> moved) : ICloudHandler
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private (DesiredDocument Document, BoxConfig Configuration)? _staged;
    private (BoxConfig Configuration, ConfigurationInForce InForce)? _before;

    public DocumentReference? InForce => state.Confirmed?.Reference;

    public ValueTask<StageOutcome> StageAsync(DesiredDocument document, CancellationToken cancel)
    {
        var result = ConfigurationReader.Read(document.Body, DocumentBounds.Desired);
        if (result.Configuration is null)
        {
            return ValueTask.FromResult<StageOutcome>(new StageOutcome.Refused(
                TwinReasons.Of(ReasonCode.DocumentRefused, $"{result.Errors.Count()} problems"),
                [.. result.Errors.Select(static p => new ReportedProblem("$.body" + p.Path.ToString()[1..], p.Mend is null ? p.Sentence : $"{p.Sentence} {p.Mend}"))]));
        }

        // What the box runs from has its secrets open; what it keeps on disk is the document as it came.
        var (opened, problems) = SealedSecrets.Open(result.Configuration, state.Keys?.Sealing);
        if (opened is null)
        {
            return ValueTask.FromResult<StageOutcome>(new StageOutcome.Refused(
                TwinReasons.Of(ReasonCode.DocumentRefused, $"{problems.Length} problems"), [.. problems.Select(static p => p with { Path = "$.body" + p.Path[1..] })]));
        }

        _staged = (document, opened);
        return ValueTask.FromResult<StageOutcome>(new StageOutcome.Staged());
    }

    public async ValueTask<ApplyOutcome> ApplyAsync(DocumentVersion version, CancellationToken cancel)
    {
        var (document, configuration) = _staged ?? throw new InvalidOperationException("Nothing is staged.");
        _before = box.TakeSettled() is { } settled ? (settled.Configuration, settled.InForce) : (box.Configuration, box.InForce);
        await box.ApplyAsync(configuration, InForceOf(document.Reference)).ConfigureAwait(false);
        moved(configuration);
        return new ApplyOutcome.Applied(KeepsBroker: true, configuration.Cloud?.CommitConfirm);
    }

    public async ValueTask<ProbeOutcome> ProbeAsync(DocumentVersion version, CancellationToken cancel)
    {
        // Connections that only answer cannot be reached from here; the others must be up, and their probes answered.
        while (true)
        {
            var facts = box.Facts();
            var waiting = facts.Connections.Where(static view => view.Plan.MayInitiate && view.State != ConnectionState.Off)
                .Where(view => view.State != ConnectionState.Up || !facts.Probes(view.Plan.Config.Name).All(static probe => probe.Answers)).ToList();
            if (waiting.Count == 0) return new ProbeOutcome.Reached();
            await Task.Delay(Look, cancel).ConfigureAwait(false);
        }
    }

    public ValueTask CommitAsync(DocumentReference document, CancellationToken cancel)
    {
        var (staged, configuration) = _staged ?? throw new InvalidOperationException("Nothing is staged.");
        // The way first: known too well is harmless, a document without it is not.
        var kept = known.ToKeepWith(configuration, state.Device) is { } way ? state.Enrol(way) : StorageResult.Ok;
        if (kept.IsOk) kept = state.Confirm(document, staged.Body);
        box.SetFault(ReasonCode.DiskFull, !kept.IsOk);
        if (!kept.IsOk) throw new IOException(kept.Sentence); // not confirmed: whoever supervises goes back to what is on disk
        _before = null;
        return ValueTask.CompletedTask;
    }

    public async ValueTask RevertAsync(DocumentVersion version, ReportedReason reason, CancellationToken cancel)
    {
        if (_before is not { } before) return;
        await box.ApplyAsync(before.Configuration, before.InForce).ConfigureAwait(false);
        moved(before.Configuration);
        _before = null;
    }

    public void Notice(CloudNotice notice)
    {
        var text = notice switch
        {
            CloudNotice.Connected connected => $"connected to {connected.Broker}",
            CloudNotice.Disconnected gone => $"{gone.Broker}: {gone.Reason.Name}" + (gone.Reason.Detail is null ? "" : $" ({gone.Reason.Detail})")
                + (gone.RetryIn is { } retry ? $", again in {retry.TotalSeconds:0.#} s" : ""),
            CloudNotice.DocumentChanged changed => $"document {changed.Version} is {changed.State.ToString().ToLowerInvariant()}"
                + (changed.Reason is null ? "" : $": {changed.Reason.Name} {changed.Reason.Detail}"),
            CloudNotice.MessageDiscarded discarded => $"a message was discarded: {discarded.Cause}, {string.Join("; ", discarded.Problems.Select(static p => p.Message))}",
            CloudNotice.PublishRefused refused => $"the broker refused {refused.Topic}: {refused.Reason}",
            CloudNotice.Ordered ordered => ordered.Why is null ? $"did {ordered.Command}, as the operator ordered" : $"the order {ordered.Command} was not done: {ordered.Why}",
            _ => notice.ToString(),
        };
        box.Events.Add(BoxEventKind.Cloud, null, text ?? "");
    }

    internal static ConfigurationInForce InForceOf(DocumentReference reference) => new()
    {
        Source = ConfigurationSource.Cloud,
        Epoch = reference.Epoch,
        Revision = reference.Revision,
        Hash = reference.Sha256,
    };
}
