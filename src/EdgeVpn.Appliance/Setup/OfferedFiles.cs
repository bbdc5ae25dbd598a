using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Local.SetupPage;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Appliance.Setup;

/// <summary>What a person took from a laptop: a configuration of ours, or what Azure printed. Pure.</summary>
internal static class OfferedFiles
{
    /// <summary>The configuration that these files ask for.</summary>
    /// <param name="current">What Azure's connections are laid into: ports, operator and other connections stay.</param>
    /// <param name="psk">The shared key, where Azure's files hold none.</param>
    /// <returns>What the files were taken for; null and why if nothing comes of them.</returns>
    public static (string Kind, BoxConfig? Configuration, ImmutableArray<ProblemView> Problems) Read(ImmutableArray<OfferedFile> files, string? psk, BoxConfig current)
    {
        if (files is [{ } only] && IsOurs(only.Text))
        {
            var result = ConfigurationReader.Read(Encoding.UTF8.GetBytes(only.Text), DocumentBounds.File);
            return ("configuration", result.Configuration, [.. result.Problems.Select(WanChange.Of)]);
        }

        var imported = AzureImport.Read(
            [.. files.Select(static file => new AzureFile(file.Name, Encoding.UTF8.GetBytes(file.Text)))], new AzureImportOptions { Psk = string.IsNullOrEmpty(psk) ? null : psk });
        ImmutableArray<ProblemView> problems =
        [
            .. imported.Remarks.Select(static r => new ProblemView(r.Subject, r.IsFatal, $"{r.Sentence}{OnThePage(r.Remedy)}")),
            .. imported.Problems.Select(WanChange.Of),
        ];
        if (imported.Configuration is not { } azure) return ("azure", null, problems);
        var names = azure.Connections.Select(static c => c.Name).ToHashSet(StringComparer.Ordinal);
        var joined = current with
        {
            Connections = [.. current.Connections.Where(c => !names.Contains(c.Name)), .. azure.Connections],
            Secrets = current.Secrets.SetItems(azure.Secrets),
        };
        problems = problems.AddRange(ConfigurationReader.Check(joined).Where(static p => p.Severity == ProblemSeverity.Error).Select(WanChange.Of));
        return ("azure", problems.Any(static p => p.IsError) ? null : joined, problems);
    }

    /// <summary>What lint says of it; a person on the spot should know before it is tried.</summary>
    public static ImmutableArray<FindingView> Findings(BoxConfig configuration, ImmutableArray<ProblemView> problems) =>
    [
        .. Linter.Notes(configuration, AlgorithmCatalog.Default, problems.Select(static p => p.Path))
            .Select(static f => new FindingView(f.Path, f.Severity == FindingSeverity.Error, f.Message, f.Mend)),
    ];

    /// <summary>What to do about a remark, without the options of a command line that whoever is at the page does not have.</summary>
    private static string OnThePage(string? remedy)
    {
        var files = (remedy ?? "").Split([", or ", "; "], StringSplitOptions.None).Where(static way => way.StartsWith("az ", StringComparison.Ordinal)).Select(static way => way.Replace(" prints it", "", StringComparison.Ordinal));
        return string.Join(", or ", files) is { Length: > 0 } commands ? $" Wanted is what this prints: {commands}" : "";
    }

    private static bool IsOurs(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 64 });
            return ConfigurationReader.IsMeant(document.RootElement);
        }
        catch (JsonException)
        {
            return false; // a device script is no JSON
        }
    }
}
