using System.CommandLine;
using System.CommandLine.Invocation;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>The whole of <c>edgevpn</c>'s command line.</summary>
public static class EdgeVpnCommandLine
{
    // A daemon deletes its SAs at the peer, takes its routes back, and goes.
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(10);

    // "@" begins an identity (@#hex), not a file of arguments.
    private static readonly ParserConfiguration s_parsing = new() { ResponseFileTokenReplacer = null };

    /// <summary>The command tree.</summary>
    public static RootCommand Build(ICommandActions actions, Terminal terminal)
    {
        var context = new CommandContext(terminal);
        var root = new RootCommand("VPN box: IPsec tunnels to a gateway, told by file or by cloud, seen by four lights.")
        {
            DaemonCommands.Run(context, actions),
            DaemonCommands.Gateway(context, actions),
            ViewCommands.Status(context),
            ViewCommands.Watch(context),
            ViewCommands.Why(context),
            ExplainCommand.Make(context),
            ConnectionCommands.Up(context),
            ConnectionCommands.Down(context),
            ConnectionCommands.Rekey(context),
            ConfigCommands.Make(context),
            NetworkCommands.Make(context),
            LintCommand.Make(context),
            RehearseCommand.Make(context),
            ImportCommand.Make(context),
            ExportCommand.Make(context),
            CaptureCommand.Make(context),
            UsageCommand.Make(context),
            BoardCommands.Make(context),
            ResetCommand.Make(context),
            EnrolCommand.Make(context),
            SetupCommands.Make(context),
            SetupCommands.Bundle(context),
            SelfTestCommand.Make(context, actions),
            VersionCommand.Make(context),
            CompletionCommand.Make(context),
        };
        HelpWithExamples.Install(root, "edgevpn status", "edgevpn why hub", "edgevpn config check /etc/edgevpn/config.json");
        return root;
    }

    /// <summary>Parses and does what was asked. SIGINT and SIGTERM cancel.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> InvokeAsync(IReadOnlyList<string> arguments, ICommandActions actions, Terminal terminal, CancellationToken cancel = default)
    {
        var isBare = arguments.Count == 0;
        var parsed = Build(actions, terminal).Parse(isBare ? ["--help"] : arguments, s_parsing);
        if (parsed.Action is ParseErrorAction || (parsed.Errors.Count > 0 && parsed.Action is not { ClearsParseErrors: true })) return Refuse(parsed, terminal);
        var code = await parsed.InvokeAsync(
            new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = s_farewell },
            cancel).ConfigureAwait(false);
        return isBare ? ExitCode.Usage : code;
    }

    private static int Refuse(ParseResult parsed, Terminal terminal)
    {
        foreach (var error in parsed.Errors) terminal.Error.WriteLine($"edgevpn: {error.Message}");
        var command = parsed.CommandResult.Command;
        foreach (var word in parsed.UnmatchedTokens)
            if (Model.DidYouMean.Sentence(word, command.Subcommands.Select(c => c.Name).Concat(command.Options.Select(o => o.Name))) is { } meant)
                terminal.Error.WriteLine($"  {word}: {meant}");
        terminal.Error.WriteLine($"  See `{Words(command)} --help`.");
        return ExitCode.Usage;
    }

    private static string Words(Symbol command)
    {
        var parent = command.Parents.FirstOrDefault();
        return parent is null ? "edgevpn" : $"{Words(parent)} {command.Name}";
    }
}
