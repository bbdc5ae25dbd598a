using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace EdgeVpn.Model.Azure;

/// <summary>Evaluates template expressions: <c>[concat(parameters('site'), '-conn')]</c>.</summary>
/// <remarks>
/// What only a deployment knows (<c>reference</c>, <c>uniqueString</c>, a parameter without a value) has no value here; whoever asked for it
/// finds the field absent. Work is bounded: <see cref="MaxSteps"/> per template, <see cref="MaxDepth"/> levels, <see cref="MaxText"/> characters a value.
/// </remarks>
internal sealed class ArmExpression(Func<string, JsonNode?> parameter, Func<string, JsonNode?> variable)
{
    private const int MaxDepth = 32;
    private const int MaxText = 16_384;
    private const int MaxSteps = 100_000;
    private const string Subscription = "/subscriptions/template/resourceGroups/template";

    private int _steps;
    private int _depth;

    /// <summary>True for text in brackets; <c>[[</c> is an escaped bracket.</summary>
    public static bool IsExpression(string text) => text.Length > 2 && text[0] == '[' && text[^1] == ']' && text[1] != '[';

    /// <summary>The value, or null if it cannot be known.</summary>
    public JsonNode? Evaluate(string text)
    {
        if (text.Length > MaxText || _depth >= MaxDepth) return null;
        _depth++;
        try
        {
            var at = 1;
            var value = Term(text, ref at);
            Skip(text, ref at);
            return at == text.Length - 1 ? value : null;
        }
        finally
        {
            _depth--;
        }
    }

    private JsonNode? Term(string text, ref int at)
    {
        if (++_steps > MaxSteps) return null;
        Skip(text, ref at);
        if (at >= text.Length) return null;
        var c = text[at];
        if (c == '\'') return Literal(text, ref at);
        if (char.IsAsciiDigit(c) || c == '-') return Integer(text, ref at);
        if (!char.IsAsciiLetter(c)) return Broken(text, ref at);

        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '.')) at++;
        var name = text[start..at];
        Skip(text, ref at);
        if (at >= text.Length || text[at] != '(') return Broken(text, ref at);
        at++;
        var arguments = new List<JsonNode?>();
        if (_depth >= MaxDepth) return Broken(text, ref at);
        _depth++;
        Skip(text, ref at);
        while (at < text.Length && text[at] != ')')
        {
            arguments.Add(Term(text, ref at));
            Skip(text, ref at);
            if (at < text.Length && text[at] == ',') at++;
            else if (at < text.Length && text[at] != ')') break;
            Skip(text, ref at);
        }

        _depth--;
        if (at >= text.Length || text[at] != ')') return Broken(text, ref at);
        at++;
        return Path(Call(name, arguments), text, ref at);
    }

    /// <summary>Members and elements behind a call: <c>.name</c>, <c>[0]</c>, <c>['name']</c>.</summary>
    private JsonNode? Path(JsonNode? value, string text, ref int at)
    {
        while (at < text.Length - 1)
        {
            if (text[at] == '.')
            {
                var start = ++at;
                while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_')) at++;
                value = value is JsonObject holder ? holder[text[start..at]] : null;
            }
            else if (text[at] == '[')
            {
                at++;
                var index = Term(text, ref at);
                Skip(text, ref at);
                if (at >= text.Length || text[at] != ']') return Broken(text, ref at);
                at++;
                value = (value, Integer(index)) switch
                {
                    (JsonArray list, { } i) when i >= 0 && i < list.Count => list[(int)i],
                    (JsonObject holder, _) when Text(index) is { } key => holder[key],
                    _ => null,
                };
            }
            else
            {
                break;
            }
        }

        return value;
    }

    private JsonNode? Call(string name, List<JsonNode?> arguments)
    {
        switch (name.ToLowerInvariant())
        {
            case "parameters":
                return Text(arguments) is { } asked ? Again(parameter(asked)) : null;
            case "variables":
                return Text(arguments) is { } wanted ? Again(variable(wanted)) : null;
            case "concat":
                return arguments.Count > 0 && arguments.All(a => a is JsonArray)
                    ? new JsonArray([.. arguments.SelectMany(a => a!.AsArray()).Select(n => n?.DeepClone())])
                    : Joined(arguments);
            case "format":
                return Formatted(arguments);
            case "resourceid":
                return ResourceId(arguments);
            case "resourcegroup":
                return new JsonObject { ["id"] = Subscription, ["name"] = "template" };
            case "tolower":
                return Text(arguments) is { } upper ? JsonValue.Create(upper.ToLowerInvariant()) : null;
            case "toupper":
                return Text(arguments) is { } lower ? JsonValue.Create(lower.ToUpperInvariant()) : null;
            case "string" or "int" or "bool" when arguments.Count == 1:
                return arguments[0];
            case "true" or "false":
                return JsonValue.Create(name.Equals("true", StringComparison.OrdinalIgnoreCase));
            case "null":
                return null;
            case "createarray":
                return new JsonArray([.. arguments.Select(a => a?.DeepClone())]);
            case "array" when arguments.Count == 1:
                return arguments[0] is JsonArray ? arguments[0] : new JsonArray(arguments[0]?.DeepClone());
            case "first":
                return arguments is [JsonArray { Count: > 0 } some] ? some[0] : null;
            case "last":
                return arguments is [JsonArray { Count: > 0 } many] ? many[^1] : null;
            case "equals" when arguments.Count == 2 && arguments[0] is not null && arguments[1] is not null:
                return JsonValue.Create(JsonNode.DeepEquals(arguments[0], arguments[1]));
            case "not" when arguments is [JsonValue flag] && flag.TryGetValue<bool>(out var isSet):
                return JsonValue.Create(!isSet);
            case "if" when arguments is [JsonValue choice, _, _] && choice.TryGetValue<bool>(out var isFirst):
                return isFirst ? arguments[1] : arguments[2];
            case "empty" when arguments is [{ } held]:
                return JsonValue.Create(held is JsonArray { Count: 0 } or JsonObject { Count: 0 } || Text(held)?.Length == 0);
            default:
                return null; // reference(), uniqueString(), listKeys()…: only a deployment knows
        }
    }

    /// <summary>A parameter's or variable's value may be an expression itself.</summary>
    private JsonNode? Again(JsonNode? value) =>
        value is JsonValue leaf && leaf.TryGetValue<string>(out var text) && IsExpression(text) ? Evaluate(text) : value;

    private static JsonValue? Joined(List<JsonNode?> arguments)
    {
        var text = new StringBuilder();
        foreach (var argument in arguments)
        {
            if (Text(argument) is not { } part || text.Length + part.Length > MaxText) return null;
            text.Append(part);
        }

        return JsonValue.Create(text.ToString());
    }

    private static JsonValue? Formatted(List<JsonNode?> arguments)
    {
        if (arguments.Count == 0 || Text(arguments[0]) is not { } pattern) return null;
        for (var i = 1; i < arguments.Count; i++)
        {
            if (Text(arguments[i]) is not { } part) return null;
            pattern = pattern.Replace($"{{{i - 1}}}", part, StringComparison.Ordinal);
            if (pattern.Length > MaxText) return null;
        }

        return JsonValue.Create(pattern);
    }

    /// <summary><c>resourceId([subscription, group,] 'Microsoft.Network/a/b', 'x', 'y')</c> is <c>…/a/x/b/y</c>.</summary>
    private static JsonValue? ResourceId(List<JsonNode?> arguments)
    {
        var parts = arguments.Select(Text).ToList();
        if (parts.Contains(null)) return null;
        var type = parts.FindIndex(p => p!.Contains('/', StringComparison.Ordinal) && !p.StartsWith('/'));
        if (type < 0) return null;
        var words = parts[type]!.Split('/');
        var names = parts[(type + 1)..].SelectMany(n => n!.Split('/')).ToList();
        if (names.Count != words.Length - 1) return null;
        var id = new StringBuilder($"{Subscription}/providers/{words[0]}");
        for (var i = 0; i < names.Count; i++) id.Append(CultureInfo.InvariantCulture, $"/{words[i + 1]}/{names[i]}");
        return JsonValue.Create(id.ToString());
    }

    private static string? Text(List<JsonNode?> arguments) => arguments.Count == 1 ? Text(arguments[0]) : null;

    private static string? Text(JsonNode? node)
    {
        if (node is not JsonValue value) return null;
        if (value.TryGetValue<string>(out var text)) return text;
        return value.TryGetValue<long>(out var number) ? number.ToString(CultureInfo.InvariantCulture) : null;
    }

    private static long? Integer(JsonNode? node) => node is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    private static JsonValue? Literal(string text, ref int at)
    {
        var literal = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '\'')
            {
                literal.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '\'')
            {
                literal.Append('\'');
                at++;
            }
            else
            {
                at++;
                return JsonValue.Create(literal.ToString());
            }
        }

        return null;
    }

    private static JsonValue? Integer(string text, ref int at)
    {
        var start = at++;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return long.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : null;
    }

    private static JsonNode? Broken(string text, ref int at)
    {
        at = text.Length;
        return null;
    }

    private static void Skip(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
    }
}
