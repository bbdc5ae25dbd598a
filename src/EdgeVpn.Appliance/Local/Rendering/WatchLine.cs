using System.Globalization;

namespace EdgeVpn.Appliance.Local.Rendering;

/// <summary>One event as a line: <c>12:01:07 hub --> IKE_AUTH 1 {IDi, AUTH, SA, TSi, TSr}</c>.</summary>
public static class WatchLine
{
    /// <param name="page">Gets the line.</param>
    /// <param name="happened">The event.</param>
    /// <param name="zone">Whose time of day is shown.</param>
    public static void Write(Page page, BoxEvent happened, TimeZoneInfo zone)
    {
        var time = TimeZoneInfo.ConvertTime(happened.Time, zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        page.Line(Ink.Faint(time), " ", Ink.Strong(happened.Connection ?? Subject(happened.Kind)), " ", new Ink(happened.Text, ToneOf(happened.Kind)));
    }

    private static string Subject(string kind) => kind.Split('.')[0];

    private static Tone ToneOf(string kind) => kind switch
    {
        BoxEventKind.IkeUp or BoxEventKind.ChildUp => Tone.Good,
        BoxEventKind.IkeDown or BoxEventKind.ChildDown => Tone.Warning,
        _ => Tone.Plain,
    };
}
