using System.CommandLine;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn up</c>, <c>down</c> and <c>rekey</c>.</summary>
internal static class ConnectionCommands
{
    public static Command Up(CommandContext context) => Make(
        context, ControlCommand.Up, "Bring a connection up now, and keep it up.", "waiting for the peer", "edgevpn up hub");

    public static Command Down(CommandContext context) => Make(
        context, ControlCommand.Down, "Take a connection down, until it is brought up again.", "telling the peer", "edgevpn down hub");

    public static Command Rekey(CommandContext context)
    {
        var connection = ConnectionNames.Required(context);
        var ike = new Option<bool>("--ike") { Description = "Rekey the IKE SA." };
        var child = new Option<bool>("--child") { Description = "Rekey the ESP SAs. The default." };
        var authentication = new Option<bool>("--authentication") { Description = "Have both ends prove who they are again: a new IKE SA beside the old one." };
        var command = new EdgeCommand("rekey", "Make new keys now, without interruption.", "edgevpn rekey --ike hub", "edgevpn rekey --child hub", "edgevpn rekey --authentication hub")
        {
            connection, ike, child, authentication, context.Json, context.Control,
        };
        command.Validators.Add(result =>
        {
            if (new[] { ike, child, authentication }.Count(option => result.GetValue(option)) > 1) result.AddError("Rekey either --ike, --child or --authentication.");
        });
        command.SetAction((parsed, cancel) => AskAsync(
            context, parsed,
            ControlRequest.Of(
                ControlCommand.Rekey,
                (ControlArgument.Connection, parsed.GetValue(connection)),
                (ControlArgument.What, parsed.GetValue(ike) ? ControlArgument.Ike : parsed.GetValue(authentication) ? ControlArgument.Authentication : ControlArgument.Child)),
            "making new keys", cancel));
        return command;
    }

    internal static Task<int> AskAsync(CommandContext context, ParseResult parsed, ControlRequest request, string waitingFor, CancellationToken cancel) =>
        context.AskAsync(
            parsed, request, waitingFor, LocalJson.Lines.DoneAnswer,
            (done, page) =>
            {
                page.Line(done.Text);
                return ExitCode.Done;
            },
            cancel);

    private static EdgeCommand Make(CommandContext context, string word, string description, string waitingFor, string example)
    {
        var connection = ConnectionNames.Required(context);
        var command = new EdgeCommand(word, description, example) { connection, context.Json, context.Control };
        command.SetAction((parsed, cancel) => AskAsync(
            context, parsed, ControlRequest.Of(word, (ControlArgument.Connection, parsed.GetValue(connection))), waitingFor, cancel));
        return command;
    }
}
