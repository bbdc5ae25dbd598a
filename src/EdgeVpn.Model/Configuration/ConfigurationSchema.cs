using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using EdgeVpn.Model.Json;

namespace EdgeVpn.Model.Configuration;

/// <summary>The JSON Schema (2020-12) of a configuration, made from the records: types, words, defaults and descriptions have one source.</summary>
public static class ConfigurationSchema
{
    private static JsonSerializerOptions Records => ConfigurationJson.Default.Options;

    /// <summary>The schema as indented JSON text.</summary>
    public static string Text() => Generate().ToJsonString(new JsonSerializerOptions(ConfigurationWriter.ForEyes));

    /// <summary>The schema as a new tree.</summary>
    public static JsonObject Generate()
    {
        var schema = Export(typeof(BoxConfig)).AsObject();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "EdgeVpn configuration");
        return schema;
    }

    private static JsonNode Export(Type type) =>
        Records.GetTypeInfo(type).GetJsonSchemaAsNode(new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform });

    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode schema)
    {
        var node = Scalar(context.TypeInfo) ?? WithoutNull(schema);
        if (context.TypeInfo.Type == typeof(TrafficSelectorsConfig))
            node = new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["const"] = TrafficSelectorsConverter.Word }, Pairs()) };
        if (context.PropertyInfo is { } property && node is JsonObject described) Describe(described, property);
        return node;
    }

    private static JsonObject? Scalar(JsonTypeInfo type)
    {
        var inner = Nullable.GetUnderlyingType(type.Type) is { } value ? Records.GetTypeInfo(value) : type;
        return (inner.Converter as IScalarConverter)?.Schema();
    }

    private static JsonNode Pairs()
    {
        var pairs = Export(typeof(System.Collections.Immutable.ImmutableArray<TrafficSelectorConfig>));
        pairs["minItems"] = 1;
        return pairs;
    }

    /// <summary>Leaving a field out says the same as null; the schema teaches the first.</summary>
    private static JsonNode WithoutNull(JsonNode schema)
    {
        if (schema is JsonObject node && node["type"] is JsonArray types)
        {
            var rest = types.Select(t => t!.GetValue<string>()).Where(t => t != "null").ToArray();
            node["type"] = rest.Length == 1 ? rest[0] : new JsonArray([.. rest.Select(t => (JsonNode)t)]);
        }

        return schema;
    }

    private static void Describe(JsonObject node, JsonPropertyInfo property)
    {
        var attributes = property.AttributeProvider?.GetCustomAttributes(typeof(DescriptionAttribute), inherit: false);
        if (attributes is [DescriptionAttribute description, ..]) node.Insert(0, "description", description.Description);
        if (property.IsRequired || !Prototypes.Has(property.DeclaringType)) return;
        var standard = Prototypes.Of(property.DeclaringType).GetProperty(property.Name);
        if (standard.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
            node["default"] = JsonNode.Parse(standard.GetRawText());
    }
}
