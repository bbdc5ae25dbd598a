using System.Globalization;
using System.Text;
using EdgeVpn.Benchmarks.Tunnels;

namespace EdgeVpn.Benchmarks.Report;

/// <summary>Bars of medians, one group per measure that is a rate; readable in light and dark.</summary>
internal static class SvgChart
{
    private const int Width = 760, LabelWidth = 150, BarHeight = 18, Gap = 6, GroupGap = 30, Top = 40;
    private static readonly string[] Shown = [Contender.OursNative, Contender.OursJit, Contender.OursProtocol50, Contender.WireGuard, Contender.WireGuardGiven, Contender.StrongSwan, Contender.None];

    public static async Task WriteAsync(string file, IReadOnlyList<Sample> samples, MachineFacts machine)
    {
        var tables = Table.Of(samples).Where(table => table.Measure is { IsRate: true, Suite: Suites.Gcm }).ToArray();
        var body = new StringBuilder();
        var y = Top;
        foreach (var table in tables)
        {
            Text(body, 10, y, $"{table.Measure.Title}, {table.Measure.Wire.Sentence()} [{table.Measure.Unit}]", "title");
            y += 10;
            var most = table.Standings.Max(standing => standing.Value);
            foreach (var standing in Shown.Select(table.Find).OfType<Standing>())
            {
                var length = most > 0 ? (Width - LabelWidth - 90) * standing.Value / most : 0;
                var kind = standing.Contender.StartsWith("edgevpn", StringComparison.Ordinal) ? "ours" : standing.Contender == Contender.None ? "none" : "other";
                Text(body, LabelWidth - 8, y + 13, standing.Contender, "name");
                body.Append(CultureInfo.InvariantCulture, $"  <rect class=\"{kind}\" x=\"{LabelWidth}\" y=\"{y}\" width=\"{length:0.#}\" height=\"{BarHeight}\" rx=\"2\"/>\n");
                Text(body, LabelWidth + (int)length + 6, y + 13, standing.Value.ToString(standing.Value >= 100 ? "0" : "0.00", CultureInfo.InvariantCulture), "value");
                y += BarHeight + Gap;
            }

            y += GroupGap;
        }

        var svg = $$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{Width}} {{y + 10}}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="Throughput side by side">
              <style>
                text { fill: #24292f; } .title { font-weight: 600; } .name { text-anchor: end; }
                .ours { fill: #1f6feb; } .other { fill: #8c959f; } .none { fill: #d0d7de; }
                @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .none { fill: #484f58; } }
              </style>
              <text x="10" y="18">{{Escape($"{machine.Processor}, {machine.Cores} cores for both ends and the load; Linux {machine.Kernel.Split('-')[0]}; medians")}}</text>
            {{body}}</svg>

            """;
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder) Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(file, svg);
    }

    private static void Text(StringBuilder to, int x, int y, string text, string kind) =>
        to.Append(CultureInfo.InvariantCulture, $"  <text class=\"{kind}\" x=\"{x}\" y=\"{y}\">{Escape(text)}</text>\n");

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
