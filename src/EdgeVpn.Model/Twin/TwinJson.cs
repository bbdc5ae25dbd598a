using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EdgeVpn.Model.Jose;

namespace EdgeVpn.Model.Twin;

/// <summary>JSON of the twin's messages: camel case, enumerations as words, nulls left out, unknown fields ignored by readers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters =
    [
        typeof(WordConverter<DocumentState>), typeof(WordConverter<ReportedHealth>), typeof(WordConverter<DiscardCause>), typeof(P256KeyConverter),
    ],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = TwinLimits.MaxDepth)]
[JsonSerializable(typeof(ReportedDocument))]
[JsonSerializable(typeof(PresenceDocument))]
[JsonSerializable(typeof(EventDocument))]
[JsonSerializable(typeof(TelemetryDocument))]
[JsonSerializable(typeof(CommandDocument))]
[JsonSerializable(typeof(ResponseDocument))]
[JsonSerializable(typeof(EnrolmentRequest))]
[JsonSerializable(typeof(EnrolmentAnswer))]
[JsonSerializable(typeof(EnrolmentGrant))]
[JsonSerializable(typeof(TrustDocument))]
public sealed partial class TwinJson : JsonSerializerContext
{
    // Made on first use: the generated defaults stand in another file, and the order of static initialisers across files is not fixed.
    private static TwinJson? _wire;

    /// <summary>The context everybody uses. Text beyond ASCII stays text: these documents are read in terminals, never put into HTML as they are.</summary>
    public static TwinJson Wire => _wire ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Reads a message that came over the broker. False for everything that is not one.</summary>
    public static bool TryRead<T>(ReadOnlySpan<byte> octets, JsonTypeInfo<T> type, [NotNullWhen(true)] out T? value) where T : class
    {
        try
        {
            value = JsonSerializer.Deserialize(octets, type);
            return value is not null;
        }
        catch (JsonException)
        {
            value = null;
            return false;
        }
    }
}

/// <summary>An enumeration as its camel-case word, never as a number.</summary>
internal sealed class WordConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
