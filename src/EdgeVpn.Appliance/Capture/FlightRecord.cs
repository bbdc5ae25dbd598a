using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVpn.Appliance.Capture;

/// <summary>What a <see cref="FlightRecord"/> is.</summary>
public enum FlightKind
{
    /// <summary>An IKE message that was sent.</summary>
    Sent,

    /// <summary>A datagram that came.</summary>
    Received,

    /// <summary>Something that happened.</summary>
    Event,
}

/// <summary>One thing the flight recorder saw.</summary>
/// <param name="At">UTC.</param>
/// <param name="Kind">Datagram or event.</param>
/// <param name="Local">Our address and port; null for an event.</param>
/// <param name="Remote">The peer's.</param>
/// <param name="Octets">The datagram without the non-ESP marker, or its beginning.</param>
/// <param name="Length">Octets of the whole datagram.</param>
/// <param name="Text">What the engine thought of it, or what happened.</param>
public sealed record FlightRecord(DateTimeOffset At, FlightKind Kind, string? Local, string? Remote, byte[]? Octets, int Length, string? Text);

/// <summary>The recorder's file, and its answer to <c>edgevpn capture</c>; the oldest record first.</summary>
public sealed record FlightLog(ImmutableArray<FlightRecord> Records)
{
    /// <summary>Name of the file in the state folder.</summary>
    public const string FileName = "recorder.json";

    /// <summary>Largest file that is read back.</summary>
    public const int MaxFileOctets = 1 << 20;

    public static FlightLog Empty { get; } = new(ImmutableArray<FlightRecord>.Empty);

    /// <summary>Readable JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, FlightJson.Default.FlightLog);

    /// <summary>Null if the octets are no log: a file of another version, or a broken one.</summary>
    public static FlightLog? Read(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > MaxFileOctets) return null;
        try
        {
            var log = JsonSerializer.Deserialize(octets, FlightJson.Default.FlightLog);
            return log is null || log.Records.IsDefault || log.Records.Any(r => r is null || (r.Kind != FlightKind.Event && (r.Octets is null || r.Local is null || r.Remote is null))) ? null : log;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(FlightLog))]
internal sealed partial class FlightJson : JsonSerializerContext;
