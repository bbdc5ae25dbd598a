using System.CommandLine;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn reset</c>: what the button's hold of 10 s does, from a keyboard.</summary>
internal static class ResetCommand
{
    private const int LongestAnswer = 64;

    public static Command Make(CommandContext context)
    {
        var to = new Option<string>("--to")
        {
            HelpName = "factory|confirmed",
            Description = "factory: forget configuration and documents. confirmed: end what is on trial and return to the last confirmed document.",
            DefaultValueFactory = _ => ControlArgument.Factory,
        };
        to.AcceptOnlyFromAmong(ControlArgument.Factory, ControlArgument.Confirmed);
        var enrolment = new Option<bool>("--enrolment") { Description = "Forget the fleet and the box's keys too: it must be claimed anew." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new EdgeCommand(
            "reset", "Forget the configuration, as the button does when it is held for 10 s.", "edgevpn reset", "edgevpn reset --to confirmed", "edgevpn reset --enrolment --yes")
        {
            to, enrolment, yes, context.Json, context.Control,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(enrolment) && result.GetValue(to) == ControlArgument.Confirmed)
                result.AddError("--enrolment goes with --to factory: the confirmed document is the fleet's.");
            if (result.GetValue(context.Json) && !result.GetValue(yes)) result.AddError("A script says --yes: with --json nothing is asked.");
        });
        command.SetAction((parsed, cancel) =>
        {
            var (target, all) = (parsed.GetValue(to)!, parsed.GetValue(enrolment));
            if (!parsed.GetValue(yes) && !IsMeant(context.Terminal, target, all)) return Task.FromResult(ExitCode.Failed);
            return ConnectionCommands.AskAsync(
                context, parsed,
                ControlRequest.Of(ControlCommand.Reset, (ControlArgument.To, target), (ControlArgument.Enrolment, all ? "true" : null)),
                "starting over", cancel);
        });
        return command;
    }

    private static bool IsMeant(Terminal terminal, string target, bool enrolment)
    {
        var what = (target, enrolment) switch
        {
            (ControlArgument.Confirmed, _) => "ends what is on trial and returns to the last confirmed document",
            (_, true) => "forgets configuration, documents, fleet and keys: the box must be claimed anew",
            _ => "forgets configuration and documents; the box stays with its fleet",
        };
        terminal.Error.Write($"This {what}. Tunnels go down. Sure? [y/N] ");
        terminal.Error.Flush();
        using var reader = new StreamReader(terminal.In, leaveOpen: true);
        var answer = new char[LongestAnswer];
        var length = 0;
        while (length < answer.Length && reader.Read() is var c and not (-1 or '\n')) answer[length++] = (char)c;
        if (new string(answer, 0, length).Trim().ToLowerInvariant() is "y" or "yes") return true;
        terminal.Error.WriteLine(length == 0 ? "\nNothing was changed; --yes answers in advance." : "Nothing was changed.");
        return false;
    }
}
