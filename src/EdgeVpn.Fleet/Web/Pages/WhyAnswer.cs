using System.Text.Json;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web.Pages;

/// <summary>A box's answer to <c>why</c> as a tree of steps, read as loosely as its reports.</summary>
internal static class WhyAnswer
{
    /// <summary>Null if it is not what a box of this version answers: then it is shown as it came.</summary>
    public static Html? Of(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth });
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } answer
                || !answer.TryGetProperty("reports", out var reports) || reports.ValueKind != JsonValueKind.Array
                || !reports.EnumerateArray().All(static r => r.ValueKind == JsonValueKind.Object && r.TryGetProperty("steps", out var steps) && steps.ValueKind == JsonValueKind.Array)) return null;
            var parts = reports.EnumerateArray().Select(Report).ToList();
            if (answer.TryGetProperty("box", out var box) && box.ValueKind == JsonValueKind.Object) parts.Add(Html.Of($"<h4>The box itself</h4>{Reason(box)}"));
            return parts.Count > 0 ? Html.Join(parts) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Html Report(JsonElement report) => Html.Of(
        $"""
        <h4>{Text(report, "connection") ?? "?"}</h4>
        <ol class="steps">{report.GetProperty("steps").EnumerateArray().Where(static s => s.ValueKind == JsonValueKind.Object).Take(64).Select(static s => Html.Of($"<li class=\"{Tone(Text(s, "result"))}\"><b>{Text(s, "name")}</b> <span>{Text(s, "result")}</span> <span class=\"quiet\">{Text(s, "detail")}</span></li>"))}</ol>
        {Reason(report)}
        """);

    /// <summary>The reason of a report or of the box, and what to look at.</summary>
    private static Html Reason(JsonElement of) => Html.Of(
        $"""
        {Html.If(of.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.Object, () => Html.Of($"<p class=\"why\"><b>{Text(reason, "digits")} {Text(reason, "code")}</b> {Text(reason, "sentence")} {Text(reason, "detail")}</p>"))}
        {Html.If(of.TryGetProperty("check", out var check) && check.ValueKind == JsonValueKind.Array && check.GetArrayLength() > 0, () => Html.Of($"<ol class=\"check\">{check.EnumerateArray().Take(16).Select(static c => Html.Of($"<li>{c.ToString()}</li>"))}</ol>"))}
        """);

    private static string Tone(string? result) => result switch { "ok" => "ok", "failed" => "failed", _ => "" };

    private static string? Text(JsonElement from, string name) => from.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? value.ToString() : null;
}
