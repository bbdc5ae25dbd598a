using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Json;

namespace EdgeVpn.Model.Validation;

/// <summary>What became of a document.</summary>
/// <param name="Configuration">The configuration; null if there is an error.</param>
/// <param name="Problems">Everything that is wrong or doubtful, errors first.</param>
public sealed record ConfigurationResult(BoxConfig? Configuration, ImmutableArray<ConfigurationProblem> Problems)
{
    /// <summary>True if nothing forbids to use it; there may be warnings.</summary>
    public bool IsValid => Configuration is not null;

    /// <summary>What forbids to use it.</summary>
    public IEnumerable<ConfigurationProblem> Errors => Problems.Where(p => p.Severity == ProblemSeverity.Error);

    /// <summary>What a person should look at.</summary>
    public IEnumerable<ConfigurationProblem> Warnings => Problems.Where(p => p.Severity == ProblemSeverity.Warning);
}

/// <summary>The door for configurations: octets in, a configuration or every problem out. Never throws, whatever the octets.</summary>
public static class ConfigurationReader
{
    /// <summary>Reads and checks a JSON document.</summary>
    public static ConfigurationResult Read(ReadOnlyMemory<byte> document, DocumentBounds bounds)
    {
        var problems = new ProblemList();
        if (!DocumentScan.TryAccept(document, bounds, problems, out var octets)) return new(null, problems.ToImmutable());

        using var json = JsonDocument.Parse(octets, new JsonDocumentOptions { MaxDepth = bounds.Depth });
        var config = Fit(json.RootElement, problems);
        ConfigurationRules.Check(config, problems);
        return new(problems.HasErrors ? null : config, problems.ToImmutable());
    }

    /// <summary>Reads and checks JSON text with the bounds of a file.</summary>
    public static ConfigurationResult Read(string document) => Read(Encoding.UTF8.GetBytes(document), DocumentBounds.File);

    /// <summary>
    /// Whether a JSON value is meant to be a configuration, mistakes and all: it has a member that stands at a configuration's top, and none by which Azure tells
    /// its resources and templates.
    /// </summary>
    public static bool IsMeant(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) return false;
        var names = root.EnumerateObject().Select(static member => member.Name).ToList();
        return names.Count == 0
            || (!names.Any(static name => name is "id" or "etag" or "properties" or "resources" or "$schema") && ConfigurationJson.Default.BoxConfig.Properties.Any(ours => names.Contains(ours.Name)));
    }

    /// <summary>Checks a configuration made by code.</summary>
    public static ImmutableArray<ConfigurationProblem> Check(BoxConfig config)
    {
        var problems = new ProblemList();
        ConfigurationRules.Check(config, problems);
        return problems.ToImmutable();
    }

    private static BoxConfig Fit(JsonElement root, ProblemList problems)
    {
        var fitted = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(fitted, new JsonWriterOptions { SkipValidation = true }))
            new StructureCheck(problems, writer, ConfigurationJson.Default.Options).Check(root, typeof(BoxConfig));
        return JsonSerializer.Deserialize(fitted.WrittenSpan, ConfigurationJson.Default.BoxConfig)!;
    }
}
