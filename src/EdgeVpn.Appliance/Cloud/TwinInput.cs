using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>What happens to a twin. Answers name the version they answer: one that comes too late says nothing.</summary>
public abstract record TwinInput
{
    /// <summary>A session with the broker began.</summary>
    public sealed record Connected : TwinInput;

    public sealed record Disconnected : TwinInput;

    /// <summary>A message on this box's <c>desired</c> topic.</summary>
    /// <param name="Payload">Octets the broker delivered; owned by the input.</param>
    /// <param name="Wall">The box's wall clock, for <c>notAfter</c> only.</param>
    public sealed record DocumentArrived(ReadOnlyMemory<byte> Payload, DateTimeOffset Wall) : TwinInput;

    /// <summary>A piece of a body, as <see cref="TwinOutput.Ask"/> asked for it.</summary>
    /// <param name="Name">The last level of its topic.</param>
    /// <param name="Octets">Octets the broker delivered; owned by the input.</param>
    public sealed record PieceArrived(string Name, ReadOnlyMemory<byte> Octets) : TwinInput;

    /// <summary>The broker refuses to give a piece out.</summary>
    public sealed record PieceDenied(string Name, string Why) : TwinInput;

    /// <summary>The document is valid and prepared.</summary>
    public sealed record Staged(DocumentVersion Version) : TwinInput;

    /// <summary>The document is in force on trial.</summary>
    /// <param name="Version">Which.</param>
    /// <param name="KeepsBroker">The box stays with a broker, so reaching it is part of the trial.</param>
    /// <param name="CommitConfirm">How long the trial may take; null is as the settings say.</param>
    public sealed record Applied(DocumentVersion Version, bool KeepsBroker, TimeSpan? CommitConfirm = null) : TwinInput;

    /// <summary>The tunnels that the document keeps were reached.</summary>
    public sealed record Reached(DocumentVersion Version) : TwinInput;

    /// <summary>Staging, applying or the trial failed.</summary>
    public sealed record Failed(DocumentVersion Version, ReportedReason Reason, IReadOnlyList<ReportedProblem> Problems) : TwinInput;

    /// <summary>The document is the confirmed one on disk.</summary>
    public sealed record Committed(DocumentVersion Version) : TwinInput;

    /// <summary>The box is back on the last confirmed document.</summary>
    public sealed record Reverted(DocumentVersion Version) : TwinInput;

    /// <summary>The broker took the report with this number.</summary>
    public sealed record ReportDelivered(long Number) : TwinInput;

    /// <summary>Health or connections changed.</summary>
    public sealed record BoxChanged(BoxReport Report) : TwinInput;
}

/// <summary>What the box says of itself in every report.</summary>
public sealed record BoxReport(ReportedHealth Health, ReportedVersions? Versions, IReadOnlyList<ReportedConnection> Connections)
{
    /// <summary>What the box can do.</summary>
    public ReportedCapabilities? Capabilities { get; init; }

    /// <summary>What its lights say.</summary>
    public ReportedLights? Lights { get; init; }

    public static readonly BoxReport Unknown = new(ReportedHealth.Unknown, null, []);

    /// <summary>Whether a reader would learn nothing from the other one.</summary>
    /// <remarks>The time since when is made from two clocks each time it is told, and wavers with them.</remarks>
    public bool SaysTheSameAs(BoxReport other) =>
        Health == other.Health && Versions == other.Versions && Equals(Capabilities, other.Capabilities) && Lights == other.Lights
        && Connections.Count == other.Connections.Count
        && Connections.Zip(other.Connections).All(static pair => pair.First with { Since = null } == pair.Second with { Since = null }
            && ((pair.First.Since - pair.Second.Since) ?? TimeSpan.Zero).Duration() < s_wavering);

    private static readonly TimeSpan s_wavering = TimeSpan.FromMilliseconds(500);
}
