using EdgeVpn.Board.Definitions;

namespace EdgeVpn.Board.Drawing;

/// <summary>The card to print and put beside the box: what the lights mean, what the button does, how it is wired. SVG, black on white.</summary>
/// <remarks>148 mm wide, as A5; as high as what is on it, and at least 210 mm: print it to fit the page. A rhythm is drawn as a strip of time, so no colour is needed.</remarks>
public static class BoardCard
{
    private const double Left = CardWriter.Margin;
    private const double Right = CardWriter.Width - CardWriter.Margin;
    private const double Middle = 38;
    private const double StripWidth = 32;
    private const double MeaningAt = Middle + StripWidth + 4;

    private static readonly TimeSpan s_strip = TimeSpan.FromSeconds(3.2);

    /// <summary>The card of <paramref name="board"/>.</summary>
    /// <param name="board">Valid, as read by <see cref="BoardReader"/>.</param>
    /// <param name="codes">Fault codes to list with a sentence each; none leaves the list out.</param>
    public static string Svg(BoardDefinition board, IReadOnlyList<(int Code, string Sentence)>? codes = null)
    {
        var card = new CardWriter();
        card.Text(Left, card.Y += 9, board.Title, size: 5, bold: true);
        card.Text(Left, card.Y += 4.2, $"EdgeVpn board {board.Name}. {Capital(Wiring.Evidence(board))}.", size: 2.7);
        var lights = board.Lights.Named().Count();
        if (lights == 0) Heading(card, "No lights and no button: ask with edgevpn status");
        else Legend(card, lights);
        if (board.Button is not null) Buttons(card);
        if (codes is { Count: > 0 }) Codes(card, codes);
        Wires(card, board);
        return card.Finish();
    }

    private static void Legend(CardWriter card, int lights)
    {
        Heading(card, lights == 1 ? "The light shows the first of these that is not steady: fault, set-up, wan, vpn, cloud" : "What each light says");
        Light? last = null;
        foreach (var row in PanelLegend.Lights)
        {
            var first = row.Light != last;
            last = row.Light;
            var y = Next(card, first && row.Light != Light.Power ? 5.2 : 3.9);
            if (first) card.Text(Left, y, LightNames.Of(row.Light), bold: true);
            card.Text(Left + 12, y, row.Pattern.Name, size: 2.7);
            card.Strip(Middle, y - 2.2, StripWidth, 2.4, row.Pattern, s_strip);
            card.Text(MeaningAt, y, row.Meaning);
        }

        Code(card);
        if (lights == 1)
        {
            Shared(card, "a wink", [LedPattern.Wink], "\"off\": there is power, for without power it is dark");
            foreach (var row in PanelLegend.AllLights) Shared(card, row.Name.Split(',')[0], [row.Patterns.Power], row.Meaning);
            return;
        }

        Heading(card, "What all lights say together");
        foreach (var row in PanelLegend.AllLights)
            Shared(card, row.Name, [row.Patterns.Power, row.Patterns.Wan, row.Patterns.Vpn, row.Patterns.Cloud], row.Meaning);
    }

    private static void Code(CardWriter card)
    {
        var y = Next(card, 5.2);
        var example = LedPattern.Code(32);
        card.Text(Left, y, "code 32", bold: true);
        card.Strip(Middle, y - 2.2, StripWidth * 1.6, 2.4, example, example.Period);
        card.Text(Middle + (StripWidth * 1.6) + 4, y, "3 blinks, a pause, 2 blinks", size: 2.7);
        card.Text(Middle, Next(card, 3.4), "Ten blinks are a zero. What a code means: edgevpn explain 32", size: 2.5);
    }

    private static void Shared(CardWriter card, string name, ReadOnlySpan<LedPattern> patterns, string meaning)
    {
        var height = patterns.Length == 1 ? 3 : patterns.Length * 0.9;
        var y = Next(card, Math.Max(4.2, height + 1.6));
        card.Text(Left, y, name, size: 2.5, room: Middle - Left - 1);
        for (var i = 0; i < patterns.Length; i++)
            card.Strip(Middle, y - height + 0.8 + (i * 0.9), StripWidth, patterns.Length == 1 ? 2.4 : 0.8, patterns[i], s_strip);
        card.Text(MeaningAt, y, meaning, size: 2.7);
    }

    private static void Buttons(CardWriter card)
    {
        Heading(card, "The button: what happens is what the lights showed when you let go");
        foreach (var row in PanelLegend.Button)
        {
            var y = Next(card, 3.9);
            card.Text(Left, y, row.Press, bold: true, size: 2.5, room: Middle + 9 - Left);
            card.Text(Middle + 10, y, row.Lights, size: 2.3, room: 20);
            card.Text(Middle + 31, y, row.Meaning, size: 2.3);
        }
    }

    private static void Codes(CardWriter card, IReadOnlyList<(int Code, string Sentence)> codes)
    {
        const double Column = (Right - Left) / 2;
        const int LineLength = 40;
        Heading(card, "Fault codes");
        var top = card.Y;
        var bottom = top;
        for (var i = 0; i < codes.Count; i++)
        {
            var right = i >= (codes.Count + 1) / 2;
            if (right && i == (codes.Count + 1) / 2) card.Y = top;
            var x = right ? Left + Column : Left;
            card.Text(x, Next(card, 3.7), $"{codes[i].Code:00}", bold: true, size: 2.5);
            foreach (var (line, nth) in CardWriter.Wrap(codes[i].Sentence, LineLength).Select((line, nth) => (line, nth)))
                card.Text(x + 6, nth == 0 ? card.Y : Next(card, 3), line, size: 2.4, room: Column - 7);
            bottom = Math.Max(bottom, card.Y);
        }

        card.Y = bottom;
    }

    private static void Wires(CardWriter card, BoardDefinition board)
    {
        Heading(card, "Wiring");
        foreach (var (name, light) in board.Lights.Named()) Wire(card, name, Wiring.Parts(light), Wiring.Source(board, light));
        if (board.Button is { } button) Wire(card, "button", Wiring.Parts(button), Wiring.Source(board, button));
        foreach (var nic in board.Nics) Wire(card, $"{Wiring.Role(nic)} port", "", Wiring.Found(nic));
        var pins = Pins(board);
        if (pins.Count > 0) Header(card, pins);
    }

    private static void Wire(CardWriter card, string name, string parts, string source)
    {
        var y = Next(card, 3.9);
        card.Text(Left, y, name, bold: true, size: 2.7);
        card.Text(Left + 16, y, parts.Length == 0 ? source : parts, size: 2.5);
        if (parts.Length > 0) card.Text(Right, y, source, size: 2.3, anchor: "end", room: 54);
    }

    /// <summary>The 40-pin header as one looks at it: odd pins below, even above, pin 1 at the left.</summary>
    private static void Header(CardWriter card, SortedDictionary<int, string> pins)
    {
        const double Pitch = 6.4;
        var top = card.Y += 9;
        for (var pin = 1; pin <= 40; pin++)
        {
            var x = Left + 3 + ((pin - 1) / 2 * Pitch);
            var even = pin % 2 == 0;
            card.Pin(x, even ? top : top + 4.6, pin, filled: pins.ContainsKey(pin));
            if (pins.TryGetValue(pin, out var use)) card.Text(x, even ? top - 2.8 : top + 9.2, use, size: 2.2, bold: true, anchor: "middle", room: Pitch - 0.2);
        }

        card.Y = top + 11;
        card.Text(Left, card.Y += 2, "The header from above; the board's edge is on the side of the even pins. Power off before you wire.", size: 2.3);
    }

    private static SortedDictionary<int, string> Pins(BoardDefinition board)
    {
        var pins = new SortedDictionary<int, string>();
        foreach (var (name, light) in board.Lights.Named()) Add(light.Pin, light.Ground, name);
        Add(board.Button?.Pin, board.Button?.Ground, "button");
        return pins;

        void Add(int? pin, int? ground, string name)
        {
            if (pin is { } number) pins[number] = name;
            if (ground is { } other) pins[other] = "gnd";
        }
    }

    private static void Heading(CardWriter card, string text)
    {
        card.Y += 7;
        card.Text(Left, card.Y, text, size: 3.2, bold: true);
        card.Line(Left, card.Y + 1.1, Right);
        card.Y += 1.2;
    }

    private static double Next(CardWriter card, double step) => card.Y += step;

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
