using System.CommandLine;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Rehearsal.Run;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn rehearse</c>: needs no box and no Azure.</summary>
internal static class RehearseCommand
{
    public static Command Make(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "The configuration; - for standard input." };
        var azure = new AzureArguments();
        var command = new EdgeCommand(
            "rehearse",
            "Play a configuration against the built-in Azure gateway in virtual time: establish, both first rekeys, IKE rekey, a silent peer, failover.",
            "edgevpn rehearse config.json",
            "edgevpn rehearse config.json --azure-policy default --json")
        {
            file, context.Json,
        };
        azure.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            if (AzureArguments.Read(context, parsed, parsed.GetRequiredValue(file), out var configuration) is { } code) return code;
            var report = await Waiting.ForAsync(context.Terminal, "rehearsing", Task.Run(() => Play(parsed, azure, configuration), cancel)).ConfigureAwait(false);
            if (context.IsJson(parsed)) context.Write(report, LocalJson.Pages.RehearsalReport);
            else RehearsalPage.Write(context.Terminal, report);
            return report.Fails ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static RehearsalReport Play(ParseResult parsed, AzureArguments azure, BoxConfig configuration)
    {
        var played = RehearsalParts.Of(configuration, connection => azure.Side(parsed, connection))
            .Select(static part => part.Play()).ToList();
        return new RehearsalReport(played.Exists(static c => !c.Failures.IsEmpty), [.. played]);
    }
}
