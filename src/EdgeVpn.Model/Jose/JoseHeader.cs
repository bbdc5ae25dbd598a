using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace EdgeVpn.Model.Jose;

/// <summary>A protected header: one flat object of texts, and one object (<c>epk</c>) in it at most.</summary>
/// <remarks>Everything that is not expected is refused by name: what one reader ignores, another may obey.</remarks>
internal static class JoseHeader
{
    private const int MaxOctets = 1_024;

    /// <param name="octets">The header, decoded.</param>
    /// <param name="fields">Every field that must be there; none other may.</param>
    /// <param name="header">The parsed header; the caller disposes it.</param>
    /// <param name="problem">One sentence, without a subject.</param>
    public static bool TryRead(byte[] octets, ReadOnlySpan<string> fields, [NotNullWhen(true)] out JsonDocument? header, [NotNullWhen(false)] out string? problem)
    {
        header = null;
        problem = null;
        if (octets.Length > MaxOctets)
        {
            problem = $"has a header of {octets.Length} octets; {MaxOctets} are allowed.";
            return false;
        }

        try
        {
            header = JsonDocument.Parse(octets, new JsonDocumentOptions { MaxDepth = 2, AllowDuplicateProperties = false });
            problem = Judge(header.RootElement, fields);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            problem = "has a header that is not JSON.";
        }

        if (problem is null && header is not null) return true;
        header?.Dispose();
        header = null;
        problem ??= "has no header.";
        return false;
    }

    public static string Text(JsonDocument header, string field) => header.RootElement.GetProperty(field).GetString()!;

    private static string? Judge(JsonElement root, ReadOnlySpan<string> fields)
    {
        if (root.ValueKind != JsonValueKind.Object) return "has a header that is no object.";
        foreach (var property in root.EnumerateObject())
        {
            var known = fields.Contains(property.Name);
            if (!known) return $"has a header field '{(property.Name.Length <= 32 ? property.Name : property.Name[..32] + "…")}' that this version does not take.";
            var isObject = property.Name == "epk";
            if (property.Value.ValueKind != (isObject ? JsonValueKind.Object : JsonValueKind.String)) return $"has a header whose '{property.Name}' is of the wrong kind.";
            if (!isObject) _ = property.Value.GetString(); // half a surrogate pair shows only now
        }

        foreach (var field in fields)
            if (!root.TryGetProperty(field, out _)) return $"has a header without '{field}'.";
        return null;
    }
}
