using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>What a box remembers of its documents across restarts: the newest one it took up and what became of it.</summary>
/// <param name="Newest">No document older than this one is taken up again, whatever became of it.</param>
/// <param name="State">What became of it. <see cref="DocumentState.Applied"/> is written before the first change is made, so a power cut in between is seen at the next start.</param>
/// <param name="Reason">Why it was refused or reverted.</param>
/// <param name="Problems">What was wrong with it.</param>
/// <param name="IssuedAt">Latest <c>issuedAt</c> taken up: it is at least that late, whatever the clock says.</param>
public sealed record TwinMemory(
    DocumentReference? Newest = null, DocumentState State = DocumentState.None, ReportedReason? Reason = null,
    IReadOnlyList<ReportedProblem>? Problems = null, DateTimeOffset? IssuedAt = null)
{
    public static readonly TwinMemory Empty = new();

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TwinMemoryJson.Default.TwinMemory);

    /// <summary>Null if these octets are not what <see cref="ToJson"/> wrote.</summary>
    public static TwinMemory? Read(ReadOnlySpan<byte> json) =>
        TwinJson.TryRead(json, TwinMemoryJson.Default.TwinMemory, out var memory) ? memory : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TwinMemory))]
internal sealed partial class TwinMemoryJson : JsonSerializerContext;
