using System.Globalization;
using System.Text;

namespace EdgeVpn.Fleet.Commands;

/// <summary>What a line is about; a colour on terminals that want one.</summary>
public enum Tone
{
    Plain,
    Good,
    Busy,
    Bad,
    Faint,
}

/// <summary>Where a command writes. Lines for people and for scripts; a live view only on a terminal.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="IsTerminal">A person looks at <paramref name="Out"/>.</param>
/// <param name="HasColor">And wants colours (<c>NO_COLOR</c> is not set).</param>
public sealed record FleetConsole(TextWriter Out, TextWriter Error, bool IsTerminal, bool HasColor)
{
    /// <summary>Instead of standard input; null for that.</summary>
    public TextReader? In { get; init; }

    public static FleetConsole System() => new(
        Console.Out, Console.Error, !Console.IsOutputRedirected,
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));

    public void Line(string text, Tone tone = Tone.Plain)
    {
        var code = tone switch
        {
            Tone.Good => "32",
            Tone.Busy => "33",
            Tone.Bad => "31",
            Tone.Faint => "2",
            _ => null,
        };
        // One write per line: lines of two tasks never mix.
        Out.Write(HasColor && code is not null ? $"\e[{code}m{text}\e[0m\n" : text + "\n");
        Out.Flush();
    }

    /// <summary>A line that is not shown while it is typed; from a pipe, its first line.</summary>
    public string ReadPassword(string question)
    {
        if (In is not null || Console.IsInputRedirected) return (In ?? Console.In).ReadLine() ?? "";
        Error.Write(question);
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace) typed.Length = Math.Max(0, typed.Length - 1);
            else if (key.KeyChar >= ' ') typed.Append(key.KeyChar);
        }

        Error.WriteLine();
        return typed.ToString();
    }

    public void Fail(string text) => Error.WriteLine("edgefleet: " + text);

    /// <summary>Text from a box or a broker, safe to show: controls, escapes and direction marks become a dot.</summary>
    public static string Printable(string text)
    {
        var printable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            var isHidden = category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            if (isHidden) printable.Append('·');
            else printable.Append(rune);
        }

        return printable.ToString();
    }
}
