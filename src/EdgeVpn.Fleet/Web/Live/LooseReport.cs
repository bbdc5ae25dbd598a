using System.Text.Json;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web.Live;

/// <summary>One connection as far as a report says it. Null: the report does not.</summary>
public sealed record LooseConnection(string Name, string State, ReportedReason? Reason, string? Endpoint, DateTimeOffset? Since);

/// <summary>What a report says, field by field: boxes older and newer than this program are shown with what is understood of them.</summary>
/// <remarks>
/// The typed <see cref="ReportedDocument"/> is all or nothing, as it should be where something is decided. Here a person looks: an unknown word is shown as it
/// is, a missing field is not known, and neither hides the rest.
/// </remarks>
public sealed record LooseReport
{
    public static readonly LooseReport Empty = new();

    /// <summary>Newest document taken up; <see cref="DocumentVersion.None"/> if none is said.</summary>
    public DocumentVersion Version { get; init; }

    public string? Sha256 { get; init; }

    /// <summary>A word: received, staged, applied, confirmed, refused, reverted, or one this program does not know.</summary>
    public string? State { get; init; }

    public ReportedReason? Reason { get; init; }

    public IReadOnlyList<ReportedProblem> Problems { get; init; } = [];

    public DocumentVersion InForce { get; init; }

    /// <summary>A word: healthy, degraded, down, starting, unknown, or one this program does not know.</summary>
    public string? Health { get; init; }

    public string? Software { get; init; }

    public bool Insecure { get; init; }

    public IReadOnlyList<LooseConnection> Connections { get; init; } = [];

    public long ConnectionsOmitted { get; init; }

    public IReadOnlyDictionary<string, string> Lights { get; init; } = new Dictionary<string, string>();

    /// <summary>Commands that the box says it takes.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    public string? Fingerprint { get; init; }

    public DateTimeOffset? CertificateNotAfter { get; init; }

    /// <summary>Fields at the top that this program does not know: a newer box.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];

    /// <summary>It is no JSON object at all.</summary>
    public bool IsUnreadable { get; init; }

    private static readonly string[] s_known =
    [
        "twin", "epoch", "revision", "sha256", "state", "reason", "problems", "problemsOmitted", "inForce", "discarded", "insecure", "health", "versions", "capabilities",
        "connections", "connectionsOmitted", "lights",
    ];

    /// <summary>Whatever the octets are, a value comes back.</summary>
    public static LooseReport Read(ReadOnlyMemory<byte> octets)
    {
        if (octets.IsEmpty) return Empty;
        try
        {
            using var document = JsonDocument.Parse(octets, new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object ? Of(document.RootElement) : Empty with { IsUnreadable = true };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Empty with { IsUnreadable = true };
        }
    }

    private static LooseReport Of(JsonElement report)
    {
        var capabilities = Field(report, "capabilities");
        return new LooseReport
        {
            Version = VersionOf(report),
            Sha256 = Text(report, "sha256"),
            State = Text(report, "state"),
            Reason = ReasonOf(Field(report, "reason")),
            Problems = [.. Items(report, "problems").Take(TwinLimits.MaxProblems).Select(static p => new ReportedProblem(Text(p, "path") ?? "$", Text(p, "message") ?? ""))],
            InForce = Field(report, "inForce") is { } inForce ? VersionOf(inForce) : DocumentVersion.None,
            Health = Text(report, "health"),
            Software = Field(report, "versions") is { } versions ? Text(versions, "software") : null,
            Insecure = Field(report, "insecure") is { ValueKind: JsonValueKind.True },
            Connections = [.. Items(report, "connections").Take(TwinLimits.MaxConnections).Select(static c => new LooseConnection(
                Text(c, "name") ?? "?", Text(c, "state") ?? "unknown", ReasonOf(Field(c, "reason")), Text(c, "endpoint"), Time(c, "since")))],
            ConnectionsOmitted = Number(report, "connectionsOmitted") ?? 0,
            Lights = Field(report, "lights") is { ValueKind: JsonValueKind.Object } lights
                ? lights.EnumerateObject().Where(static l => l.Value.ValueKind == JsonValueKind.String).Take(8).DistinctBy(static l => l.Name).ToDictionary(static l => l.Name, static l => l.Value.GetString()!)
                : new Dictionary<string, string>(),
            Commands = capabilities is { } says ? [.. Items(says, "commands").Where(static c => c.ValueKind == JsonValueKind.String).Take(64).Select(static c => c.GetString()!)] : [],
            Fingerprint = capabilities is { } c1 ? Text(c1, "fingerprint") : null,
            CertificateNotAfter = capabilities is { } c2 ? Time(c2, "certificateNotAfter") : null,
            Unknown = [.. report.EnumerateObject().Select(static f => f.Name).Where(static n => !s_known.Contains(n)).Take(16).Select(TwinLimits.Text)],
        };
    }

    private static JsonElement? Field(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement from, string name) => Field(from, name) switch
    {
        { ValueKind: JsonValueKind.String } text => TwinLimits.Text(text.GetString()!),
        { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } other => TwinLimits.Text(other.GetRawText()),
        _ => null,
    };

    private static long? Number(JsonElement from, string name) => Field(from, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    private static DateTimeOffset? Time(JsonElement from, string name) => Field(from, name) is { ValueKind: JsonValueKind.String } value && value.TryGetDateTimeOffset(out var time) ? time : null;

    private static List<JsonElement> Items(JsonElement from, string name) => Field(from, name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    private static DocumentVersion VersionOf(JsonElement from) =>
        Number(from, "epoch") is { } epoch && Number(from, "revision") is { } revision && DocumentVersion.IsNumber(epoch) && DocumentVersion.IsNumber(revision) ? new DocumentVersion(epoch, revision) : DocumentVersion.None;

    /// <summary>A reason as it was said; a code alone gets its name from our catalogue.</summary>
    private static ReportedReason? ReasonOf(JsonElement? said)
    {
        if (said is not { ValueKind: JsonValueKind.Object } reason) return said is { ValueKind: JsonValueKind.String } text ? new ReportedReason(0, TwinLimits.Text(text.GetString()!)) : null;
        var code = (int)Math.Clamp(Number(reason, "code") ?? 0, 0, 999);
        return new ReportedReason(code, Text(reason, "name") ?? ReasonCatalog.ByDigits(code)?.Name ?? "unknown", Text(reason, "detail"));
    }
}
