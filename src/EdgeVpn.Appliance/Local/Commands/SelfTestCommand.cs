using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Crypto.SelfTest;
using EdgeVpn.Appliance.Local.Rendering;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn selftest</c>.</summary>
internal static class SelfTestCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(50);

    public static Command Make(CommandContext context, ICommandActions actions)
    {
        var speed = new Option<bool>("--speed") { Description = "Tell instead how long a packet takes in each implementation that passed, the one in use first." };
        var command = new EdgeCommand(
            "selftest", "Check every algorithm on this processor: known answers, and accelerated code against plain code.", "edgevpn selftest", "edgevpn selftest --json", "edgevpn selftest --speed")
        {
            speed, context.Json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var run = new SelfTestRun(actions.Crypto, new KernelEntropy());
            if (parsed.GetValue(speed))
            {
                var speeds = await Waiting.ForAsync(context.Terminal, "measuring", Task.Run(() => PacketSpeed.All(run.Sound(out _).Esp, new KernelEntropy(), s_patience), cancel)).ConfigureAwait(false);
                if (context.IsJson(parsed)) context.Write(speeds, LocalJson.Pages.ImmutableArrayPacketSpeed);
                else Print(context.Terminal, speeds);
                return ExitCode.Done;
            }

            var report = await Waiting.ForAsync(context.Terminal, "computing", Task.Run(run.Report, cancel)).ConfigureAwait(false);
            if (context.IsJson(parsed)) context.Write(report, LocalJson.Pages.SelfTestReport);
            else Print(context.Terminal, report);
            return report.Passed ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static void Print(Terminal terminal, ImmutableArray<PacketSpeed> speeds)
    {
        var page = terminal.NewPage();
        page.Line($"nanoseconds per packet, sealed / opened, of {string.Join(", ", PacketSpeed.Lengths)} octets");
        page.Table("", [.. speeds.GroupBy(static speed => (speed.Suite, speed.Provider)).Select(group => (IReadOnlyList<Ink>)
        [
            group.Key.Suite, group.Key.Provider, .. group.Select(static speed => (Ink)string.Create(CultureInfo.InvariantCulture, $"{speed.SealNanoseconds:0} / {speed.OpenNanoseconds:0}")),
        ])]);
        terminal.Write(page);
    }

    private static void Print(Terminal terminal, SelfTestReport report)
    {
        var page = terminal.NewPage();
        page.Table("", [.. report.Checks.Select(check => (IReadOnlyList<Ink>)
        [
            check.Passed ? Ink.Good(page.Symbols ? "✓" : "ok") : Ink.Bad(page.Symbols ? "✗" : "FAILED"),
            check.Algorithm, check.Provider, check.Passed ? Ink.Faint(check.Checked) : Ink.Bad(check.Fault ?? ""),
        ])]);
        var failed = report.Checks.Count(check => !check.Passed);
        page.Line(failed == 0 ? Ink.Good($"{report.Checks.Length} checks passed") : Ink.Bad($"{failed} of {report.Checks.Length} checks failed: this machine must not carry traffic"));
        terminal.Write(page);
    }
}
