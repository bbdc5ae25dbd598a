using System.CommandLine;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Crypto.SelfTest;
using EdgeVpn.Appliance.Local.Rendering;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn selftest</c>.</summary>
internal static class SelfTestCommand
{
    public static Command Make(CommandContext context, ICommandActions actions)
    {
        var command = new EdgeCommand(
            "selftest", "Check every algorithm on this processor: known answers, and accelerated code against plain code.", "edgevpn selftest", "edgevpn selftest --json")
        {
            context.Json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var run = new SelfTestRun(actions.Crypto, new KernelEntropy());
            var report = await Waiting.ForAsync(context.Terminal, "computing", Task.Run(run.Report, cancel)).ConfigureAwait(false);
            if (context.IsJson(parsed)) context.Write(report, LocalJson.Pages.SelfTestReport);
            else Print(context.Terminal, report);
            return report.Passed ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
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
