using System.Text;
using System.Text.Json;

namespace EdgeVpn.Model.Azure;

/// <summary>JSON as Azure's tools and people write it: with comments (templates), trailing commas, or several documents one after the other.</summary>
internal static class AzureJson
{
    private const int MaxDepth = 64; // the deepest gateway is 12 deep; a nested deployment adds six per level
    private const int MaxDocuments = 256;

    private static readonly JsonReaderOptions s_options = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = MaxDepth,
        AllowMultipleValues = true,
    };

    /// <summary>Every top-level value of a file.</summary>
    /// <param name="trouble">Why the file cannot be read, as a sentence; null if it could.</param>
    public static List<JsonElement> ParseAll(string text, out string? trouble)
    {
        var documents = new List<JsonElement>();
        trouble = null;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), s_options);
        try
        {
            while (reader.Read())
            {
                if (documents.Count == MaxDocuments)
                {
                    trouble = $"It holds more than {MaxDocuments} documents.";
                    return documents;
                }

                using var document = JsonDocument.ParseValue(ref reader);
                documents.Add(document.RootElement.Clone());
            }
        }
        catch (JsonException fault)
        {
            trouble = fault.Message.Contains("maximum configured depth", StringComparison.OrdinalIgnoreCase)
                ? $"It is nested deeper than {MaxDepth} levels."
                : $"It is not JSON from line {fault.LineNumber + 1}, column {fault.BytePositionInLine + 1} on.";
        }

        return documents;
    }

    public static bool TryParse(string text, out JsonElement element)
    {
        var all = ParseAll(text, out var trouble);
        element = trouble is null && all.Count == 1 ? all[0] : default;
        return trouble is null && all.Count == 1;
    }
}
