using System.Globalization;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Rehearsal.Run;

namespace EdgeVpn.Appliance.Local.Rendering;

/// <summary>What <c>edgevpn rehearse</c> prints for people: timelines, then what will fail.</summary>
internal static class RehearsalPage
{
    public static void Write(Terminal terminal, RehearsalReport report)
    {
        var page = terminal.NewPage();
        foreach (var connection in report.Connections) Connection(page, connection);
        var failures = report.Connections.Sum(static c => c.Failures.Length);
        var scenes = report.Connections.Sum(static c => c.Scenes.Length);
        page.Line(
            scenes + failures == 0 ? Ink.Warning("nothing is played") : failures == 0 ? Ink.Good("nothing fails") : Ink.Bad(failures == 1 ? "1 thing will fail" : $"{failures} things will fail"),
            $", {scenes} {(scenes == 1 ? "scene" : "scenes")} played");
        terminal.Write(page);
    }

    private static void Connection(Page page, ConnectionRehearsal connection)
    {
        page.Line(Ink.Strong(connection.Connection), $" against {connection.Gateway}", connection.Assumed ? Ink.Faint(" (concluded from the configuration)") : "");
        foreach (var scene in connection.Scenes)
        {
            page.Line("  ", Ink.Strong(scene.Id), $": {scene.Title}");
            page.Table("    ", [.. scene.Timeline.Select(what => (IReadOnlyList<Ink>)[Ink.Faint(Moment(what)), what.By ?? "", Mark(what)])]);
        }

        foreach (var sentence in connection.NotPlayed) page.Line("  ", Ink.Faint($"not played: {sentence}"));
        page.Line();
        foreach (var failure in connection.Failures)
        {
            page.Line(Ink.Bad("fails"), $" {failure.Sentence}");
            if (failure.Mend is { } mend) page.Line("  ", Ink.Faint($"mend: {mend}"));
        }
    }

    /// <summary>Hours, minutes and seconds after establishing; before that the seconds since the scene began.</summary>
    private static string Moment(SceneEvent what) => what.Established
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)what.After.TotalHours}:{what.After.Minutes:00}:{what.After.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"+{what.After.TotalSeconds:0.00} s");

    private static Ink Mark(SceneEvent what)
    {
        var words = what.Kind switch
        {
            SceneEventKind.IkeUp => "established",
            SceneEventKind.IkeReplaced => "IKE rekey",
            SceneEventKind.IkeReplacementRefused => "IKE rekey refused",
            SceneEventKind.IkeDown => "IKE SA lost",
            SceneEventKind.ChildUp => "up",
            SceneEventKind.ChildReplaced => "child rekey",
            SceneEventKind.ChildReplacementRefused => "child rekey refused",
            SceneEventKind.ChildRefused => "child SA refused",
            SceneEventKind.ChildDown => "down",
            SceneEventKind.CallRefused => "call refused",
            SceneEventKind.LineCut or SceneEventKind.LineBack => "line",
            _ => what.Kind.ToString(),
        };
        var text = $"{words}{(what.Times > 1 ? $", {what.Times} times" : "")}: {what.Text}";
        return what.Reason is null ? text : Ink.Bad(text);
    }
}
