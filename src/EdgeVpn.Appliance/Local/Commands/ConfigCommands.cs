using System.CommandLine;
using System.Text;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn config check|show|schema|offer</c>.</summary>
internal static class ConfigCommands
{
    public static Command Make(CommandContext context) => new EdgeCommand(
        "config", "Check, show and describe configurations.", "edgevpn config check /etc/edgevpn/config.json")
    {
        Check(context), Show(context), Schema(), Offer(context),
    };

    private static EdgeCommand Check(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "The document; - for standard input." };
        var command = new EdgeCommand("check", "Name every problem of a configuration at once, each with its JSON path.", "edgevpn config check /etc/edgevpn/config.json", "edgevpn config check - < config.json")
        {
            file, context.Json,
        };
        command.SetAction(parsed => CheckFile(context, parsed, parsed.GetRequiredValue(file)));
        return command;
    }

    private static EdgeCommand Show(CommandContext context)
    {
        var file = new Argument<string?>("FILE") { Description = "A document instead of the one in force; - for standard input.", Arity = ArgumentArity.ZeroOrOne };
        var command = new EdgeCommand(
            "show", "Show the configuration with every default filled in and every secret hidden: the one in force, or a file's.", "edgevpn config show", "edgevpn config show config.json")
        {
            file, context.Json, context.Control,
        };
        command.SetAction((parsed, cancel) => parsed.GetValue(file) is { } named
            ? Task.FromResult(ShowFile(context, parsed, named))
            : ShowInForceAsync(context, parsed, cancel));
        return command;
    }

    private static EdgeCommand Schema()
    {
        var command = new EdgeCommand("schema", "Print the JSON Schema of configurations, for editors.", "edgevpn config schema > edgevpn.schema.json");
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.WriteLine(ConfigurationSchema.Text()));
        return command;
    }

    private static EdgeCommand Offer(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "The signed document, as it stands in its topic; - for standard input." };
        var command = new EdgeCommand(
            "offer", "Give the box an operator's signed document by hand: where no broker is reached.", "edgevpn config offer desired.jws")
        {
            file, context.Json, context.Control,
        };
        command.SetAction((parsed, cancel) => DocumentFile.Read(context.Terminal, parsed.GetRequiredValue(file), TwinLimits.MaxDesiredOctets, out var trouble) is { } document
            ? ConnectionCommands.AskAsync(context, parsed, ControlRequest.Of(ControlCommand.Offer, (ControlArgument.Document, Encoding.UTF8.GetString(document).Trim())), "asking the daemon", cancel)
            : Task.FromResult(context.Fail(parsed, trouble!, ExitCode.Failed)));
        return command;
    }

    private static int CheckFile(CommandContext context, ParseResult parsed, string file)
    {
        if (DocumentFile.Read(context.Terminal, file, out var trouble) is not { } document) return context.Fail(parsed, trouble!, ExitCode.Failed);
        var checkup = ConfigurationCheck.Of(file, ConfigurationReader.Read(document, DocumentBounds.File));
        if (context.IsJson(parsed)) context.Write(checkup, LocalJson.Pages.ConfigurationCheck);
        else Print(context, checkup);
        return checkup.Valid ? ExitCode.Done : ExitCode.Usage;
    }

    private static int ShowFile(CommandContext context, ParseResult parsed, string file)
    {
        if (DocumentFile.Read(context.Terminal, file, out var trouble) is not { } document) return context.Fail(parsed, trouble!, ExitCode.Failed);
        var result = ConfigurationReader.Read(document, DocumentBounds.File);
        if (result.Configuration is not { } configuration)
        {
            if (context.IsJson(parsed)) context.Write(ConfigurationCheck.Of(file, result), LocalJson.Pages.ConfigurationCheck);
            else Print(context, ConfigurationCheck.Of(file, result));
            return ExitCode.Usage;
        }

        context.Terminal.Out.WriteLine(ConfigurationWriter.WriteRedacted(EffectiveConfiguration.Of(configuration)));
        return ExitCode.Done;
    }

    private static Task<int> ShowInForceAsync(CommandContext context, ParseResult parsed, CancellationToken cancel) => context.AskAsync(
        parsed, new(ControlCommand.Configuration), "asking the daemon", LocalJson.Lines.ConfigurationAnswer,
        (answer, page) =>
        {
            // The document alone, so that it can be kept as a file; --json tells where it came from, too.
            if (!context.IsJson(parsed)) context.Write(answer.Document, LocalJson.Pages.JsonElement);
            return ExitCode.Done;
        },
        cancel);

    internal static void Print(CommandContext context, ConfigurationCheck checkup)
    {
        var page = context.Terminal.NewPage();
        foreach (var problem in checkup.Problems)
        {
            var isError = problem.Severity == ConfigurationCheck.Error;
            page.Line(new Ink(problem.Severity, isError ? Tone.Bad : Tone.Warning), ": ", Ink.Strong(problem.Path), $": {problem.Sentence}", problem.Mend is { } mend ? $" ({mend})" : "");
        }

        foreach (var note in checkup.Notes) page.Line(Ink.Faint("note"), ": ", Ink.Strong(note.Path), $": {note.Message}");
        if (!checkup.Notes.IsEmpty) page.Line("  ", Ink.Faint($"edgevpn lint {checkup.File}"), " tells how to mend that, and what Azure will negotiate");

        var errors = checkup.Problems.Count(p => p.Severity == ConfigurationCheck.Error);
        var warnings = checkup.Problems.Length - errors;
        page.Line(
            checkup.Valid ? Ink.Good("valid") : Ink.Bad("refused"),
            $": {DocumentFile.Name(checkup.File)}",
            errors + warnings == 0 ? "" : $", {Count(errors, "error")}, {Count(warnings, "warning")}");
        context.Terminal.Write(page);
    }

    private static string Count(int number, string word) => number == 1 ? $"1 {word}" : $"{number} {word}s";
}
