using System.Collections.Immutable;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>The box, as the cloud side sees it: it validates documents, applies them, and knows whether its tunnels work.</summary>
/// <remarks>
/// Called from one loop, one call at a time, in the order Stage → Apply → Probe → Commit, or Revert after Apply was asked for.
/// What a document can cause is an outcome; an exception is a fault of the box and ends the loop.
/// A call that is overtaken (a trial's deadline passed) is cancelled and awaited before Revert is called.
/// </remarks>
public interface ICloudHandler
{
    /// <summary>The confirmed document the box runs from, as its storage says; null if its configuration came from elsewhere.</summary>
    DocumentReference? InForce { get; }

    /// <summary>Validates the body and prepares all it needs. Nothing that anybody can notice changes.</summary>
    ValueTask<StageOutcome> StageAsync(DesiredDocument document, CancellationToken cancel);

    /// <summary>Puts the staged document in force on trial; the last confirmed one stays on disk as what the box starts from.</summary>
    ValueTask<ApplyOutcome> ApplyAsync(DocumentVersion version, CancellationToken cancel);

    /// <summary>Returns when the tunnels that the document keeps are reached, or cannot be. Cancelled when the time is up.</summary>
    ValueTask<ProbeOutcome> ProbeAsync(DocumentVersion version, CancellationToken cancel);

    /// <summary>Makes the document the one the box starts from, durably; afterwards <see cref="InForce"/> is it.</summary>
    ValueTask CommitAsync(DocumentReference document, CancellationToken cancel);

    /// <summary>Returns to the last confirmed document, also from half an Apply.</summary>
    ValueTask RevertAsync(DocumentVersion version, ReportedReason reason, CancellationToken cancel);

    /// <summary>Something a log or the lights want to know. Returns at once.</summary>
    void Notice(CloudNotice notice);
}

/// <summary>What became of staging.</summary>
public abstract record StageOutcome
{
    public sealed record Staged : StageOutcome;

    /// <param name="Reason">Of the catalogue; usually 52.</param>
    /// <param name="Problems">All of them; paths start at <c>$.body</c>.</param>
    public sealed record Refused(ReportedReason Reason, ImmutableArray<ReportedProblem> Problems) : StageOutcome;
}

/// <summary>What became of applying.</summary>
public abstract record ApplyOutcome
{
    /// <param name="KeepsBroker">The document names a broker, which must be reached before it is confirmed.</param>
    /// <param name="CommitConfirm">The time that the document gives itself; null is that of the settings.</param>
    public sealed record Applied(bool KeepsBroker, TimeSpan? CommitConfirm = null) : ApplyOutcome;

    public sealed record Failed(ReportedReason Reason, ImmutableArray<ReportedProblem> Problems) : ApplyOutcome;
}

/// <summary>What became of the trial.</summary>
public abstract record ProbeOutcome
{
    public sealed record Reached : ProbeOutcome;

    public sealed record Unreached(ReportedReason Reason) : ProbeOutcome;
}

/// <summary>What the cloud side did or saw.</summary>
public abstract record CloudNotice
{
    public sealed record Connected(BrokerAddress Broker, string Session) : CloudNotice;

    /// <param name="Reason">Of the catalogue: name not resolved, unreachable, refused.</param>
    /// <param name="RetryIn">When the next attempt begins; null if none does.</param>
    public sealed record Disconnected(BrokerAddress Broker, ReportedReason Reason, TimeSpan? RetryIn) : CloudNotice;

    public sealed record DocumentChanged(DocumentVersion Version, DocumentState State, ReportedReason? Reason) : CloudNotice;

    public sealed record MessageDiscarded(DiscardCause Cause, DocumentVersion Version, IReadOnlyList<ReportedProblem> Problems) : CloudNotice;

    /// <summary>The broker did not take a message, and said so; it is not sent again.</summary>
    public sealed record PublishRefused(string Topic, string Reason) : CloudNotice;

    /// <summary>An order was done, or was not; <paramref name="Why"/> says why not, null if it was done.</summary>
    public sealed record Ordered(string Command, string? Why) : CloudNotice;
}
