using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Json;

/// <summary>The word <c>any</c>, or a list of pairs.</summary>
internal sealed class TrafficSelectorsConverter : JsonConverter<TrafficSelectorsConfig>
{
    public const string Word = "any";

    public static JsonTypeInfo PairsInfo(JsonSerializerOptions options) => options.GetTypeInfo(typeof(ImmutableArray<TrafficSelectorConfig>));

    public override TrafficSelectorsConfig Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(Word)) return TrafficSelectorsConfig.Any;
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException(); // the serialiser adds the path
        return TrafficSelectorsConfig.Of((ImmutableArray<TrafficSelectorConfig>)JsonSerializer.Deserialize(ref reader, PairsInfo(options))!);
    }

    public override void Write(Utf8JsonWriter writer, TrafficSelectorsConfig value, JsonSerializerOptions options)
    {
        if (value.IsAny) writer.WriteStringValue(Word);
        else JsonSerializer.Serialize(writer, value.Pairs, PairsInfo(options));
    }
}
