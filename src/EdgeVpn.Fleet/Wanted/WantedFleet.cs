using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Wanted;

/// <summary>What the folder says one box is to be.</summary>
/// <param name="Device">Which.</param>
/// <param name="Group">Its group; null if it is in none.</param>
/// <param name="Body">The whole configuration, secrets in clear, UTF-8 JSON; null if there are problems.</param>
/// <param name="Problems">Why there is none: file and path, and one sentence.</param>
/// <param name="SecretsInClear">Its file holds secrets that belong into <c>secrets/</c>.</param>
public sealed record WantedBox(string Device, FleetGroup? Group, ReadOnlyMemory<byte>? Body, IReadOnlyList<ReportedProblem> Problems, bool SecretsInClear = false);

/// <summary>What is wanted of every box: <c>configs/</c>, <c>groups/</c>, <c>templates/</c> and <c>secrets/</c> taken together.</summary>
/// <remarks>Groups and templates are read once; a box's own file and secrets when it is asked for. Thread-safe.</remarks>
public sealed class WantedFleet
{
    private readonly FleetFolder _fleet;
    private readonly SecretVault _vault;
    private readonly Dictionary<string, FleetGroup> _groupOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Template> _templates = new(StringComparer.Ordinal);

    private WantedFleet(FleetFolder fleet)
    {
        (_fleet, _vault) = (fleet, new SecretVault(fleet));
        Groups = [.. FilesIn("groups").Select(FleetGroup.Read)];
        foreach (var group in Groups)
        {
            foreach (var device in group.Members)
            {
                // In two, it would be open to argument which windows count.
                if (!_groupOf.TryAdd(device, group)) throw new FleetFolderException($"{device} is a member of {_groupOf[device].FileName} and of {group.FileName}; a box is in one group at most.");
            }

            if (group.Template is not { } template || _templates.ContainsKey(template)) continue;
            var file = Path.Combine(fleet.Path, "templates", template);
            if (!File.Exists(file)) throw new FleetFolderException($"{group.FileName}: $.template: templates/{template} does not exist.");
            _templates[template] = new Template($"templates/{template}", File.ReadAllBytes(file));
        }
    }

    public IReadOnlyList<FleetGroup> Groups { get; }

    /// <exception cref="FleetFolderException">A group that cannot be read, a box in two groups, a template that is not there.</exception>
    public static WantedFleet Read(FleetFolder fleet) => new(fleet);

    public FleetGroup? GroupOf(string device) => _groupOf.GetValueOrDefault(device);

    /// <summary>Every box that is to be something, in order.</summary>
    public IEnumerable<string> Devices() => FilesIn("configs").Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(static n => TwinName.IsValid(n))
        .Union(Groups.Where(static g => g.Template is not null).SelectMany(static g => g.Members)).Order(StringComparer.Ordinal);

    /// <summary>What it is to be. Files change between two calls, and so may the answer.</summary>
    public WantedBox Of(string device)
    {
        var group = GroupOf(device);
        var own = _fleet.ConfigFile(device);
        var problems = new List<ReportedProblem>();
        var hasOwn = File.Exists(own);
        if (hasOwn && group?.Template is not null)
            return No(new ReportedProblem($"configs/{device}.json", $"stands beside {group.FileName}, whose template makes this box's configuration; one of the two has to go."));
        if (!hasOwn && group?.Template is null) return No(new ReportedProblem($"configs/{device}.json", $"does not exist{(group is null ? ", and no group names this box" : $", and {group.FileName} has no template")}."));
        var octets = Array.Empty<byte>();
        JsonObject? configuration;
        try
        {
            if (hasOwn) octets = File.ReadAllBytes(own);
            configuration = hasOwn ? JsonNode.Parse(octets, documentOptions: new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth, AllowDuplicateProperties = false }) as JsonObject
                : _templates[group!.Template!].Fill(device, group.VariablesOf(device), problems);
            if (configuration is not null)
            {
                var inClear = SecretVault.InClear(configuration).Any();
                var laid = _vault.LayInto(configuration, device, group, problems);
                if (problems.Count > 0) return new WantedBox(device, group, null, problems);
                // A file that nothing was added to goes out as it was written.
                return new WantedBox(device, group, hasOwn && !laid ? octets : Encoding.UTF8.GetBytes(configuration.ToJsonString()), [], inClear);
            }
        }
        catch (JsonException)
        {
            // Whoever checks the configuration says it better, and with its path.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return No(new ReportedProblem($"configs/{device}.json", e.Message));
        }

        return problems.Count > 0 ? new WantedBox(device, group, null, problems) : new WantedBox(device, group, octets, []);

        WantedBox No(ReportedProblem problem) => new(device, group, null, [problem]);
    }

    private IEnumerable<string> FilesIn(string folder)
    {
        var path = Path.Combine(_fleet.Path, folder);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal) : [];
    }
}
