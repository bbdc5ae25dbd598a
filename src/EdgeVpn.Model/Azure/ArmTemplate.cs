using System.Text.Json;
using System.Text.Json.Nodes;

namespace EdgeVpn.Model.Azure;

/// <summary>The resources of an ARM template as far as its parameters, variables and expressions can be evaluated without deploying it.</summary>
/// <remarks>
/// Values of a parameters file beside it go before the template's defaults. Nested resources and inline nested deployments are followed; copy
/// loops and linked templates are not, and are said.
/// </remarks>
internal sealed class ArmTemplate
{
    private const int MaxResources = 1_000;
    private const int MaxNodes = 200_000; // evaluated values of one template; a large export has some thousands
    private const int MaxNesting = 8;

    private readonly string _source;
    private readonly List<ImportRemark> _remarks;
    private readonly List<JsonElement> _resources = [];
    private int _nodes;

    private ArmTemplate(string source, List<ImportRemark> remarks) => (_source, _remarks) = (source, remarks);

    public static bool IsTemplate(JsonElement document) =>
        document.ValueKind == JsonValueKind.Object && document.TryGetProperty("resources", out var resources)
        && resources.ValueKind is JsonValueKind.Array or JsonValueKind.Object && document.TryGetProperty("$schema", out _);

    /// <summary>A parameters file: <c>{ "$schema": …, "parameters": { "name": { "value": … } } }</c>.</summary>
    public static bool IsParameters(JsonElement document) =>
        document.ValueKind == JsonValueKind.Object && !document.TryGetProperty("resources", out _) && document.TryGetProperty("$schema", out _)
        && document.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object;

    /// <summary>The values of a parameters file.</summary>
    public static IEnumerable<KeyValuePair<string, JsonElement>> ParametersOf(JsonElement document)
    {
        foreach (var parameter in document.GetProperty("parameters").EnumerateObject())
            if (parameter.Value.ValueKind == JsonValueKind.Object && parameter.Value.TryGetProperty("value", out var value)) yield return KeyValuePair.Create(parameter.Name, value);
    }

    /// <summary>Every resource with its expressions evaluated; what has no value is left out.</summary>
    public static List<JsonElement> Resources(JsonElement document, IReadOnlyDictionary<string, JsonElement> values, string source, List<ImportRemark> remarks)
    {
        var template = new ArmTemplate(source, remarks);
        template.Read(document, values, 0);
        return template._resources;
    }

    private void Read(JsonElement document, IReadOnlyDictionary<string, JsonElement> values, int nesting)
    {
        var defaults = Section(document, "parameters");
        var variables = Section(document, "variables");
        var expression = new ArmExpression(
            name => values.TryGetValue(name, out var given) ? JsonNode.Parse(given.GetRawText())
                : defaults.TryGetValue(name, out var declared) && declared.ValueKind == JsonValueKind.Object && declared.TryGetProperty("defaultValue", out var value) ? JsonNode.Parse(value.GetRawText()) : null,
            name => variables.TryGetValue(name, out var value) ? JsonNode.Parse(value.GetRawText()) : null);
        Resources(document.GetProperty("resources"), null, null, expression, nesting);
    }

    private void Resources(JsonElement list, string? typeAbove, string? nameAbove, ArmExpression expression, int nesting)
    {
        if (nesting > MaxNesting) return;
        foreach (var resource in list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().ToList() : [.. list.EnumerateObject().Select(m => m.Value)])
        {
            if (resource.ValueKind != JsonValueKind.Object || _resources.Count >= MaxResources) continue;
            if (Evaluated(resource, expression, 0) is not JsonObject evaluated) continue;
            var type = evaluated["type"] is JsonValue t && t.TryGetValue<string>(out var typeText) ? typeText : "";
            var name = evaluated["name"] is JsonValue n && n.TryGetValue<string>(out var nameText) ? nameText : null;
            if (evaluated["condition"] is JsonValue condition && condition.TryGetValue<bool>(out var isDeployed) && !isDeployed) continue;
            if (resource.TryGetProperty("copy", out _))
                _remarks.Add(new ImportRemark(ImportRemarkKind.NotHonoured, _source, $"The copy loop of {name ?? type} is not followed.", "deploy it, and import what `az … show` prints"));
            if (typeAbove is not null && !type.Contains("Microsoft.", StringComparison.OrdinalIgnoreCase))
            {
                type = $"{typeAbove}/{type}";
                name = $"{nameAbove}/{name}";
            }

            if (type.Equals("Microsoft.Resources/deployments", StringComparison.OrdinalIgnoreCase))
            {
                Deployment(resource, evaluated, name, nesting);
                continue;
            }

            if (name is null)
                _remarks.Add(new ImportRemark(ImportRemarkKind.NotHonoured, _source, $"A resource of type {type} has a name that only a deployment knows.", "give the parameter a value in a parameters file beside it"));
            evaluated["type"] = type;
            if (name is not null)
            {
                evaluated["id"] = Id(type, name);
                evaluated["name"] = name[(name.LastIndexOf('/') + 1)..];
            }

            _resources.Add(ToElement(evaluated));
            if (resource.TryGetProperty("resources", out var children)) Resources(children, type, name, expression, nesting + 1);
        }
    }

    private void Deployment(JsonElement resource, JsonObject evaluated, string? name, int nesting)
    {
        if (resource.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            && properties.TryGetProperty("template", out var inner) && inner.ValueKind == JsonValueKind.Object && inner.TryGetProperty("resources", out _) && nesting < MaxNesting)
        {
            var values = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
            if (evaluated["properties"]?["parameters"] is JsonObject given)
            {
                foreach (var (key, value) in given)
                    if (value is JsonObject holder && holder["value"] is { } plain) values[key] = ToElement(plain);
            }

            Read(inner, values, nesting + 1);
            return;
        }

        _remarks.Add(new ImportRemark(ImportRemarkKind.NotHonoured, _source, $"The linked template of {name ?? "a deployment"} is not followed.", "name its file, too"));
    }

    /// <summary>The value with its expressions evaluated; null where there is none.</summary>
    private JsonNode? Evaluated(JsonElement element, ArmExpression expression, int depth)
    {
        if (++_nodes > MaxNodes) return null;
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var holder = new JsonObject();
                foreach (var member in element.EnumerateObject())
                {
                    // Nested templates have parameters of their own; children are walked with their parents' names.
                    if (member.Name is "template" || (member.Name is "resources" && depth == 0)) continue;
                    if (Evaluated(member.Value, expression, depth + 1) is { } value) holder[member.Name] = value;
                }

                return holder;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(item => Evaluated(item, expression, depth + 1)).Where(item => item is not null)]);
            case JsonValueKind.String:
                var text = Text(element);
                return text is null ? null : ArmExpression.IsExpression(text) ? expression.Evaluate(text)?.DeepClone() : JsonValue.Create(text);
            case JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            default:
                return JsonNode.Parse(element.GetRawText());
        }
    }

    private static string? Text(JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException) // half of a surrogate pair
        {
            return null;
        }
    }

    private static Dictionary<string, JsonElement> Section(JsonElement document, string name)
    {
        var section = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        if (document.TryGetProperty(name, out var holder) && holder.ValueKind == JsonValueKind.Object)
            foreach (var member in holder.EnumerateObject()) section[member.Name] = member.Value;
        return section;
    }

    private static string Id(string type, string name)
    {
        var words = type.Split('/');
        var names = name.Split('/');
        return words.Length - 1 != names.Length
            ? $"/subscriptions/template/resourceGroups/template/providers/{type}/{name}"
            : $"/subscriptions/template/resourceGroups/template/providers/{words[0]}/{string.Join('/', names.Select((n, i) => $"{words[i + 1]}/{n}"))}";
    }

    private static JsonElement ToElement(JsonNode node)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) node.WriteTo(writer);
        using var document = JsonDocument.Parse(stream.ToArray());
        return document.RootElement.Clone();
    }
}
