using System.Text.Json;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Operator;

/// <summary>What is wrong with a configuration before it is sent; the box has the last word.</summary>
/// <param name="Errors">The box would refuse it.</param>
/// <param name="Warnings">It would take it; a person should look.</param>
public sealed record BodyCheck(IReadOnlyList<ReportedProblem> Errors, IReadOnlyList<ReportedProblem> Warnings)
{
    /// <summary>Checks UTF-8 JSON; paths start at <c>$</c>, the configuration's root.</summary>
    public static BodyCheck Of(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth - 1 });
            return json.RootElement.ValueKind == JsonValueKind.Object ? new BodyCheck([], []) : new BodyCheck([new ReportedProblem("$", "is not an object.")], []);
        }
        catch (JsonException e)
        {
            return new BodyCheck([new ReportedProblem("$", "is not JSON: " + e.Message)], []);
        }
    }
}
