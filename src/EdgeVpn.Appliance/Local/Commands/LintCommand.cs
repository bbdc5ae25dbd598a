using System.CommandLine;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn lint</c>: needs no box and no Azure.</summary>
internal static class LintCommand
{
    public static Command Make(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "The configuration; - for standard input." };
        var azure = new AzureArguments();
        var command = new EdgeCommand(
            "lint",
            "Predict what a configuration comes to at Azure: what is negotiated, whether the first rekey succeeds, who renews when, what is weak.",
            "edgevpn lint config.json",
            "edgevpn lint config.json --azure-policy GCMAES256/SHA384/ECP384/GCMAES256/GCMAES256/ECP384",
            "edgevpn lint - --azure-policy default --behind-nat --json < config.json")
        {
            file, context.Json,
        };
        azure.AddTo(command);
        command.SetAction(parsed =>
        {
            if (AzureArguments.Read(context, parsed, parsed.GetRequiredValue(file), out var configuration) is { } code) return code;
            var report = Linter.Check(configuration, connection => azure.Side(parsed, connection), AlgorithmCatalog.Default);
            if (context.IsJson(parsed)) context.Write(report, LocalJson.Pages.LintReport);
            else LintPage.Write(context.Terminal, report);
            return report.Fails ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }
}
