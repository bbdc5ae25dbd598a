using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Board;
using EdgeVpn.Board.Hardware;
using EdgeVpn.Linux;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Composition;

/// <summary>A daemon that cannot begin says why: on standard error, to the service manager, and by the lights as long as somebody may look at them.</summary>
/// <param name="board">As on the command line.</param>
internal sealed class FatalStart(string? board)
{
    /// <summary>Time to press the button and count two digits; the service manager then starts us anew, and the lights go on.</summary>
    private static readonly TimeSpan LightTime = TimeSpan.FromSeconds(30);

    /// <summary>At a terminal the words are enough.</summary>
    private static bool IsService => Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 0 };

    /// <returns>The exit code.</returns>
    public async Task<int> ShowAsync(Reason reason, string? detail, CancellationToken stop)
    {
        var text = $"{reason}: {reason.Sentence}{(detail is null ? "" : $" ({detail})")}";
        Console.Error.WriteLine(text);
        foreach (var line in reason.Check) Console.Error.WriteLine($"  {line}");
        if (!IsService) return ExitCode.Failed;
        ProcessIdentity.NotifyServiceManager($"STATUS={text}");
        using var panel = new PanelLoop(
            PanelHardware.Open(Daemon.BoardOf(board, static _ => { }, Console.Error.WriteLine)),
            modes => PanelHealth.Starting with { Power = PowerState.Fault, FaultCode = reason.Digits, Modes = modes });
        panel.Start();
        try
        {
            await Task.Delay(LightTime, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Failed; // the service manager wants it gone
        }

        return ExitCode.Failed;
    }
}
