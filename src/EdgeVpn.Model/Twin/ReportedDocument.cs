using System.Text.Json;

namespace EdgeVpn.Model.Twin;

/// <summary>How far a box came with the newest document it took up. Only the box says so; nobody infers it.</summary>
public enum DocumentState
{
    /// <summary>No document was ever taken up.</summary>
    None,

    /// <summary>Read: it is for this box, newer than all before, and authentic as far as the broker's trust goes.</summary>
    Received,

    /// <summary>Valid, and everything it needs is prepared. Nothing changed yet.</summary>
    Staged,

    /// <summary>In force on trial: unless it is confirmed in time, the box returns to the last confirmed one.</summary>
    Applied,

    /// <summary>In force and on disk: its tunnels and the broker were reached.</summary>
    Confirmed,

    /// <summary>Not taken: nothing changed.</summary>
    Refused,

    /// <summary>Was in force on trial, and the box is back on the last confirmed one.</summary>
    Reverted,
}

/// <summary>A reason code of the catalogue: the same in lights, page, <c>why</c>, reports and logs.</summary>
/// <param name="Code">Two digits.</param>
/// <param name="Name">The code's stable name.</param>
/// <param name="Detail">What was seen this time; null if the code says it all.</param>
public sealed record ReportedReason(int Code, string Name, string? Detail = null);

/// <summary>The box as a whole.</summary>
public enum ReportedHealth
{
    Unknown,
    Starting,

    /// <summary>Everything configured works.</summary>
    Healthy,

    /// <summary>Some of it works.</summary>
    Degraded,

    /// <summary>Nothing of it works.</summary>
    Down,
}

/// <summary>What a box runs and reads.</summary>
/// <param name="Software">Product version.</param>
/// <param name="Schema">Highest configuration schema it reads.</param>
public sealed record ReportedVersions(string Software, int Schema);

/// <summary>What a box can do, so that nobody sends it what it would refuse.</summary>
/// <remarks>Unsigned documents are taken if <see cref="Signatures"/> is empty, and no others.</remarks>
public sealed record ReportedCapabilities
{
    /// <summary>Signature algorithms of documents: <c>ES256</c>.</summary>
    public IReadOnlyList<string> Signatures { get; init => field = value ?? []; } = [];

    /// <summary>How secrets may be sealed: <c>ECDH-ES+A256GCM</c>.</summary>
    public IReadOnlyList<string> Sealing { get; init => field = value ?? []; } = [];

    /// <summary>Commands it takes.</summary>
    public IReadOnlyList<string> Commands { get; init => field = value ?? []; } = [];

    /// <summary>Largest <c>desired</c> payload, in octets.</summary>
    public int DesiredOctets { get; init; }

    /// <summary>Largest body by reference, in octets; 0: it takes none so.</summary>
    public int BodyOctets { get; init; }

    /// <summary>Fingerprint of its identity key; null before enrolment.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Thumbprints of the fleet keys it trusts.</summary>
    public IReadOnlyList<string> FleetKeys { get; init => field = value ?? []; } = [];

    /// <summary>When its certificate ends.</summary>
    public DateTimeOffset? CertificateNotAfter { get; init; }

    // Lists compare by what they hold, as everything in a record should.
    public bool Equals(ReportedCapabilities? other) => other is not null && Signatures.SequenceEqual(other.Signatures) && Sealing.SequenceEqual(other.Sealing)
        && Commands.SequenceEqual(other.Commands) && FleetKeys.SequenceEqual(other.FleetKeys) && DesiredOctets == other.DesiredOctets && BodyOctets == other.BodyOctets
        && Fingerprint == other.Fingerprint && CertificateNotAfter == other.CertificateNotAfter;

    public override int GetHashCode() => HashCode.Combine(DesiredOctets, Fingerprint, CertificateNotAfter);
}

/// <summary>The rhythms of the four lights, for whoever does not stand before the box: <c>off</c>, <c>slow blink</c>, <c>fast blink</c>, <c>two blinks</c>, <c>steady</c>.</summary>
public sealed record ReportedLights(string Power, string Wan, string Vpn, string Cloud)
{
    /// <summary>The digits that they blink after a short press; null: there is no fault.</summary>
    public int? Code { get; init; }
}

/// <summary>One connection as the box sees it.</summary>
/// <param name="Name">The name in the configuration.</param>
/// <param name="State">A word: down, connecting, up, …</param>
/// <param name="Reason">Why it is not up; null if it is.</param>
/// <param name="Endpoint">The peer in use, as configured.</param>
/// <param name="Since">When this state began, by the box's clock.</param>
public sealed record ReportedConnection(string Name, string State, ReportedReason? Reason = null, string? Endpoint = null, DateTimeOffset? Since = null);

/// <summary>Why a message on the <c>desired</c> topic was not even taken up as a document.</summary>
public enum DiscardCause
{
    /// <summary>More than <see cref="TwinLimits.MaxDesiredOctets"/>.</summary>
    Oversized,

    /// <summary>Not signed, or by a key the box does not trust.</summary>
    Unverified,

    /// <summary>Not JSON, or not enough of an envelope to say whose and which it is.</summary>
    Unreadable,

    /// <summary>For another box or fleet.</summary>
    Foreign,

    /// <summary>Older than one taken up before.</summary>
    Older,

    /// <summary>The same epoch and revision as one taken up before, with another body.</summary>
    Conflicting,
}

/// <summary>The last message that was discarded, and how many there were since the box started.</summary>
/// <param name="Count">Messages discarded since start.</param>
/// <param name="Cause">Of the last one.</param>
/// <param name="Problems">Of the last one.</param>
/// <param name="Sha256">SHA-256 of the last payload, so that its sender finds it; null if it was oversized.</param>
public sealed record DiscardedMessage(long Count, DiscardCause Cause, IReadOnlyList<ReportedProblem> Problems, string? Sha256 = null);

/// <summary>What a box says about itself: retained on <c>reported</c>.</summary>
/// <remarks>Readers ignore fields they do not know, so that an old operator reads a new box.</remarks>
public sealed record ReportedDocument
{
    /// <summary>Version of this record's layout.</summary>
    public int Twin { get; init; } = 1;

    /// <summary>Of the newest document taken up; 0 if none.</summary>
    public long Epoch { get; init; }

    public long Revision { get; init; }

    /// <summary>SHA-256 of that document's body.</summary>
    public string? Sha256 { get; init; }

    public DocumentState State { get; init; }

    /// <summary>Why it was refused or reverted.</summary>
    public ReportedReason? Reason { get; init; }

    // A generated reader hands null to an init property that was absent; it is an empty list all the same.
    public IReadOnlyList<ReportedProblem> Problems { get; init => field = value ?? []; } = [];

    /// <summary>Problems beyond those listed.</summary>
    public int ProblemsOmitted { get; init; }

    /// <summary>The confirmed document the box returns to, also after a power cut; null if its configuration came from elsewhere.</summary>
    public DocumentReference? InForce { get; init; }

    public DiscardedMessage? Discarded { get; init; }

    /// <summary>Documents are taken without a signature: a laboratory's setting.</summary>
    public bool Insecure { get; init; }

    public ReportedHealth Health { get; init; }

    public ReportedVersions? Versions { get; init; }

    /// <summary>What its lights say beneath set-up mode and identify; null from boxes that do not say.</summary>
    public ReportedLights? Lights { get; init; }

    /// <summary>What it can do and whom it trusts; null from boxes that do not say.</summary>
    public ReportedCapabilities? Capabilities { get; init; }

    public IReadOnlyList<ReportedConnection> Connections { get; init => field = value ?? []; } = [];

    public int ConnectionsOmitted { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    public DocumentVersion Version => new(Epoch, Revision);

    /// <summary>The report as UTF-8 JSON of at most <see cref="TwinLimits.MaxReportedOctets"/>; what does not fit is counted instead of listed.</summary>
    public byte[] ToJson()
    {
        for (var report = Bounded(); ; report = report.Halved())
        {
            var octets = JsonSerializer.SerializeToUtf8Bytes(report, TwinJson.Wire.ReportedDocument);
            if (octets.Length <= TwinLimits.MaxReportedOctets) return octets;
        }
    }

    /// <summary>The same report within <see cref="TwinLimits"/>: long lists counted instead of listed, long texts shortened.</summary>
    public ReportedDocument Bounded() => this with
    {
        Reason = Shorten(Reason),
        Problems = Shorten(Problems, out var problemsOmitted),
        ProblemsOmitted = ProblemsOmitted + problemsOmitted,
        Discarded = Discarded is null ? null : Discarded with { Problems = Shorten(Discarded.Problems, out _, limit: 8) },
        Connections = [.. Connections.Take(TwinLimits.MaxConnections).Select(c => c with
        {
            Name = TwinLimits.Text(c.Name), State = TwinLimits.Text(c.State), Endpoint = c.Endpoint is null ? null : TwinLimits.Text(c.Endpoint), Reason = Shorten(c.Reason),
        })],
        ConnectionsOmitted = ConnectionsOmitted + Math.Max(0, Connections.Count - TwinLimits.MaxConnections),
    };

    /// <summary>With half of the problems and connections: at most a few rounds, for texts that take many octets per character.</summary>
    private ReportedDocument Halved() => this with
    {
        Problems = [.. Problems.Take(Problems.Count / 2)],
        ProblemsOmitted = ProblemsOmitted + Problems.Count - (Problems.Count / 2),
        Connections = [.. Connections.Take(Connections.Count / 2)],
        ConnectionsOmitted = ConnectionsOmitted + Connections.Count - (Connections.Count / 2),
    };

    private static ReportedReason? Shorten(ReportedReason? reason) =>
        reason is null ? null : reason with { Detail = reason.Detail is null ? null : TwinLimits.Text(reason.Detail) };

    private static IReadOnlyList<ReportedProblem> Shorten(IReadOnlyList<ReportedProblem> problems, out int omitted, int limit = TwinLimits.MaxProblems)
    {
        omitted = Math.Max(0, problems.Count - limit);
        return [.. problems.Take(limit).Select(p => new ReportedProblem(TwinLimits.Text(p.Path), TwinLimits.Text(p.Message)))];
    }
}
