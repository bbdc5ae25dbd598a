using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Wanted;

/// <summary>Boxes that are configured or maintained together: <c>groups/NAME.json</c>.</summary>
/// <remarks>
/// <code>
///     { "template": "branch.json",
///       "variables": { "hub": "203.0.113.2" },
///       "members": { "branch-042": { "lan": "10.42.0.0/24" }, "branch-043": { "lan": "10.43.0.0/24", "hub": "203.0.113.9" } },
///       "windows": [{ "timeZone": "Europe/Paris", "days": ["sat", "sun"], "from": "22:00", "to": "04:00" }] }
/// </code>
/// A member's variables come before the group's. A group without a template maintains boxes that have files of their own in <c>configs/</c>.
/// </remarks>
public sealed class FleetGroup
{
    private readonly GroupFile _file;

    private FleetGroup(string name, GroupFile file, IReadOnlyList<MaintenanceWindow> windows) => (Name, _file, Windows) = (name, file, windows);

    public string Name { get; }

    /// <summary>As messages name it.</summary>
    public string FileName => $"groups/{Name}.json";

    /// <summary>A file in <c>templates/</c>; null: members have files of their own.</summary>
    public string? Template => _file.Template;

    /// <summary>Devices, in order.</summary>
    public IEnumerable<string> Members => _file.Members.Keys.Order(StringComparer.Ordinal);

    /// <summary>Empty: every hour will do.</summary>
    public IReadOnlyList<MaintenanceWindow> Windows { get; }

    public bool IsOpen(DateTimeOffset now) => Windows.Count == 0 || Windows.Any(w => w.IsOpen(now));

    /// <summary>When the next window opens; <paramref name="now"/> if one is open, or there are none.</summary>
    public DateTimeOffset OpensAt(DateTimeOffset now) => Windows.Count == 0 ? now : Windows.Min(w => w.OpensAt(now));

    /// <summary>What a member's template is filled with, and where each stands.</summary>
    internal IReadOnlyDictionary<string, TemplateVariable> VariablesOf(string device)
    {
        var variables = new Dictionary<string, TemplateVariable>(StringComparer.Ordinal);
        foreach (var (name, value) in _file.Variables ?? EmptyVariables) variables[name] = new TemplateVariable(value, $"{FileName}: $.variables.{name}");
        foreach (var (name, value) in _file.Members[device]) variables[name] = new TemplateVariable(value, $"{FileName}: $.members.{device}.{name}");
        return variables;
    }

    private static IReadOnlyDictionary<string, JsonElement> EmptyVariables { get; } = new Dictionary<string, JsonElement>();

    /// <exception cref="FleetFolderException">It cannot be read, or holds what does not belong there.</exception>
    internal static FleetGroup Read(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var at = $"groups/{name}.json: $";
        if (!TwinName.IsValid(name)) throw new FleetFolderException($"{path}: '{name}' cannot name a group.");
        var file = FleetFolder.ReadJson(path, GroupJson.Default.GroupFile)!;
        if (file.Template is { } template && !IsFileName(template)) throw new FleetFolderException($"{at}.template: '{template}' is no file of templates/.");
        if (file.Template is null && file.Variables is { Count: > 0 }) throw new FleetFolderException($"{at}.variables: no template takes them.");
        foreach (var (device, variables) in file.Members)
        {
            if (!TwinName.IsValid(device)) throw new FleetFolderException($"{at}.members: '{device}' cannot name a box.");
            if (file.Template is null && variables.Count > 0) throw new FleetFolderException($"{at}.members.{device}: no template takes its variables.");
        }

        return new FleetGroup(name, file, [.. (file.Windows ?? []).Select((w, i) => MaintenanceWindow.Of(w, $"{at}.windows[{i}]"))]);
    }

    private static bool IsFileName(string text) => text.EndsWith(".json", StringComparison.Ordinal) && TwinName.IsValid(Path.GetFileNameWithoutExtension(text)) && !text.Contains('/', StringComparison.Ordinal);
}

/// <summary>A value for a template.</summary>
/// <param name="Value">Any JSON.</param>
/// <param name="Where">File and path, for messages.</param>
public readonly record struct TemplateVariable(JsonElement Value, string Where);

/// <summary><c>groups/NAME.json</c>.</summary>
internal sealed record GroupFile(IReadOnlyDictionary<string, IReadOnlyDictionary<string, JsonElement>> Members)
{
    public string? Template { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? Variables { get; init; }

    public IReadOnlyList<WindowFile>? Windows { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(GroupFile))]
internal sealed partial class GroupJson : JsonSerializerContext;
