using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Linux;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>What <c>import azure</c> came to, for scripts.</summary>
/// <param name="Done">Whether there is a configuration.</param>
/// <param name="File">Where it was written; null if nowhere.</param>
/// <param name="Remarks">What was done, not honoured, missing, refused.</param>
/// <param name="Problems">What the check of the configuration says, as <c>config check</c> would.</param>
/// <param name="Configuration">The configuration with its secrets hidden; null if there is none.</param>
public sealed record ImportAnswer(bool Done, string? File, ImmutableArray<ImportLine> Remarks, ImmutableArray<CheckedProblem> Problems, JsonElement? Configuration);

/// <summary>One remark.</summary>
/// <param name="Kind"><c>note</c>, <c>not-honoured</c>, <c>missing</c> or <c>refused</c>.</param>
/// <param name="Subject">The file or resource it is about.</param>
/// <param name="Sentence">What.</param>
/// <param name="Remedy">What to do; null where there is nothing.</param>
public sealed record ImportLine(string Kind, string Subject, string Sentence, string? Remedy)
{
    public static ImportLine Of(ImportRemark remark) => new(JsonNamingPolicy.KebabCaseLower.ConvertName(remark.Kind.ToString()), remark.Subject, remark.Sentence, remark.Remedy);
}

/// <summary><c>edgevpn import azure</c>: what Azure printed becomes a configuration.</summary>
internal static class ImportCommand
{
    public static Command Make(CommandContext context) => new EdgeCommand(
        "import", "Make a configuration from what another system printed.", "edgevpn import azure connection.json gateway.json site.json vnet.json -o config.json")
    {
        Azure(context),
    };

    private static EdgeCommand Azure(CommandContext context)
    {
        var files = new Argument<string[]>("FILES") { Description = "What Azure printed, in any shape and order; - for standard input.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string?>("-o", "--output") { HelpName = "FILE", Description = "Write the configuration, secrets included, readable by its owner only; - for standard output. Without it, secrets are hidden." };
        var psk = new Option<string?>("--psk") { HelpName = "KEY", Description = "The shared key, where no file holds it. Others on this machine can see it: prefer --psk-file." };
        var pskFile = new Option<string?>("--psk-file") { HelpName = "FILE", Description = "The file whose first line is the shared key." };
        var lan = DaemonCommands.Networks("--lan", "A network behind the box, instead of the local network gateway's; may be repeated.");
        var wan = new Option<IPAddress?>("--wan-address") { HelpName = "ADDRESS", Description = "The public address under which Azure knows the box.", CustomParser = DaemonCommands.Address };
        var gateway = new Option<IPAddress[]>("--gateway-address") { HelpName = "ADDRESS", Description = "A public address of the gateway, where no file has it; twice for an active-active one.", CustomParser = Addresses };
        var vnet = DaemonCommands.Networks("--vnet", "A network behind the gateway, instead of the virtual network's; may be repeated.");
        var command = new EdgeCommand(
            "azure",
            "Make a configuration from what az, the REST API, a template, PowerShell or the portal's device script says of a connection. What is missing is asked for by name.",
            "edgevpn import azure connection.json gateway.json site.json vnet.json -o config.json",
            "edgevpn import azure device-script.txt -o config.json",
            "az network vpn-connection show -g lyon -n hub | edgevpn import azure - gateway.json site.json vnet.json --psk-file key --json")
        {
            files, output, psk, pskFile, lan, wan, gateway, vnet, context.Json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(psk) is not null && result.GetValue(pskFile) is not null) result.AddError("Take one of --psk and --psk-file.");
            if (result.GetValue(output) == "-" && result.GetValue(context.Json)) result.AddError("-o - and --json both want standard output.");
        });
        command.SetAction(parsed =>
        {
            var key = parsed.GetValue(psk);
            if (parsed.GetValue(pskFile) is { } file && (key = DaemonCommands.FirstLine(file, out var trouble)) is null)
                return context.Fail(parsed, new ControlError("key-file", trouble!), ExitCode.Usage);
            return Run(context, parsed, parsed.GetRequiredValue(files), parsed.GetValue(output), new AzureImportOptions
            {
                Psk = key,
                Lan = [.. parsed.GetValue(lan) ?? []],
                Vnet = [.. parsed.GetValue(vnet) ?? []],
                WanAddress = parsed.GetValue(wan),
                GatewayAddresses = [.. parsed.GetValue(gateway) ?? []],
            });
        });
        return command;
    }

    private static int Run(CommandContext context, ParseResult parsed, string[] names, string? output, AzureImportOptions options)
    {
        var files = new List<AzureFile>();
        foreach (var name in names)
        {
            if (DocumentFile.Read(context.Terminal, name, AzureImport.MaxFileOctets, out var trouble) is not { } octets) return context.Fail(parsed, trouble!, ExitCode.Failed);
            files.Add(new AzureFile(DocumentFile.Name(name), octets));
        }

        var result = AzureImport.Read(files, options);
        if (result.Configuration is { } config && output is not null && Write(context, output, config) is { } fault) return context.Fail(parsed, fault, ExitCode.Failed);
        if (context.IsJson(parsed)) context.Write(Answer(result, output), LocalJson.Pages.ImportAnswer);
        else Print(context, result, output);
        return result.Configuration is null ? ExitCode.Usage : ExitCode.Done;
    }

    private static ControlError? Write(CommandContext context, string output, BoxConfig config)
    {
        var octets = ConfigurationWriter.WriteForStorage(config);
        if (output == "-")
        {
            context.Terminal.Out.WriteLine(Encoding.UTF8.GetString(octets));
            return null;
        }

        try
        {
            AtomicFile.Write(output, octets);
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or LinuxException)
        {
            return new ControlError("unwritable", $"{output} cannot be written: {fault.Message}");
        }
    }

    private static ImportAnswer Answer(AzureImportResult result, string? output)
    {
        JsonElement? shown = null;
        if (result.Configuration is { } config)
        {
            using var document = JsonDocument.Parse(ConfigurationWriter.WriteRedacted(config));
            shown = document.RootElement.Clone();
        }

        return new(result.Configuration is not null, result.Configuration is null ? null : output, [.. result.Remarks.Select(ImportLine.Of)], [.. result.Problems.Select(CheckedProblem.Of)], shown);
    }

    /// <summary>The configuration on standard output if it goes nowhere else; everything about it on standard error.</summary>
    private static void Print(CommandContext context, AzureImportResult result, string? output)
    {
        if (result.Configuration is { } config && output is null) context.Terminal.Out.WriteLine(ConfigurationWriter.WriteRedacted(config));
        var page = context.Terminal.NewPage();
        Print(page, result.Remarks);
        foreach (var problem in result.Problems.Select(CheckedProblem.Of))
            page.Line(new Ink(problem.Severity, problem.Severity == ConfigurationCheck.Error ? Tone.Bad : Tone.Warning), ": ", Ink.Strong(problem.Path), $": {problem.Sentence}", problem.Mend is { } mend ? $" ({mend})" : "");
        if (result.Configuration is null) page.Line(Ink.Bad("no configuration"), ": see above for what is missing");
        else if (output is null) page.Line(Ink.Good("valid"), "; secrets are hidden above, -o FILE writes them");
        else if (output != "-") page.Line(Ink.Good("written"), $": {output}", Ink.Faint($"   edgevpn config check {output}"));
        context.Terminal.Error.Write(page.ToString());
    }

    internal static void Print(Page page, ImmutableArray<ImportRemark> remarks)
    {
        foreach (var remark in remarks)
        {
            var (word, tone) = remark.Kind switch
            {
                ImportRemarkKind.Missing => ("missing", Tone.Bad),
                ImportRemarkKind.Refused => ("refused", Tone.Bad),
                ImportRemarkKind.NotHonoured => ("not honoured", Tone.Warning),
                _ => ("note", Tone.Faint),
            };
            page.Line(new Ink(word, tone), ": ", Ink.Strong(remark.Subject), $": {remark.Sentence}");
            if (remark.Remedy is { } remedy) page.Line("  ", remedy);
        }
    }

    private static IPAddress[]? Addresses(ArgumentResult result)
    {
        var addresses = new List<IPAddress>();
        foreach (var token in result.Tokens)
        {
            if (Model.Configuration.Addresses.TryParse(token.Value, out var address)) addresses.Add(address);
            else result.AddError($"'{token.Value}' is no IP address.");
        }

        return [.. addresses];
    }
}
