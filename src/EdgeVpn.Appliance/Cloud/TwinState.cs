using EdgeVpn.Ipsec;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>Where the newest document stands. Each case carries what that case knows.</summary>
public abstract record TwinState
{
    /// <summary>Nothing under way.</summary>
    public sealed record Resting : TwinState;

    /// <summary>Its body is elsewhere and on its way.</summary>
    /// <param name="Document">Which.</param>
    /// <param name="Body">What must come.</param>
    /// <param name="Pieces">What came.</param>
    /// <param name="Deadline">Not whole by then: refused; null while there is no broker.</param>
    /// <param name="Left">While there is none: how much time is left with one.</param>
    public sealed record Fetching(DesiredDocument Document, BodyReference Body, BodyAssembly Pieces, Instant? Deadline, TimeSpan Left) : TwinState;

    /// <summary>Being validated and prepared.</summary>
    public sealed record Staging(DesiredDocument Document) : TwinState;

    /// <summary>Being put in force.</summary>
    public sealed record Applying(DesiredDocument Document) : TwinState;

    /// <summary>In force on trial.</summary>
    /// <param name="Document">Which.</param>
    /// <param name="Deadline">Not confirmed by then: revert.</param>
    /// <param name="Report">Number of the report that says "applied": once the broker took it, the broker was reached from the new configuration.</param>
    /// <param name="TunnelsReached">The box said so.</param>
    /// <param name="BrokerReached">That report was delivered, or the document keeps no broker.</param>
    public sealed record Trial(DesiredDocument Document, Instant Deadline, long Report, bool TunnelsReached, bool BrokerReached) : TwinState;

    /// <summary>Being made the confirmed one.</summary>
    public sealed record Committing(DesiredDocument Document) : TwinState;

    /// <summary>On the way back to the last confirmed one.</summary>
    public sealed record Reverting(DesiredDocument Document, ReportedReason Reason, IReadOnlyList<ReportedProblem> Problems) : TwinState;
}

/// <summary>What a box allows.</summary>
public sealed record TwinSettings
{
    /// <summary>From "applied" until the tunnels and the broker must have been reached (<c>cloud.commitConfirm</c>).</summary>
    public TimeSpan CommitConfirm { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>With a broker, from "received" until a body that is not in its document must be whole: a megabyte at 50 kbit/s.</summary>
    public TimeSpan FetchTime { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Reports about health, connections and discarded messages are at least this far apart; a document's state is reported at once.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Highest configuration schema the box reads.</summary>
    public int Schema { get; init; } = DesiredDocument.CurrentSchema;
}
