using System.Globalization;
using EdgeVpn.Fleet.Web.Http;

namespace EdgeVpn.Fleet.Web.Pages;

/// <summary>One line of a chart.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Style">Class of the style sheet: a, b.</param>
/// <param name="Points">Values over time; null: nothing was measured, the line has a gap.</param>
internal sealed record ChartLine(string Name, string Style, IReadOnlyList<(DateTimeOffset At, double? Value)> Points);

/// <summary>A line chart as SVG, drawn on the server; the same numbers as a table for whoever cannot see it.</summary>
internal static class Chart
{
    private const int Width = 420;
    private const int Height = 170;
    private const int Left = 72;
    private const int Right = 6;
    private const int Top = 12;
    private const int Bottom = 26;

    /// <param name="title">What it shows.</param>
    /// <param name="lines">In order of the legend.</param>
    /// <param name="from">The left edge.</param>
    /// <param name="to">The right edge.</param>
    /// <param name="step">Distance of two neighbouring points; a larger one is a gap.</param>
    /// <param name="least">What the axis shows at least, so that noise does not look like mountains.</param>
    /// <param name="words">A value as people say it.</param>
    public static Html Of(string title, IReadOnlyList<ChartLine> lines, DateTimeOffset from, DateTimeOffset to, TimeSpan step, double least, Func<double, string> words)
    {
        var values = lines.SelectMany(static l => l.Points).Where(static p => p.Value is not null).Select(static p => p.Value!.Value).ToList();
        if (values.Count == 0) return Html.Of($"<figure class=\"chart\"><figcaption>{title}</figcaption><p class=\"quiet\">Nothing was measured in this time.</p></figure>");
        var top = Nice(Math.Max(least, values.Max()));
        double X(DateTimeOffset at) => Left + ((Width - Left - Right) * ((at - from) / (to - from)));
        double Y(double value) => Height - Bottom - ((Height - Top - Bottom) * (value / top));
        var summary = string.Join("; ", lines.Select(l => l.Points.Where(static p => p.Value is not null).Select(static p => p.Value!.Value).ToList() is { Count: > 0 } own
            ? $"{l.Name} now {words(own[^1])}, mean {words(own.Average())}, most {words(own.Max())}" : $"{l.Name} not measured"));
        return Html.Of(
            $"""
            <figure class="chart">
              <figcaption>{title} <span class="legend">{lines.Select(l => Html.Of($"<span class=\"{l.Style}\">{l.Name} <b>{l.Points.LastOrDefault(static p => p.Value is not null) switch { (_, { } last) => words(last), _ => "–" }}</b></span>"))}</span></figcaption>
              <svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{title}: {summary}">
                {((double[])[0, 0.5, 1]).Select(part => Html.Of($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(top * part):0.#}\" y2=\"{Y(top * part):0.#}\"/><text x=\"{Left - 8}\" y=\"{Y(top * part) + 4:0.#}\" text-anchor=\"end\">{words(top * part)}</text>"))}
                {Ticks(from, to).Select(tick => Html.Of($"<text class=\"tick\" x=\"{X(tick.At):0.#}\" y=\"{Height - 7}\" text-anchor=\"middle\">{tick.Text}</text>"))}
                {lines.Select((l, i) => Html.Of($"{Html.If(i == 0, () => Html.Of($"<path class=\"area {l.Style}\" d=\"{Area(l, step, X, Y)}\"/>"))}<path class=\"line {l.Style}\" d=\"{Path(l, step, X, Y)}\"/>"))}
              </svg>
            </figure>
            """);
    }

    private static string Path(ChartLine line, TimeSpan step, Func<DateTimeOffset, double> x, Func<double, double> y) =>
        string.Concat(Runs(line, step).Select(run => "M" + string.Join("L", run.Select(p => Pair(x(p.At), y(p.Value)))) + (run.Count == 1 ? "h1" : "")));

    private static string Area(ChartLine line, TimeSpan step, Func<DateTimeOffset, double> x, Func<double, double> y) =>
        string.Concat(Runs(line, step).Select(run => $"M{Pair(x(run[0].At), y(0))}L{string.Join("L", run.Select(p => Pair(x(p.At), y(p.Value))))}L{Pair(x(run[^1].At), y(0))}Z"));

    /// <summary>Neighbours: where nothing was measured, no line pretends.</summary>
    private static List<List<(DateTimeOffset At, double Value)>> Runs(ChartLine line, TimeSpan step)
    {
        List<List<(DateTimeOffset, double)>> runs = [];
        DateTimeOffset? last = null;
        foreach (var (at, value) in line.Points)
        {
            if (value is not { } measured) continue;
            if (last is null || at - last > step * 2.5) runs.Add([]);
            runs[^1].Add((at, measured));
            last = at;
        }

        return runs;
    }

    private static IEnumerable<(DateTimeOffset At, string Text)> Ticks(DateTimeOffset from, DateTimeOffset to)
    {
        var span = to - from;
        var (step, format) = span.TotalHours <= 2 ? (TimeSpan.FromMinutes(15), "HH:mm") : span.TotalDays <= 1.5 ? (TimeSpan.FromHours(4), "HH:mm")
            : span.TotalDays <= 10 ? (TimeSpan.FromDays(1), "d MMM") : (TimeSpan.FromDays(61), "MMM yyyy");
        var first = new DateTimeOffset((from.UtcTicks / step.Ticks * step.Ticks) + step.Ticks, TimeSpan.Zero);
        for (var at = first; at < to; at += step)
            if (at - from > span * 0.03 && to - at > span * 0.03) yield return (at, at.ToString(format, CultureInfo.InvariantCulture));
    }

    private static double Nice(double value)
    {
        var unit = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return ((double[])[1, 2, 4, 5, 8, 10]).First(f => value <= f * unit * 1.000001) * unit;
    }

    private static string Pair(double x, double y) => string.Create(CultureInfo.InvariantCulture, $"{x:0.#} {y:0.#}");
}
