using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Json;

namespace EdgeVpn.Model.Validation;

/// <summary>
/// Walks a document along the records' metadata, names everything that does not fit, and writes a document that does: absent fields with their
/// defaults, refused values replaced by stand-ins. So the rules that follow can look at the rest, and one slip does not hide another.
/// </summary>
internal sealed class StructureCheck(ProblemList problems, Utf8JsonWriter writer, JsonSerializerOptions options)
{
    public void Check(JsonElement element, Type type) => Value(element, options.GetTypeInfo(type), JsonPath.Root, null);

    /// <summary>Checks one value. <paramref name="fallback"/> is written instead if it is refused; null: the type's own stand-in.</summary>
    private void Value(JsonElement element, JsonTypeInfo type, JsonPath path, JsonElement? fallback)
    {
        if (Nullable.GetUnderlyingType(type.Type) is { } inner) type = options.GetTypeInfo(inner);
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object when element.ValueKind == JsonValueKind.Object:
                Object(element, type, path, fallback);
                break;
            case JsonTypeInfoKind.Dictionary when element.ValueKind == JsonValueKind.Object:
                Dictionary(element, options.GetTypeInfo(type.ElementType!), path);
                break;
            case JsonTypeInfoKind.Enumerable when element.ValueKind == JsonValueKind.Array:
                List(element, options.GetTypeInfo(type.ElementType!), path);
                break;
            case JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary:
                RefuseType(element, "an object", type, path, fallback);
                break;
            case JsonTypeInfoKind.Enumerable:
                RefuseType(element, "a list", type, path, fallback);
                break;
            default:
                Scalar(element, type, path, fallback);
                break;
        }
    }

    private void Scalar(JsonElement element, JsonTypeInfo type, JsonPath path, JsonElement? fallback)
    {
        if (type.Type == typeof(TrafficSelectorsConfig))
        {
            TrafficSelectors(element, type, path, fallback);
            return;
        }

        if (type.Converter is IScalarConverter scalar)
        {
            if (scalar.Refuse(element) is not { } refusal) element.WriteTo(writer);
            else Refuse(ProblemKind.BadValue, $"The value {refusal.Clause}.", refusal.Mend, type, path, fallback);
            return;
        }

        var expected = Expected(element, type.Type);
        if (expected is null) element.WriteTo(writer);
        else RefuseType(element, expected, type, path, fallback);
    }

    /// <summary>Null if the plain scalar fits; else what should stand there.</summary>
    private static string? Expected(JsonElement element, Type type)
    {
        if (type == typeof(string)) return element.ValueKind == JsonValueKind.String ? null : "a string";
        if (type == typeof(bool)) return element.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "true or false";
        if (type == typeof(int))
            return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out _) ? null : "a whole number";
        if (type == typeof(long))
            return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out _) ? null : "a whole number";
        throw new InvalidOperationException($"No reader for {type}."); // a test walks all records
    }

    private void TrafficSelectors(JsonElement element, JsonTypeInfo type, JsonPath path, JsonElement? fallback)
    {
        if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 0)
            Refuse(ProblemKind.BadValue, "An empty list selects nothing.", "write \"any\" to select everything", type, path, fallback);
        else if (element.ValueKind == JsonValueKind.Array)
            Value(element, TrafficSelectorsConverter.PairsInfo(options), path, null);
        else if (element.ValueKind == JsonValueKind.String && element.ValueEquals(TrafficSelectorsConverter.Word))
            element.WriteTo(writer);
        else
            RefuseType(element, "\"any\" or a list of { \"local\", \"remote\" } pairs", type, path, fallback);
    }

    private void List(JsonElement element, JsonTypeInfo type, JsonPath path)
    {
        writer.WriteStartArray();
        var index = 0;
        foreach (var item in element.EnumerateArray())
        {
            if (problems.IsFull) break;
            Value(item, type, path[index++], null);
        }

        writer.WriteEndArray();
    }

    private void Dictionary(JsonElement element, JsonTypeInfo type, JsonPath path)
    {
        writer.WriteStartObject();
        var seen = new HashSet<string>();
        foreach (var member in element.EnumerateObject())
        {
            if (problems.IsFull) break;
            if (!seen.Add(member.Name))
            {
                problems.Error(ProblemKind.DuplicateField, path[member.Name], "This name is written twice.");
                continue;
            }

            writer.WritePropertyName(member.Name);
            Value(member.Value, type, path[member.Name], null);
        }

        writer.WriteEndObject();
    }

    private void Object(JsonElement element, JsonTypeInfo type, JsonPath path, JsonElement? fallback)
    {
        string? discriminator = null;
        if (type.PolymorphismOptions is { } cases)
        {
            discriminator = cases.TypeDiscriminatorPropertyName;
            if (Case(element, cases, path) is not { } found)
            {
                Standin(type, path, fallback);
                return;
            }

            type = options.GetTypeInfo(found.DerivedType);
            writer.WriteStartObject();
            writer.WriteString(discriminator, (string)found.TypeDiscriminator!);
        }
        else
        {
            writer.WriteStartObject();
        }

        var written = Members(element, type, discriminator, path, out var meant);
        var defaults = Prototypes.Of(type.Type);
        foreach (var property in type.Properties)
        {
            var at = path[property.Name];
            var standard = defaults.GetProperty(property.Name);
            writer.WritePropertyName(property.Name);
            if (!written.TryGetValue(property.Name, out var value) || (value.ValueKind == JsonValueKind.Null && property.IsSetNullable))
            {
                if (property.IsRequired)
                {
                    if (!meant.Contains(property.Name)) problems.Error(ProblemKind.MissingField, at, $"\"{property.Name}\" is missing.");
                    problems.MarkUnsound(at);
                }

                standard.WriteTo(writer);
            }
            else
            {
                Value(value, options.GetTypeInfo(property.PropertyType), at, standard);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>The members by name; unknown and repeated ones are named and left out.</summary>
    /// <param name="meant">Fields that an unknown one was probably meant to be: they are not missing as well.</param>
    private Dictionary<string, JsonElement> Members(JsonElement element, JsonTypeInfo type, string? discriminator, JsonPath path, out HashSet<string> meant)
    {
        var members = new Dictionary<string, JsonElement>();
        meant = [];
        foreach (var member in element.EnumerateObject())
        {
            if (problems.IsFull) break;
            if (member.Name != discriminator && !type.Properties.Any(p => p.Name == member.Name))
            {
                var word = DidYouMean.Find(member.Name, type.Properties.Select(p => p.Name));
                if (word is not null) meant.Add(word);
                problems.Error(ProblemKind.UnknownField, path[member.Name], "No such field exists.", DidYouMean.Question(word));
            }
            else if (!members.TryAdd(member.Name, member.Value))
                problems.Error(ProblemKind.DuplicateField, path[member.Name], "This field is written twice.");
        }

        return members;
    }

    private JsonDerivedType? Case(JsonElement element, JsonPolymorphismOptions cases, JsonPath path)
    {
        var words = cases.DerivedTypes.Select(d => (string)d.TypeDiscriminator!).ToList();
        var name = cases.TypeDiscriminatorPropertyName;
        var at = path[name];
        if (!element.TryGetProperty(name, out var written))
        {
            problems.Error(ProblemKind.MissingField, at, $"\"{name}\" is missing.", $"one of {string.Join(", ", words)}");
            return null;
        }

        if (written.ValueKind != JsonValueKind.String)
        {
            problems.Error(ProblemKind.WrongType, at, $"The value should be a string, but is {JsonKinds.Name(written)}.");
            return null;
        }

        var word = written.GetString()!;
        foreach (var known in cases.DerivedTypes)
            if ((string)known.TypeDiscriminator! == word) return known;
        problems.Error(ProblemKind.BadValue, at, $"The value is not one of {string.Join(", ", words)}.", DidYouMean.Sentence(word, words));
        return null;
    }

    private void RefuseType(JsonElement element, string expected, JsonTypeInfo type, JsonPath path, JsonElement? fallback)
    {
        var mend = expected == "a whole number" && element.ValueKind == JsonValueKind.String && long.TryParse(element.GetString(), out var number)
            ? $"write {number} without quotation marks"
            : expected == "a list" && element.ValueKind is JsonValueKind.String or JsonValueKind.Object ? "put [ ] around it" : null;
        var actual = expected == "a whole number" && element.ValueKind == JsonValueKind.Number ? "is a fraction or out of range" : $"is {JsonKinds.Name(element)}";
        Refuse(ProblemKind.WrongType, $"The value should be {expected}, but {actual}.", mend, type, path, fallback);
    }

    private void Refuse(ProblemKind kind, string sentence, string? mend, JsonTypeInfo type, JsonPath path, JsonElement? fallback)
    {
        problems.Error(kind, path, sentence, mend);
        Standin(type, path, fallback);
    }

    private void Standin(JsonTypeInfo type, JsonPath path, JsonElement? fallback)
    {
        problems.MarkUnsound(path);
        if (fallback is { } value)
        {
            value.WriteTo(writer);
            return;
        }

        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                Prototypes.Of(type.Type).WriteTo(writer);
                break;
            case JsonTypeInfoKind.Enumerable:
                writer.WriteRawValue("[]");
                break;
            case JsonTypeInfoKind.Dictionary:
                writer.WriteRawValue("{}");
                break;
            default:
                writer.WriteRawValue(type.Converter is IScalarConverter scalar ? scalar.Placeholder : type.Type == typeof(string) ? "\"\"" : "0");
                break;
        }
    }
}
