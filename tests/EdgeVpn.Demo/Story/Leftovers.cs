using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Demo.Story;

/// <summary>Looks at the machine after the lab is gone: what was ours must not be there.</summary>
public static class Leftovers
{
    /// <summary>Traces of a lab, each in words; empty is what we want.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(string labId)
    {
        List<string> found = [];
        if (Directory.Exists("/run/netns"))
            found.AddRange(Directory.GetFiles("/run/netns", $"{LabFolders.NamespacePrefix}{labId}-*").Select(file => $"namespace {Path.GetFileName(file)}"));
        if (Directory.Exists(LabFolders.RunFolder(labId))) found.Add(LabFolders.RunFolder(labId));
        found.AddRange(Processes(labId));
        // The box and the gateway set these in their namespaces only; here they would have escaped.
        var tables = await Tool.RunAsync(["nft", "list", "tables"]);
        if (tables.Output.Contains(" edgevpn", StringComparison.Ordinal)) found.Add("nftables table edgevpn");
        var rules = await Tool.RunAsync(["ip", "rule"]);
        if (rules.Output.Contains("4556", StringComparison.Ordinal)) found.Add("routing rule 4556");
        return found;
    }

    private static IEnumerable<string> Processes(string labId)
    {
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id) || id == Environment.ProcessId) continue;
            if (CommandLine(folder) is { } line && line.Contains(LabFolders.RunFolder(labId) + "/", StringComparison.Ordinal))
                yield return $"process {id}: {line.Replace('\0', ' ')}";
        }
    }

    private static string? CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null; // ended while we looked
        }
    }
}
