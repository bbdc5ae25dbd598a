using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.Json;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>The name of a connection, which the running daemon completes.</summary>
internal static class ConnectionNames
{
    private const string Placeholder = "CONNECTION"; // as HelpName, too: help would otherwise list the completions, and ask the daemon for them
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500); // a shell waits for it

    public static Argument<string> Required(CommandContext context)
    {
        var argument = new Argument<string>(Placeholder) { HelpName = Placeholder, Description = "Its name in the configuration." };
        argument.CompletionSources.Add(completion => Names(context, completion));
        return argument;
    }

    public static Argument<string?> Optional(CommandContext context)
    {
        var argument = new Argument<string?>(Placeholder) { HelpName = Placeholder, Description = "Its name in the configuration. Default: all.", Arity = ArgumentArity.ZeroOrOne };
        argument.CompletionSources.Add(completion => Names(context, completion));
        return argument;
    }

    private static IEnumerable<string> Names(CommandContext context, CompletionContext completion)
    {
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            var answer = Task.Run(() => context.Client(completion.ParseResult).AskAsync(new(ControlCommand.Status), patience.Token)).GetAwaiter().GetResult();
            return answer.Result?.Deserialize(LocalJson.Lines.BoxStatus)?.Connections.Select(c => c.Name) ?? [];
        }
        catch (Exception fault) when (fault is ControlException or JsonException or OperationCanceledException)
        {
            return []; // no daemon, no names: a shell must not be told about it
        }
    }
}
