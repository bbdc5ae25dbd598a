using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;

namespace EdgeVpn.Appliance.Composition;

/// <summary>Events as lines on standard error, with systemd's priorities where the journal reads them (sd-daemon(3)).</summary>
public sealed class BoxLog
{
    private const int Warning = 4;
    private const int Information = 6;
    private const int Debug = 7;
    private readonly bool _journal = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };
    private readonly bool _debug = Environment.GetEnvironmentVariable("EDGEVPN_DEBUG") is { Length: > 0 };

    public BoxLog(BoxEvents events) => events.Happened += Write;

    public void Info(string text) => Write(Information, text);

    public void Warn(string text) => Write(Warning, text);

    private void Write(BoxEvent happened)
    {
        var priority = happened.Kind switch
        {
            BoxEventKind.IkeMessage => Debug,
            BoxEventKind.Connection => Warning,
            _ => Information,
        };
        Write(priority, (happened.Connection is null ? "" : happened.Connection + ": ") + happened.Text);
    }

    private void Write(int priority, string text)
    {
        if (priority == Debug && !_debug) return;
        Console.Error.WriteLine(_journal ? $"<{priority}>{text}" : text);
    }
}
