using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Model.Twin;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Fleet.Wanted;

/// <summary>A configuration with places to fill: <c>templates/NAME.json</c>.</summary>
/// <remarks>
/// <c>${lan}</c> in a string is a place. A string that is nothing but a place becomes the variable's value, whatever its kind; within other text a value
/// must be text, a number, true or false. <c>${device}</c> is the box's name. <c>$${</c> stands for <c>${</c>.
/// A place without a variable, and a variable without a place, are problems: a misspelt name must not become a box's configuration.
/// </remarks>
public sealed class Template
{
    /// <summary>Always there; nobody else may be called so.</summary>
    private const string Device = "device";

    private readonly string _name;
    private readonly byte[] _octets;

    /// <param name="name">As messages name it: templates/branch.json.</param>
    /// <param name="octets">UTF-8 JSON.</param>
    public Template(string name, byte[] octets) => (_name, _octets) = (name, octets);

    /// <returns>The filled configuration; null if there is any problem.</returns>
    public JsonObject? Fill(string device, IReadOnlyDictionary<string, TemplateVariable> variables, ICollection<ReportedProblem> problems)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(_octets, documentOptions: new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth, AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            problems.Add(new ReportedProblem(_name, "is not JSON: " + e.Message));
            return null;
        }

        if (root is not JsonObject)
        {
            problems.Add(new ReportedProblem(_name, "is not an object."));
            return null;
        }

        var before = problems.Count;
        foreach (var (name, variable) in variables)
        {
            if (name == Device) problems.Add(new ReportedProblem(variable.Where, "is always the box's name; call this one otherwise."));
            else if (Texts(variable.Value).Any(static t => t.Contains("${", StringComparison.Ordinal))) problems.Add(new ReportedProblem(variable.Where, "holds a place; variables are not filled themselves."));
        }

        var used = new HashSet<string>(StringComparer.Ordinal);
        var filled = new Filling(_name, device, variables, used, problems).Of(root, JsonPath.Root);
        foreach (var (name, variable) in variables)
            if (name != Device && !used.Contains(name)) problems.Add(new ReportedProblem(variable.Where, $"is used by nothing in {_name}."));
        return problems.Count == before ? (JsonObject)filled! : null;
    }

    private static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(static p => Texts(p.Value).Prepend(p.Name)),
        _ => [],
    };

    /// <summary>One pass over a template for one box.</summary>
    private sealed class Filling(string template, string device, IReadOnlyDictionary<string, TemplateVariable> variables, HashSet<string> used, ICollection<ReportedProblem> problems)
    {
        public JsonNode? Of(JsonNode? node, JsonPath path)
        {
            switch (node)
            {
                case JsonObject fields:
                    var filled = new JsonObject();
                    foreach (var (name, value) in fields)
                    {
                        if (name.Contains("${", StringComparison.Ordinal)) Problem(path[name], "is a field's name, and those are not filled.");
                        filled[name] = Of(value, path[name]);
                    }

                    return filled;
                case JsonArray items:
                    var list = new JsonArray();
                    for (var i = 0; i < items.Count; i++) list.Add(Of(items[i], path[i]));
                    return list;
                case JsonValue value when value.TryGetValue(out string? text):
                    return Text(text, path);
                default:
                    return node?.DeepClone();
            }
        }

        private JsonNode? Text(string text, JsonPath path)
        {
            if (text.StartsWith("${", StringComparison.Ordinal) && text.IndexOf('}', StringComparison.Ordinal) == text.Length - 1)
                return Value(text[2..^1], path) is { } whole ? JsonNode.Parse(whole.GetRawText()) : null;
            var result = new StringBuilder(text.Length);
            for (var at = 0; at < text.Length;)
            {
                var next = text.IndexOf("${", at, StringComparison.Ordinal);
                if (next < 0) return JsonValue.Create(result.Append(text, at, text.Length - at).ToString());
                if (next > at && text[next - 1] == '$')
                {
                    result.Append(text, at, next - 1 - at).Append("${");
                    at = next + 2;
                    continue;
                }

                result.Append(text, at, next - at);
                var end = text.IndexOf('}', next);
                if (end < 0)
                {
                    Problem(path, "has a ${ without its }; $${ stands for the characters themselves.");
                    return null;
                }

                if (Value(text[(next + 2)..end], path) is { } value)
                {
                    if (value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null) Problem(path, $"has ${{{text[(next + 2)..end]}}} within other text, and its value is no text.");
                    else result.Append(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText());
                }

                at = end + 1;
            }

            return JsonValue.Create(result.ToString());
        }

        private JsonElement? Value(string name, JsonPath path)
        {
            used.Add(name);
            if (name == Device) return JsonSerializer.SerializeToElement(device, GroupJson.Default.String);
            if (variables.TryGetValue(name, out var variable)) return variable.Value;
            var meant = Model.DidYouMean.Find(name, variables.Keys.Append(Device).Order(StringComparer.Ordinal));
            Problem(path, $"needs the variable '{TwinLimits.Text(name)}', which {device} does not have.{(meant is null ? "" : " " + Model.DidYouMean.Question(meant))}");
            return null;
        }

        private void Problem(JsonPath path, string sentence) => problems.Add(new ReportedProblem($"{template}: {path}", sentence));
    }
}
