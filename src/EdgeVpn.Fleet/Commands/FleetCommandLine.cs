using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;

namespace EdgeVpn.Fleet.Commands;

/// <summary>The commands of <c>edgefleet</c>, and how each of them fails.</summary>
public static class FleetCommandLine
{
    /// <summary>Parses, runs, and returns the exit code. <paramref name="cancel"/> ends a command that would go on, as Ctrl-C does.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, FleetConsole console, CancellationToken cancel = default)
    {
        var root = new RootCommand("The operator's side of EdgeVpn: publish configurations to boxes over MQTT and see what became of them.")
        {
            InitCommand.Make(console),
            EnrolCommand.Make(console),
            BrokerCommand.Make(console),
            PublishCommand.Make(console),
            ShowCommand.Make(console),
            WatchCommand.Make(console),
            ListCommand.Make(console),
            SecretCommand.Make(console),
            ExportCommand.Make(console),
            PlanCommand.Make(console),
            RolloutCommand.Apply(console),
            RolloutCommand.Make(console),
            OrderCommands.Make(console),
            CaptureCommand.Make(console),
            OrderCommands.Renew(console),
            OrderCommands.Revoke(console),
            OrderCommands.Keys(console),
            UsageCommand.Make(console),
            TopologyCommand.Make(console),
            ServeCommand.Make(console),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new DetailedHelp((HelpAction)help.Action!);
        var parsed = root.Parse(args);
        parsed.InvocationConfiguration.Output = console.Out;
        parsed.InvocationConfiguration.Error = console.Error;
        parsed.InvocationConfiguration.EnableDefaultExceptionHandler = false;
        if (parsed.Errors.Count > 0 && parsed.Action is not DetailedHelp)
        {
            foreach (var error in parsed.Errors) console.Fail(error.Message);
            console.Error.WriteLine($"Try: edgefleet {string.Join(' ', parsed.CommandResult.Command is RootCommand ? [] : new[] { parsed.CommandResult.Command.Name, "" })}--help");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(parsed.InvocationConfiguration, cancel).ConfigureAwait(false);
        }
        catch (BrokerException e)
        {
            console.Fail(FleetConsole.Printable(e.Message));
            return ExitCode.Failed;
        }
        catch (FleetFolderException e)
        {
            console.Fail(e.Message);
            return ExitCode.Usage;
        }
        catch (UsageException e)
        {
            console.Fail(e.Message);
            return ExitCode.Usage;
        }
        catch (Web.Store.StoreException e)
        {
            console.Fail(e.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            console.Fail("interrupted.");
            return ExitCode.Failed;
        }
    }
}

/// <summary>A command that says more in its own help than in the list of commands.</summary>
internal sealed class DetailedCommand(string name, string description, string detail) : Command(name, description)
{
    /// <summary>What it does in full, exit codes, an example.</summary>
    public string Detail { get; } = detail;
}

/// <summary>The usual help, then the command's detail.</summary>
internal sealed class DetailedHelp(HelpAction usual) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is DetailedCommand command) parseResult.InvocationConfiguration.Output.WriteLine(command.Detail);
        return code;
    }
}

/// <summary>Arguments that parse but do not fit: a file that is not there, a name that is none.</summary>
public sealed class UsageException(string message) : Exception(message);
