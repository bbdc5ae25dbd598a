using System.CommandLine;
using EdgeVpn.Appliance.Setup;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn setup code|open|close</c> and <c>edgevpn support-bundle</c>.</summary>
internal static class SetupCommands
{
    public static Command Make(CommandContext context) => new EdgeCommand(
        "setup", "Set-up mode: a page on the LAN port for 15 minutes, as the button opens it.", "edgevpn setup code", "edgevpn setup open")
    {
        Code(context),
        Ask(context, ControlArgument.Open, "Open the page, as a hold of 3 s does."),
        Ask(context, ControlArgument.Close, "Close the page now."),
    };

    public static Command Bundle(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "Where to; .tar.gz.", DefaultValueFactory = _ => "edgevpn-support.tar.gz" };
        var command = new EdgeCommand("support-bundle", "Collect state and events for whoever helps, without secrets.", "edgevpn support-bundle", "edgevpn support-bundle box.tar.gz")
        {
            file, context.Json, context.Control,
        };
        command.SetAction((parsed, cancel) => context.AskAsync(
            parsed, new(ControlCommand.Bundle), "collecting", LocalJson.Lines.BundleAnswer,
            (bundle, page) =>
            {
                var path = parsed.GetRequiredValue(file);
                try
                {
                    Linux.AtomicFile.Write(path, bundle.Archive);
                }
                catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or Linux.LinuxException)
                {
                    page.Line($"{path} cannot be written: {fault.Message}");
                    return ExitCode.Failed;
                }

                page.Line($"{path}: {bundle.Archive.Length} octets. It holds no secret; it does name addresses and networks.");
                return ExitCode.Done;
            },
            cancel));
        return command;
    }

    private static EdgeCommand Code(CommandContext context)
    {
        var set = new Option<string?>("--set") { HelpName = "CODE", Description = "The code that is on the label already, instead of a new one." };
        var command = new EdgeCommand(
            "code", "Make the code for the box's label, and print it this once; the one before is worth nothing then.", "edgevpn setup code", "edgevpn setup code --set 7KQ2M-X9RTB")
        {
            set, context.State, context.Json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(set) is { } typed && !SetupCode.IsCode(typed)) result.AddError($"A code is {SetupCode.Length} characters of {SetupCode.Alphabet}.");
        });
        command.SetAction(parsed =>
        {
            var code = parsed.GetValue(set) ?? SetupCode.Make();
            var folder = parsed.GetRequiredValue(context.State);
            var kept = Directory.Exists(folder) ? new SetupStore(folder).Keep(SetupCode.Of(code)) : null;
            if (kept is not { IsOk: true }) return context.Fail(parsed, new ControlError("storage", kept?.Sentence ?? $"{folder} is not there."), ExitCode.Failed);
            if (context.IsJson(parsed)) context.Write(new SetupCodeAnswer(code), LocalJson.Pages.SetupCodeAnswer);
            else context.Terminal.Out.WriteLine(code);
            return ExitCode.Done;
        });
        return command;
    }

    private static EdgeCommand Ask(CommandContext context, string action, string description)
    {
        var command = new EdgeCommand(action, description, $"edgevpn setup {action}") { context.Json, context.Control };
        command.SetAction((parsed, cancel) => ConnectionCommands.AskAsync(
            context, parsed, ControlRequest.Of(ControlCommand.Setup, (ControlArgument.Action, action)), "asking the daemon", cancel));
        return command;
    }
}

/// <summary>What <c>edgevpn setup code --json</c> prints.</summary>
public sealed record SetupCodeAnswer(string Code);
