namespace EdgeVpn.Appliance.Local.Rendering;

/// <summary>What a piece of text tells by its colour.</summary>
public enum Tone
{
    Plain,
    Good,
    Warning,
    Bad,
    Faint,
    Strong,
}

/// <summary>A piece of text and its tone. What came from a peer may stand in it: it is made harmless when it is painted.</summary>
public readonly record struct Ink(string Text, Tone Tone = Tone.Plain)
{
    public static implicit operator Ink(string text) => new(text);

    public static Ink Good(string text) => new(text, Tone.Good);

    public static Ink Warning(string text) => new(text, Tone.Warning);

    public static Ink Bad(string text) => new(text, Tone.Bad);

    public static Ink Faint(string text) => new(text, Tone.Faint);

    public static Ink Strong(string text) => new(text, Tone.Strong);

    /// <summary>The text for a terminal, or for a file.</summary>
    internal string Paint(bool colour)
    {
        var text = Harmless(Text);
        var code = Tone switch
        {
            Tone.Good => "32",
            Tone.Warning => "33",
            Tone.Bad => "1;31",
            Tone.Faint => "2",
            Tone.Strong => "1",
            _ => null,
        };
        return colour && code is not null && text.Length > 0 ? $"\e[{code}m{text}\e[0m" : text;
    }

    // An identity may hold an escape sequence; a terminal would obey it.
    private static string Harmless(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;
}
