using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeVpn.Appliance.Local.Rendering;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>What every command shares: the terminal, <c>--json</c>, <c>--control</c>, and how the daemon is asked.</summary>
internal sealed class CommandContext(Terminal terminal)
{
    private const string Mend = "Start it with `systemctl start edgevpn`, or see why it stopped with `journalctl -u edgevpn`. Another socket is named with --control.";

    public Terminal Terminal => terminal;

    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON for scripts." };

    public Option<string> Control { get; } = new("--control")
    {
        Description = "The daemon's control socket.",
        HelpName = "SOCKET",
        DefaultValueFactory = _ => ControlPath.Standard,
    };

    public Option<string> State { get; } = new("--state")
    {
        Description = "Where the box keeps what must survive a reboot.",
        HelpName = "DIR",
        DefaultValueFactory = _ => DaemonOptions.StandardStateFolder,
    };

    public ControlClient Client(ParseResult parsed) => new(parsed.GetValue(Control) ?? ControlPath.Standard);

    public bool IsJson(ParseResult parsed) => parsed.GetValue(Json);

    /// <summary>Asks the daemon and prints what it says.</summary>
    /// <param name="parsed">For --json and --control.</param>
    /// <param name="request">What to ask.</param>
    /// <param name="waitingFor">Shown while it takes long: "waiting for hub".</param>
    /// <param name="type">The answer's type; an answer that is none is the daemon's fault.</param>
    /// <param name="show">Prints the answer for people and returns the exit code; with --json only the code counts.</param>
    /// <param name="cancel">Stop waiting.</param>
    public async Task<int> AskAsync<T>(
        ParseResult parsed, ControlRequest request, string waitingFor, JsonTypeInfo<T> type, Func<T, Page, int> show, CancellationToken cancel)
    {
        T answer;
        try
        {
            var came = await Waiting.ForAsync(terminal, waitingFor, Client(parsed).AskAsync(request, cancel)).ConfigureAwait(false);
            if (came.Error is { } error) return Fail(parsed, error);
            answer = came.Result!.Value.Deserialize(type)
                ?? throw new ControlException(ControlFault.Garbled, "The daemon answered nothing; is it of the same version as this command?");
        }
        catch (ControlException fault)
        {
            return Fail(parsed, fault);
        }
        catch (JsonException fault)
        {
            return Fail(parsed, new ControlException(ControlFault.Garbled, "The daemon's answer cannot be read; is it of the same version as this command?", fault));
        }

        var page = terminal.NewPage();
        var code = show(answer, page);
        if (IsJson(parsed)) Write(answer, (JsonTypeInfo<T>)LocalJson.Pages.GetTypeInfo(typeof(T))!);
        else terminal.Write(page);
        return code;
    }

    /// <summary>Prints a value as indented JSON.</summary>
    /// <param name="value">What to print.</param>
    /// <param name="page">Its metadata of <see cref="LocalJson.Pages"/>.</param>
    public void Write<T>(T value, JsonTypeInfo<T> page) => terminal.Out.WriteLine(JsonSerializer.Serialize(value, page));

    public int Fail(ParseResult parsed, ControlException fault)
    {
        var (code, exit, mend) = fault.Fault switch
        {
            ControlFault.NotRunning => ("not-running", ExitCode.NotRunning, Mend),
            ControlFault.Forbidden => (ControlErrorCode.Forbidden, ExitCode.Failed, null),
            ControlFault.BadPath => ("bad-path", ExitCode.Usage, null),
            ControlFault.Garbled => ("garbled", ExitCode.Failed, null),
            _ => ("lost", ExitCode.Failed, (string?)null),
        };
        return Fail(parsed, new ControlError(code, fault.Message), exit, mend);
    }

    /// <summary>Prints an error: one line for people, an object for scripts.</summary>
    public int Fail(ParseResult parsed, ControlError error, int exit, string? mend = null)
    {
        if (IsJson(parsed))
        {
            Write(new ControlLine { Error = mend is null ? error : error with { Message = $"{error.Message} {mend}" } }, LocalJson.Pages.ControlLine);
            return exit;
        }

        var page = terminal.NewPage();
        page.Line("edgevpn: ", error.Message);
        if (error.Reason is { } reason)
        {
            page.Line("  ", Ink.Bad($"{reason.Digits} {reason.Code}"), $": {reason.Sentence}");
            if (reason.Detail is { } detail) page.Line("  ", detail);
            page.Line("  ", Ink.Faint($"edgevpn explain {reason.Digits}"));
        }

        if (mend is not null) page.Line("  ", mend);
        terminal.Error.Write(page.ToString());
        return exit;
    }

    private int Fail(ParseResult parsed, ControlError error)
    {
        var isUsage = error.Code is ControlErrorCode.BadRequest or ControlErrorCode.UnknownCommand or ControlErrorCode.UnknownConnection;
        return Fail(parsed, error, isUsage ? ExitCode.Usage : ExitCode.Failed);
    }
}
