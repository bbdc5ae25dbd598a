using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>What <c>export azure</c> came to, for scripts.</summary>
/// <param name="Script">Lines for a POSIX shell.</param>
/// <param name="Remarks">What Azure cannot be told, and what was chosen.</param>
public sealed record ExportAnswer(string Script, ImmutableArray<ImportLine> Remarks);

/// <summary><c>edgevpn export azure</c>: the commands that make the cloud side.</summary>
internal static class ExportCommand
{
    public static Command Make(CommandContext context) => new EdgeCommand(
        "export", "Print what makes the other side of a configuration.", "edgevpn export azure config.json > cloud-side.sh")
    {
        Azure(context),
    };

    private static EdgeCommand Azure(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "The configuration; - for standard input." };
        var group = new Option<string?>("--group", "-g") { HelpName = "NAME", Description = "The resource group. Default: the script asks for it." };
        var gateway = new Option<string?>("--gateway") { HelpName = "NAME", Description = "The virtual network gateway, which exists. Default: the script asks for it." };
        var wan = new Option<IPAddress?>("--wan-address") { HelpName = "ADDRESS", Description = "The public address of the box, where its identity is none.", CustomParser = DaemonCommands.Address };
        var secrets = new Option<bool>("--with-secrets") { Description = "Write the shared keys into the script. Default: the script asks for them." };
        var command = new EdgeCommand(
            "azure",
            "Print the az commands that make the cloud side of each connection: local network gateway, connection, policy. The gateway itself must exist.",
            "edgevpn export azure config.json --group lyon --gateway vpngw > cloud-side.sh",
            "PSK_HUB=$(cat key) GROUP=lyon GATEWAY=vpngw sh cloud-side.sh")
        {
            file, group, gateway, wan, secrets, context.Json,
        };
        command.SetAction(parsed => Run(context, parsed, parsed.GetRequiredValue(file), new AzureExportOptions
        {
            Group = parsed.GetValue(group),
            Gateway = parsed.GetValue(gateway),
            WanAddress = parsed.GetValue(wan),
            WithSecrets = parsed.GetValue(secrets),
        }));
        return command;
    }

    private static int Run(CommandContext context, ParseResult parsed, string file, AzureExportOptions options)
    {
        if (DocumentFile.Read(context.Terminal, file, out var trouble) is not { } document) return context.Fail(parsed, trouble!, ExitCode.Failed);
        var read = ConfigurationReader.Read(document, DocumentBounds.File);
        if (read.Configuration is not { } config)
            return context.Fail(parsed, new ControlError("invalid", $"{DocumentFile.Name(file)} is not valid: {read.Errors.First().Path}: {read.Errors.First().Sentence}"), ExitCode.Usage, $"See `edgevpn config check {file}`.");
        var result = AzureExport.Write(config, options);
        if (context.IsJson(parsed)) context.Write(new ExportAnswer(result.Script, [.. result.Remarks.Select(ImportLine.Of)]), LocalJson.Pages.ExportAnswer);
        else context.Terminal.Out.Write(result.Script);
        if (!context.IsJson(parsed))
        {
            var page = context.Terminal.NewPage();
            ImportCommand.Print(page, result.Remarks);
            context.Terminal.Error.Write(page.ToString());
        }

        return result.HasCommands && !result.Remarks.Any(r => r.IsFatal) ? ExitCode.Done : ExitCode.Usage;
    }
}
