using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace EdgeVpn.Model.Json;

/// <summary>Reads and writes an enum as its name in lower camel case, exactly.</summary>
internal sealed class WordConverter<T> : TextConverter<T>
    where T : struct, Enum
{
    private static readonly T[] s_values = Enum.GetValues<T>();
    private static readonly string[] s_words = [.. Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    public override string Placeholder => $"\"{s_words[0]}\"";

    public override JsonObject Schema() => new() { ["enum"] = new JsonArray([.. s_words.Select(w => (JsonNode)w)]) };

    protected override bool TryParse(string text, out T value, out Refusal refusal)
    {
        refusal = default;
        var at = Array.IndexOf(s_words, text);
        value = at < 0 ? default : s_values[at];
        if (at >= 0) return true;
        refusal = new Refusal($"{Quote(text)} is not one of {string.Join(", ", s_words)}", DidYouMean.Sentence(text, s_words));
        return false;
    }

    protected override string Format(T value) => s_words[Array.IndexOf(s_values, value)];
}
