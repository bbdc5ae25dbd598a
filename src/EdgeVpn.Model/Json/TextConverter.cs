using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace EdgeVpn.Model.Json;

/// <summary>Why a value cannot be read: a clause that follows the quoted value, and a mend where one is obvious.</summary>
internal readonly record struct Refusal(string Clause, string? Mend = null);

/// <summary>A converter of one JSON scalar that can say what is wrong with it instead of throwing.</summary>
internal interface IScalarConverter
{
    /// <summary>Null if <paramref name="element"/> can be read.</summary>
    Refusal? Refuse(JsonElement element);

    /// <summary>JSON Schema of the scalar.</summary>
    JsonObject Schema();

    /// <summary>A value that can be read, as JSON: it stands in for a refused one while the rest is checked.</summary>
    string Placeholder { get; }
}

/// <summary>Reads and writes a value as one JSON string.</summary>
internal abstract class TextConverter<T> : JsonConverter<T>, IScalarConverter
{
    public abstract string Placeholder { get; }

    public abstract JsonObject Schema();

    public Refusal? Refuse(JsonElement element) =>
        element.ValueKind == JsonValueKind.String
            ? TryParse(element.GetString()!, out _, out var refusal) ? null : refusal
            : new Refusal($"should be a string, but is {JsonKinds.Name(element)}");

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String && TryParse(reader.GetString()!, out var value, out _)) return value;
        throw new JsonException(); // the serialiser adds the path
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Format(value));

    protected abstract bool TryParse(string text, out T value, out Refusal refusal);

    protected virtual string Format(T value) => value!.ToString()!;

    /// <summary>The value between quotation marks, cut where it grows long.</summary>
    protected static string Quote(string text) => $"\"{(text.Length <= 60 ? text : text[..57] + "...")}\"";
}
