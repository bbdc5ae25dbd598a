using System.Text;
using EdgeVpn.Board.Definitions;

namespace EdgeVpn.Board.Drawing;

/// <summary>A board in a terminal: its face, how it is wired, its ports. Plain ASCII.</summary>
public static class BoardText
{
    /// <summary>The drawing, several lines, each ended.</summary>
    /// <param name="board">What to draw.</param>
    /// <param name="panel">What the lights show now; null draws them dark.</param>
    public static string Draw(BoardDefinition board, PanelSnapshot? panel = null)
    {
        var text = new StringBuilder();
        text.Append($"{board.Title} ({board.Name}): {Wiring.Evidence(board)}\n\n");
        Face(text, board, panel);
        foreach (var (name, light) in board.Lights.Named())
            Row(text, name, Wiring.Source(board, light), Wiring.Parts(light));
        if (board.Button is { } button) Row(text, "button", Wiring.Source(board, button), Wiring.Parts(button));
        foreach (var nic in board.Nics) Row(text, Wiring.Role(nic), Wiring.Found(nic), "");
        if (board.Watchdog is { } watchdog)
            Row(text, "dog", $"{watchdog.Device}, bites after {watchdog.Timeout.TotalSeconds:0} s", watchdog.Driver is null ? "" : $"driver {watchdog.Driver}");
        return text.ToString();
    }

    private static void Face(StringBuilder text, BoardDefinition board, PanelSnapshot? panel)
    {
        var names = board.Lights.Named().Select(one => one.Name).ToList();
        var lamps = names.Select((_, i) => panel is not null && i < panel.Brightness.Length && panel.Brightness[i] >= 0.5 ? "(*)" : "( )").ToList();
        if (board.Button is not null)
        {
            names.Add("button");
            lamps.Add(panel is null or { Held: Gesture.None } ? "[ ]" : "[#]");
        }

        if (names.Count == 0)
        {
            text.Append("  no lights, no button: see `edgevpn status`\n\n");
            return;
        }

        var width = names.Count * 9;
        text.Append($"  +{new string('-', width + 1)}+\n");
        text.Append("  | ").AppendJoin("", names.Select(Cell)).Append("|\n");
        text.Append("  | ").AppendJoin("", lamps.Select(Cell)).Append("|\n");
        text.Append($"  +{new string('-', width + 1)}+\n\n");
    }

    private static string Cell(string content) => $"{content,-9}";

    private static void Row(StringBuilder text, string name, string source, string parts)
    {
        text.Append($"  {name,-7} {source}");
        if (parts.Length > 0) text.Append($"; {parts}");
        text.Append('\n');
    }
}
