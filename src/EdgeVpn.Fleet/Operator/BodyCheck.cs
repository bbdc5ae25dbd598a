using EdgeVpn.Model.Twin;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Fleet.Operator;

/// <summary>What is wrong with a configuration before it is sent; the box has the last word.</summary>
/// <param name="Errors">The box would refuse it.</param>
/// <param name="Warnings">It would take it; a person should look.</param>
public sealed record BodyCheck(IReadOnlyList<ReportedProblem> Errors, IReadOnlyList<ReportedProblem> Warnings)
{
    /// <summary>Checks UTF-8 JSON as a box does; paths start at <c>$</c>, the configuration's root.</summary>
    public static BodyCheck Of(ReadOnlyMemory<byte> body)
    {
        var result = ConfigurationReader.Read(body, DocumentBounds.Desired);
        return new BodyCheck([.. result.Errors.Select(Problem)], [.. result.Warnings.Select(Problem)]);
    }

    private static ReportedProblem Problem(ConfigurationProblem problem) =>
        new(problem.Path.ToString(), problem.Mend is null ? problem.Sentence : $"{problem.Sentence} ({problem.Mend})");
}
