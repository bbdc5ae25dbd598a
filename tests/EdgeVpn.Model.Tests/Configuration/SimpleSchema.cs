using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace EdgeVpn.Model.Tests.Configuration;

/// <summary>As much of JSON Schema 2020-12 as our schema uses; a keyword it does not know fails the test.</summary>
internal static class SimpleSchema
{
    private static readonly string[] s_silent = ["$schema", "title", "description", "default", "format", "$comment"];

    /// <summary>Where and why <paramref name="value"/> does not fit; empty if it does.</summary>
    public static List<string> Violations(JsonNode? value, JsonNode schema, string path = "$")
    {
        if (schema is JsonValue flag) return flag.GetValue<bool>() ? [] : [$"{path}: nothing is allowed here"];
        var found = new List<string>();
        foreach (var (keyword, rule) in schema.AsObject())
        {
            if (s_silent.Contains(keyword)) continue;
            found.AddRange(keyword switch
            {
                "type" => Fits(value, rule!.GetValue<string>()) ? [] : [$"{path}: not of type {rule}"],
                "enum" => rule!.AsArray().Any(r => JsonNode.DeepEquals(r, value)) ? [] : [$"{path}: not one of {rule.ToJsonString()}"],
                "const" => JsonNode.DeepEquals(rule, value) ? [] : [$"{path}: not {rule}"],
                "pattern" => value is not JsonValue v || Regex.IsMatch(v.ToString(), rule!.GetValue<string>()) ? [] : [$"{path}: does not match {rule}"],
                "minimum" => value is not JsonValue v || !v.TryGetValue<long>(out var number) || number >= rule!.GetValue<long>() ? [] : [$"{path}: too small"],
                "minLength" => value!.ToString().Length >= rule!.GetValue<int>() ? [] : [$"{path}: too short"],
                "maxLength" => value!.ToString().Length <= rule!.GetValue<int>() ? [] : [$"{path}: too long"],
                "minItems" => value is not JsonArray a || a.Count >= rule!.GetValue<int>() ? [] : [$"{path}: too few"],
                "items" => value is not JsonArray list ? [] : list.SelectMany((item, i) => Violations(item, rule!, $"{path}[{i}]")),
                "required" => value is not JsonObject o ? [] : rule!.AsArray().Where(r => !o.ContainsKey(r!.ToString())).Select(r => $"{path}.{r}: missing"),
                "properties" => value is not JsonObject o ? [] : rule!.AsObject().Where(r => o.ContainsKey(r.Key)).SelectMany(r => Violations(o[r.Key], r.Value!, $"{path}.{r.Key}")),
                "additionalProperties" => value is not JsonObject o
                    ? []
                    : o.Where(m => !((schema["properties"] as JsonObject)?.ContainsKey(m.Key) ?? false)).SelectMany(m => Violations(m.Value, rule!, $"{path}.{m.Key}")),
                "anyOf" => rule!.AsArray().Any(r => Violations(value, r!, path).Count == 0) ? [] : [$"{path}: fits none of {rule.AsArray().Count} cases"],
                _ => throw new NotSupportedException($"keyword {keyword} at {path}"),
            });
        }

        return found;
    }

    private static bool Fits(JsonNode? value, string type) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == System.Text.Json.JsonValueKind.String,
        "boolean" => value?.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
        "integer" => value is JsonValue number && number.TryGetValue<long>(out _),
        _ => throw new NotSupportedException($"type {type}"),
    };
}
