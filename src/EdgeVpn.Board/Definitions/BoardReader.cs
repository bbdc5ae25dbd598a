using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace EdgeVpn.Board.Definitions;

/// <summary>Reads a board.json and reports every problem at once: syntax, unknown fields, wrong types, and what <see cref="BoardRules"/> refuses.</summary>
public static class BoardReader
{
    /// <summary>Larger is no board definition.</summary>
    public const int MaxOctets = 64 * 1024;

    public static BoardReading Read(string json)
    {
        if (json.Length > MaxOctets) return Refused(new BoardProblem("", $"longer than {MaxOctets} characters"));
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(json, documentOptions: new() { AllowDuplicateProperties = false, MaxDepth = 16 });
        }
        catch (JsonException fault)
        {
            return Refused(new BoardProblem("", $"not JSON: {fault.Message}"));
        }

        if (root is not JsonObject document) return Refused(new BoardProblem("", "must be an object"));

        // What does not fit is reported and taken out, so that the rules can still look at the rest.
        var misfits = new List<BoardProblem>();
        CheckObject(document, BoardJson.Default.BoardDefinition, "", misfits);
        var definition = document.Deserialize(BoardJson.Default.BoardDefinition)!;
        var breaches = BoardRules.Check(definition).Where(breach => !misfits.Exists(misfit => Covers(misfit.Path, breach.Path)));
        ImmutableArray<BoardProblem> problems = [.. misfits, .. breaches];
        return problems.IsEmpty ? new(definition, []) : Refused(problems);
    }

    private static BoardReading Refused(params ImmutableArray<BoardProblem> problems) => new(null, problems);

    /// <summary>True if <paramref name="path"/> is <paramref name="known"/>, or lies within it.</summary>
    private static bool Covers(string known, string path) =>
        known.Length > 0 && path.StartsWith(known, StringComparison.Ordinal)
        && (path.Length == known.Length || path[known.Length] is '.' or '[');

    private static void CheckObject(JsonObject node, JsonTypeInfo type, string path, List<BoardProblem> problems)
    {
        foreach (var (name, value) in node.ToArray())
        {
            var at = path.Length == 0 ? name : $"{path}.{name}";
            var property = type.Properties.FirstOrDefault(p => p.Name == name);
            if (property is null)
            {
                var meant = Spelling.Closest(name, type.Properties.Select(p => p.Name));
                problems.Add(new(at, "unknown field" + (meant is null ? "" : $"; did you mean \"{meant}\"?")));
                node.Remove(name);
            }
            else if (type.Options.GetTypeInfo(property.PropertyType) is var fitting && !Fits(value, fitting, at, problems))
            {
                // An empty object keeps its place, so that no rule misses it as well.
                if (fitting.Kind == JsonTypeInfoKind.Object) node[name] = new JsonObject();
                else node.Remove(name);
            }
        }
    }

    private static bool Fits(JsonNode? value, JsonTypeInfo type, string path, List<BoardProblem> problems)
    {
        switch (type.Kind, value)
        {
            case (JsonTypeInfoKind.Object, JsonObject child):
                CheckObject(child, type, path, problems);
                return true;
            case (JsonTypeInfoKind.Enumerable, JsonArray children):
                var element = type.Options.GetTypeInfo(type.ElementType!);
                for (var i = 0; i < children.Count; i++)
                {
                    if (Fits(children[i], element, $"{path}[{i}]", problems)) continue;

                    // An element is not taken out: the paths of those after it would move.
                    if (element.Kind != JsonTypeInfoKind.Object) return false;
                    children[i] = new JsonObject();
                }

                return true;
            case (JsonTypeInfoKind.None, not null):
                try
                {
                    value.Deserialize(type);
                    return true;
                }
                catch (JsonException)
                {
                    problems.Add(new(path, $"{value.ToJsonString()} is not {Expected(type.Type)}"));
                    return false;
                }

            default:
                problems.Add(new(path, $"must be {Expected(type)}"));
                return false;
        }
    }

    private static string Expected(JsonTypeInfo type) => type.Kind switch
    {
        JsonTypeInfoKind.Object => "an object",
        JsonTypeInfoKind.Enumerable => "a list",
        _ => Expected(type.Type),
    };

    private static string Expected(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(BoardEvidence) ? "documents, emulated or real"
            : type == typeof(NicRole) ? "wan or lan"
            : type == typeof(Pull) ? "none, up or down"
            : type == typeof(int) ? "a whole number"
            : type == typeof(bool) ? "true or false"
            : type == typeof(TimeSpan) ? "a duration like 00:00:15"
            : "a text";
    }
}
