using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>What is to be done, in order.</summary>
public abstract record TwinOutput
{
    /// <summary>Publish this, retained, on <c>reported</c>; answer <see cref="TwinInput.ReportDelivered"/> when the broker took it.</summary>
    /// <param name="Report">Within its bounds.</param>
    /// <param name="Number">From 1, growing.</param>
    public sealed record Publish(ReportedDocument Report, long Number) : TwinOutput;

    /// <summary>Write this down durably before the next output is performed.</summary>
    public sealed record Store(TwinMemory Memory) : TwinOutput;

    /// <summary>Ask the broker for this piece of a body: <see cref="TwinInput.PieceArrived"/>, or <see cref="TwinInput.PieceDenied"/>. Only the last asked for counts, in this session only.</summary>
    /// <param name="Piece">Its name; null: for none any more.</param>
    public sealed record Ask(string? Piece) : TwinOutput;

    /// <summary>Validate the document and prepare all it needs, changing nothing: <see cref="TwinInput.Staged"/> or <see cref="TwinInput.Failed"/>.</summary>
    public sealed record Stage(DesiredDocument Document) : TwinOutput;

    /// <summary>Put the staged document in force on trial: <see cref="TwinInput.Applied"/> or <see cref="TwinInput.Failed"/>.</summary>
    public sealed record Apply(DocumentVersion Version) : TwinOutput;

    /// <summary>Watch whether the tunnels it keeps are reached: <see cref="TwinInput.Reached"/> or <see cref="TwinInput.Failed"/>.</summary>
    public sealed record Probe(DocumentVersion Version) : TwinOutput;

    /// <summary>Make the document the confirmed one, on disk: <see cref="TwinInput.Committed"/>.</summary>
    public sealed record Commit(DocumentVersion Version) : TwinOutput;

    /// <summary>Return to the last confirmed document: <see cref="TwinInput.Reverted"/>. Whatever was asked before for this version is void.</summary>
    public sealed record Revert(DocumentVersion Version, ReportedReason Reason) : TwinOutput;

    /// <summary>A message was not taken up. For logs; it is also in the report.</summary>
    public sealed record Discard(DiscardCause Cause, DocumentVersion Version, IReadOnlyList<ReportedProblem> Problems) : TwinOutput;

    /// <summary>A document's state changed. For events and logs; it is also in the report.</summary>
    public sealed record Changed(DocumentVersion Version, DocumentState State, ReportedReason? Reason) : TwinOutput;
}
