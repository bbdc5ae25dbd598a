using System.Text;

namespace EdgeVpn.Board.Drawing;

/// <summary>The lights in a terminal, as they are at one moment.</summary>
public static class PanelText
{
    private const string Bright = "\e[1;32m";
    private const string Plain = "\e[0m";

    /// <summary>One line: <c>power (*)  wan (*)  vpn ( )  cloud (*)</c>; with <paramref name="ansi"/> lit lights are coloured dots.</summary>
    public static string Line(PanelSnapshot panel, bool ansi = false)
    {
        if (panel.Brightness.IsEmpty) return "no lights";
        var text = new StringBuilder();
        for (var i = 0; i < panel.Brightness.Length; i++)
        {
            if (i > 0) text.Append("  ");
            text.Append(Name(panel, i)).Append(' ').Append(Lamp(panel.Brightness[i], ansi));
        }

        if (Held(panel.Held) is { } held) text.Append("  ").Append(held);
        return text.ToString();
    }

    /// <summary>The line, and below it for each light its rhythm and what that means.</summary>
    public static string Explained(PanelSnapshot panel, bool ansi = false)
    {
        var text = new StringBuilder(Line(panel, ansi)).Append('\n');
        for (var i = 0; i < panel.Patterns.Length; i++)
        {
            var pattern = panel.Patterns[i];
            var meaning = panel.Patterns.Length == 1 ? null : PanelLegend.Describe((Light)i, pattern);
            text.Append($"  {Name(panel, i),-6} {pattern.Name,-18} {meaning}".TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private static string Name(PanelSnapshot panel, int index) =>
        panel.Brightness.Length == 1 ? "status" : LightNames.Of((Light)index);

    private static string Lamp(double brightness, bool ansi) => (ansi, brightness >= 0.5) switch
    {
        (true, true) => $"{Bright}●{Plain}",
        (true, false) => "○",
        (false, true) => "(*)",
        (false, false) => "( )",
    };

    private static string? Held(Gesture held) => held switch
    {
        Gesture.None => null,
        Gesture.ShortPress => "[button: short press]",
        Gesture.SetUp => "[button: set-up on release]",
        Gesture.Reset => "[button: reset on release]",
        _ => "[button: nothing on release]",
    };
}
