using System.Globalization;
using System.Text;

namespace EdgeVpn.Appliance.Metrics;

/// <summary>Measurements as Prometheus reads them: text format 0.0.4, names as OpenTelemetry's compatibility rules make them.</summary>
/// <remarks>Dots become underscores, the unit a suffix (<c>_bytes</c>, <c>_seconds</c>, <c>_celsius</c>, <c>_ratio</c> for a gauge of unit 1; braces are left out), counters end in <c>_total</c>.</remarks>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <param name="instruments">What was collected.</param>
    /// <param name="resource">Who it is of: the labels of <c>target_info</c>.</param>
    public static string Of(IEnumerable<MeasuredInstrument> instruments, IReadOnlyList<KeyValuePair<string, object?>> resource)
    {
        var text = new StringBuilder();
        Family(text, new MeasuredInstrument("target.info", "", "Which box this is.", IsCounter: false, [new MeasuredPoint(resource, 1)]));
        foreach (var instrument in instruments) Family(text, instrument);
        return text.ToString();
    }

    private static void Family(StringBuilder text, MeasuredInstrument instrument)
    {
        var name = NameOf(instrument);
        text.Append("# HELP ").Append(name).Append(' ').Append(Escape(instrument.Description, quotes: false)).Append('\n');
        text.Append("# TYPE ").Append(name).Append(instrument.IsCounter ? " counter\n" : " gauge\n");
        foreach (var point in instrument.Points)
        {
            text.Append(name);
            for (var i = 0; i < point.Attributes.Count; i++)
            {
                var (label, value) = point.Attributes[i];
                text.Append(i == 0 ? '{' : ',').Append(Underscored(label)).Append("=\"").Append(Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", quotes: true)).Append('"');
            }

            if (point.Attributes.Count > 0) text.Append('}');
            text.Append(' ').Append(point.Value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
    }

    private static string NameOf(MeasuredInstrument instrument)
    {
        var suffix = instrument.Unit switch
        {
            "By" => "_bytes",
            "s" => "_seconds",
            "Cel" => "_celsius",
            "1" when !instrument.IsCounter => "_ratio",
            _ => "",
        };
        return Underscored(instrument.Name) + suffix + (instrument.IsCounter ? "_total" : "");
    }

    private static string Underscored(string name) => string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_'));

    private static string Escape(string text, bool quotes)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
