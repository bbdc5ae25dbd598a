using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Appliance.Local.Rendering;

/// <summary>What <c>edgevpn lint</c> prints for people.</summary>
internal static class LintPage
{
    public static void Write(Terminal terminal, LintReport report)
    {
        var page = terminal.NewPage();
        foreach (var connection in report.Connections)
        {
            page.Line(Ink.Strong(connection.Connection), $" against {connection.Gateway}", connection.Assumed ? Ink.Faint(" (concluded from the configuration)") : "");
            page.Table("  ",
            [
                Row("", "the box asks", "Azure asks"),
                Row("IKE SA", connection.IkeWhenBoxCalls, connection.IkeWhenAzureCalls),
                Row("child SA", connection.EspWhenBoxCalls, connection.EspWhenAzureCalls),
                Row("first child rekey", connection.RekeyByBox, connection.RekeyByAzure),
            ]);
            page.Line();
        }

        // One line of az often mends several findings: it is printed with the first.
        var mends = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var finding in report.Findings)
        {
            page.Line(Severity(finding.Severity), $" {finding.Id}: ", Ink.Strong(finding.Path), $": {finding.Message}");
            if (finding.Mend is not { } mend) continue;
            var isNew = mends.TryAdd(mend, finding.Id);
            page.Line("  ", Ink.Faint(isNew ? $"mend: {mend}" : $"mend: as for {mends[mend]}"));
        }

        var errors = report.Findings.Count(static f => f.Severity == FindingSeverity.Error);
        var warnings = report.Findings.Count(static f => f.Severity == FindingSeverity.Warning);
        page.Line(
            report.Fails ? Ink.Bad("will fail") : report.Connections.IsEmpty ? Ink.Warning("nothing is predicted") : Ink.Good("will work"),
            $": {errors} {(errors == 1 ? "error" : "errors")}, {warnings} {(warnings == 1 ? "warning" : "warnings")}; `edgevpn rehearse` plays it");
        terminal.Write(page);
    }

    private static IReadOnlyList<Ink> Row(string what, string? byBox, string? byAzure) => [what, Agreed(byBox), Agreed(byAzure)];

    private static Ink Agreed(string? text) => text is null ? Ink.Bad("nothing in common") : text;

    private static Ink Severity(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error => Ink.Bad("error"),
        FindingSeverity.Warning => Ink.Warning("warning"),
        _ => Ink.Faint("info"),
    };
}
