using System.Globalization;
using System.Text.Json;

namespace EdgeVpn.Model.Azure;

/// <summary>One value of what Azure printed, read the same way whatever printed it.</summary>
/// <remarks>
/// Names match without regard to case (REST writes <c>ipConfigurationId</c> and <c>ipconfigurationId</c>, PowerShell <c>IpConfigurationId</c>), and a
/// member is looked for in the object and in its <c>properties</c> (<c>az</c> flattens, REST and templates nest). Where PowerShell gave up at
/// its depth and wrote a type's name, the sibling that it writes as text is read instead. No accessor throws.
/// </remarks>
internal readonly record struct AzureNode(JsonElement Element, AzureCuts Cuts)
{
    public bool Exists => Element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public bool IsObject => Element.ValueKind == JsonValueKind.Object;

    public AzureNode this[string name]
    {
        get
        {
            var found = Member(Element, name);
            if (found.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null && Member(Element, "properties") is { ValueKind: JsonValueKind.Object } nested)
                found = Member(nested, name);
            if (IsCut(found)) found = Uncut(name);
            return new AzureNode(found, Cuts);
        }
    }

    /// <summary>A string that says something: not empty, not an expression of a template that nobody could evaluate.</summary>
    public string? Text
    {
        get
        {
            if (Element.ValueKind != JsonValueKind.String) return null;
            try
            {
                var text = Element.GetString()!.Trim();
                return text.Length == 0 || (text[0] == '[' && text[^1] == ']') ? null : text;
            }
            catch (InvalidOperationException) // half of a surrogate pair
            {
                return null;
            }
        }
    }

    public long? Number => Element.ValueKind switch
    {
        JsonValueKind.Number when Element.TryGetInt64(out var number) => number,
        JsonValueKind.String when long.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    /// <summary>True if the value says yes; absent is no.</summary>
    public bool IsTrue => Element.ValueKind == JsonValueKind.True || (Text?.Equals("true", StringComparison.OrdinalIgnoreCase) ?? false);

    /// <summary>True if the value says no; absent is neither.</summary>
    public bool IsFalse => Element.ValueKind == JsonValueKind.False || (Text?.Equals("false", StringComparison.OrdinalIgnoreCase) ?? false);

    /// <summary>The elements of a list; PowerShell 5 wraps some lists in <c>{ "value": […], "Count": n }</c>, and unwraps those of one.</summary>
    public IEnumerable<AzureNode> Items
    {
        get
        {
            var list = Element;
            if (list.ValueKind == JsonValueKind.Object && Member(list, "value") is { ValueKind: JsonValueKind.Array } wrapped) list = wrapped;
            if (list.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in list.EnumerateArray()) yield return new AzureNode(item, Cuts);
            }
            else if (list.ValueKind is JsonValueKind.Object or JsonValueKind.String)
            {
                yield return this;
            }
        }
    }

    /// <summary>The strings of a list.</summary>
    public IEnumerable<string> Texts => Items.Select(i => i.Text).OfType<string>();

    private static JsonElement Member(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object) return default;
        if (element.TryGetProperty(name, out var exact)) return exact;
        foreach (var member in element.EnumerateObject())
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return member.Value;
        return default;
    }

    /// <summary>What ConvertTo-Json writes where it stops: a type's name, or a hash table's text.</summary>
    private static bool IsCut(JsonElement found)
    {
        if (found.ValueKind == JsonValueKind.Array) return found.EnumerateArray().Any(IsCut);
        if (found.ValueKind != JsonValueKind.String) return false;
        return new AzureNode(found, new AzureCuts()).Text is { } text
            && (text.StartsWith("Microsoft.Azure.", StringComparison.Ordinal) || text.StartsWith("System.Collections.", StringComparison.Ordinal) || text.StartsWith("@{", StringComparison.Ordinal));
    }

    private JsonElement Uncut(string name)
    {
        var text = Member(Element, name + "Text");
        if (text.ValueKind == JsonValueKind.String && AzureJson.TryParse(text.GetString()!, out var whole)) return whole;
        Cuts.Names.Add(name);
        return default;
    }
}

/// <summary>What PowerShell cut off and nothing else told.</summary>
internal sealed class AzureCuts
{
    public SortedSet<string> Names { get; } = new(StringComparer.OrdinalIgnoreCase);
}
