using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Rollout;

/// <summary>How far a rollout came with one box. Only what the box says moves it beyond <see cref="Published"/>.</summary>
public enum BoxStep
{
    /// <summary>Its turn has not come, its window is closed, or it is offline.</summary>
    Waiting,

    /// <summary>The broker has its document.</summary>
    Published,

    /// <summary>It confirmed; its health is watched for a while.</summary>
    Soaking,

    /// <summary>Confirmed and healthy.</summary>
    Done,

    /// <summary>Refused, reverted, unhealthy or silent: <see cref="RolloutBox.Why"/>.</summary>
    Failed,

    /// <summary>Offline when all the others were done: the broker keeps its document until it comes.</summary>
    Left,
}

/// <summary>A rollout as a whole.</summary>
public enum RolloutStatus
{
    Running,

    /// <summary>Somebody said pause.</summary>
    Paused,

    /// <summary>Too many boxes failed: no further box is touched.</summary>
    Aborted,

    /// <summary>Every box that could be reached is done.</summary>
    Complete,

    /// <summary>Every box that was touched has its configuration of before.</summary>
    RolledBack,
}

/// <summary>What was asked for.</summary>
/// <param name="Stages">Percent of the boxes, growing, the last is 100.</param>
/// <param name="AbortAbovePercent">More failures than this, of the boxes that were touched, abort.</param>
/// <param name="Soak">How long a confirmed box must be healthy before it counts.</param>
/// <param name="Patience">How long an online box may take to its last word, and then to be healthy.</param>
/// <param name="Parallel">Boxes under way at a time.</param>
/// <param name="AnyTime">Maintenance windows do not count.</param>
public sealed record RolloutTerms(IReadOnlyList<int> Stages, double AbortAbovePercent, TimeSpan Soak, TimeSpan Patience, int Parallel, bool AnyTime = false)
{
    /// <summary>Every box at once, each on its own.</summary>
    public static RolloutTerms AllAtOnce(TimeSpan patience, bool anyTime = false) => new([100], 100, TimeSpan.Zero, patience, 500, anyTime);

    /// <summary>Why these are no terms; null if they are.</summary>
    [JsonIgnore]
    public string? Problem =>
        Stages.Count == 0 || Stages[^1] != 100 || Stages.Zip(Stages.Skip(1)).Any(static p => p.First >= p.Second) || Stages[0] < 1 ? "stages are growing percentages, the last is 100: 1,10,50,100."
        : AbortAbovePercent is < 0 or > 100 ? "the abort threshold is a percentage."
        : Soak < TimeSpan.Zero || Patience <= TimeSpan.Zero ? "times are positive."
        : Parallel < 1 ? "at least one box is under way at a time." : null;
}

/// <summary>One box in a rollout.</summary>
public sealed record RolloutBox(string Device, int Stage, BoxStep Step = BoxStep.Waiting)
{
    /// <summary>SHA-256 of the configuration that was planned, hex; null if nobody holds the rollout to one.</summary>
    public string? Planned { get; init; }

    /// <summary>What it was sent; null before.</summary>
    public DocumentReference? Sent { get; init; }

    /// <summary>SHA-256 of the message, by which a box names what it discards.</summary>
    public string? PayloadSha256 { get; init; }

    /// <summary>When this step began.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Why { get; init; }
}

/// <summary>A rollout as it lies in <c>state/rollout.json</c>.</summary>
public sealed record RolloutState(DateTimeOffset StartedAt, RolloutTerms Terms, RolloutStatus Status, int Stage, IReadOnlyList<RolloutBox> Boxes)
{
    /// <summary>In <c>state/</c>.</summary>
    public const string FileName = "rollout.json";

    public static RolloutState? Load(FleetFolder fleet) => FleetFolder.ReadJson(fleet.StateFile(FileName), RolloutJson.Default.RolloutState);

    public void Save(FleetFolder fleet) => Files.WriteSecret(fleet.StateFile(FileName), JsonSerializer.Serialize(this, RolloutJson.ForEyes.RolloutState) + "\n");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RolloutState))]
internal sealed partial class RolloutJson : JsonSerializerContext
{
    private static RolloutJson? _forEyes;

    public static RolloutJson ForEyes => _forEyes ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
