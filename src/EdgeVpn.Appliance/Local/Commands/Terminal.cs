using EdgeVpn.Appliance.Local.Rendering;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>Where a command reads and writes, and what that place can show.</summary>
public sealed record Terminal
{
    public required TextWriter Out { get; init; }

    /// <summary>For progress and complaints.</summary>
    public required TextWriter Error { get; init; }

    public Stream In { get; init; } = Stream.Null;

    /// <summary>A person looks at a screen that knows colours, and has not said NO_COLOR.</summary>
    public bool Colour { get; init; }

    /// <summary>The screen has characters beyond ASCII.</summary>
    public bool Symbols { get; init; }

    /// <summary>A line on <see cref="Error"/> may be written over.</summary>
    public bool Progress { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The process's own.</summary>
    public static Terminal OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        In = Console.OpenStandardInput(),
        Colour = !Console.IsOutputRedirected && IsPainting(Environment.GetEnvironmentVariable("NO_COLOR"), Environment.GetEnvironmentVariable("TERM")),
        Symbols = !Console.IsOutputRedirected && SpeaksUtf8(),
        Progress = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb"),
    };

    /// <summary>Whether a terminal is to be painted: any NO_COLOR but an empty one forbids it (no-color.org).</summary>
    public static bool IsPainting(string? noColour, string? term) => string.IsNullOrEmpty(noColour) && term is not (null or "" or "dumb");

    internal Page NewPage() => new(Colour, Symbols);

    internal void Write(Page page) => Out.Write(page.ToString());

    // A serial console speaks "C": it would print rubbish for a tick.
    private static bool SpeaksUtf8()
    {
        var locale = Named("LC_ALL") ?? Named("LC_CTYPE") ?? Named("LANG");
        return locale is not null && (locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("utf8", StringComparison.OrdinalIgnoreCase));

        static string? Named(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
    }
}
