using System.Collections.Immutable;
using System.Text.Json;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>What <c>config check</c> found, for scripts.</summary>
/// <param name="File">As typed.</param>
/// <param name="Valid">Whether the box would take it.</param>
/// <param name="Problems">Errors first.</param>
/// <param name="Notes">What <c>lint</c> would tell of connections that an Azure gateway can meet; none forbids the document. What the model said of the same place is not said twice.</param>
public sealed record ConfigurationCheck(string File, bool Valid, ImmutableArray<CheckedProblem> Problems, ImmutableArray<Finding> Notes)
{
    public const string Error = "error";
    public const string Warning = "warning";

    /// <summary>The model's problems, and the algorithms that this engine lacks.</summary>
    public static ConfigurationCheck Of(string file, ConfigurationResult result)
    {
        ImmutableArray<CheckedProblem> problems = [.. result.Problems.Select(CheckedProblem.Of), .. Lacking(result.Configuration).Select(CheckedProblem.Of)];
        return new(file, result.IsValid, problems, result.Configuration is { } configuration ? Linter.Notes(configuration, AlgorithmCatalog.Default, problems.Select(static p => p.Path)) : []);
    }

    private static IEnumerable<ConfigurationProblem> Lacking(BoxConfig? configuration)
    {
        if (configuration is null) yield break;
        for (var i = 0; i < configuration.Connections.Length; i++)
        {
            var missing = ConnectionProposals.Of(configuration.Connections[i], AlgorithmCatalog.Default).Missing;
            if (missing.IsEmpty) continue;
            yield return new ConfigurationProblem(
                ProblemSeverity.Warning, ProblemKind.NotActedOn, JsonPath.Root["connections"][i],
                $"This version leaves out of its proposals what it cannot compute: {string.Join(", ", missing)}.");
        }
    }
}

/// <summary>One problem.</summary>
/// <param name="Severity"><c>error</c> or <c>warning</c>.</param>
/// <param name="Kind">A stable word: <c>unknown-field</c>.</param>
/// <param name="Path">Where: <c>$.connections[0].name</c>.</param>
/// <param name="Sentence">What is wrong.</param>
/// <param name="Mend">What to do; null where it is not obvious.</param>
public sealed record CheckedProblem(string Severity, string Kind, string Path, string Sentence, string? Mend)
{
    public static CheckedProblem Of(ConfigurationProblem problem) => new(
        problem.Severity == ProblemSeverity.Error ? ConfigurationCheck.Error : ConfigurationCheck.Warning,
        JsonNamingPolicy.KebabCaseLower.ConvertName(problem.Kind.ToString()),
        problem.Path.Text, problem.Sentence, problem.Mend);
}
