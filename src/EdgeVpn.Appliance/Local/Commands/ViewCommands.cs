using System.CommandLine;
using System.Text.Json;
using EdgeVpn.Appliance.Local.Rendering;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn status</c>, <c>watch</c> and <c>why</c>: what the daemon sees.</summary>
internal static class ViewCommands
{
    public static Command Status(CommandContext context)
    {
        var command = new EdgeCommand(
            "status", "Show connections, SAs, counters, path MTU, offloads, lights and cloud.", "edgevpn status", "edgevpn status --json | jq '.connections[].state'")
        {
            context.Json, context.Control,
        };
        command.SetAction((parsed, cancel) => context.AskAsync(
            parsed, new(ControlCommand.Status), "asking the daemon", LocalJson.Lines.BoxStatus,
            (status, page) =>
            {
                StatusPage.Write(page, status, context.Terminal.Clock.GetUtcNow());
                return ExitCode.Done;
            },
            cancel));
        return command;
    }

    public static Command Watch(CommandContext context)
    {
        var connection = ConnectionNames.Optional(context);
        var command = new EdgeCommand(
            "watch", "Show what happens as it happens: messages, SAs, lights, cloud. Ends with Ctrl-C.", "edgevpn watch", "edgevpn watch hub --json")
        {
            connection, context.Json, context.Control,
        };
        command.SetAction((parsed, cancel) => WatchAsync(context, parsed, parsed.GetValue(connection), cancel));
        return command;
    }

    public static Command Why(CommandContext context)
    {
        var connection = ConnectionNames.Optional(context);
        var command = new EdgeCommand(
            "why", "Say why a connection works or does not: step by step, the reason, what to check, and Azure's name for it. Fails if one does not work.",
            "edgevpn why", "edgevpn why hub")
        {
            connection, context.Json, context.Control,
        };
        command.SetAction((parsed, cancel) => context.AskAsync(
            parsed, ControlRequest.Of(ControlCommand.Why, (ControlArgument.Connection, parsed.GetValue(connection))), "looking for the cause",
            LocalJson.Lines.WhyAnswer,
            (answer, page) =>
            {
                for (var i = 0; i < answer.Reports.Length; i++)
                {
                    if (i > 0) page.Line();
                    WhyPage.Write(page, answer.Reports[i]);
                }

                if (answer.Reports.IsEmpty) page.Line("no connection is configured");
                if (answer.Box is { } box)
                {
                    page.Line();
                    WhyPage.Write(page, box);
                }

                return answer.Reports.All(report => report.Healthy) && (answer.Box is null || !answer.Reports.IsEmpty) ? ExitCode.Done : ExitCode.Failed;
            },
            cancel));
        return command;
    }

    private static async Task<int> WatchAsync(CommandContext context, ParseResult parsed, string? connection, CancellationToken cancel)
    {
        var terminal = context.Terminal;
        var json = context.IsJson(parsed);
        try
        {
            await foreach (var happened in context.Client(parsed).WatchAsync(cancel).ConfigureAwait(false))
            {
                if (connection is not null && happened.Connection != connection) continue;
                if (json)
                {
                    terminal.Out.WriteLine(JsonSerializer.Serialize(happened, LocalJson.Lines.BoxEvent));
                }
                else
                {
                    var page = terminal.NewPage();
                    WatchLine.Write(page, happened, terminal.Clock.LocalTimeZone);
                    terminal.Write(page);
                }

                terminal.Out.Flush();
            }

            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Done; // Ctrl-C is how one stops watching
        }
        catch (ControlException fault)
        {
            return context.Fail(parsed, fault);
        }
    }
}
