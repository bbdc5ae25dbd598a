using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using EdgeVpn.Fleet.Broker;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet broker</c>: an MQTT broker for a laboratory or ten boxes.</summary>
internal static class BrokerCommand
{
    public static Command Make(FleetConsole console)
    {
        var listen = new Option<IPEndPoint>("--listen")
        {
            Description = "Address and port; port 0 lets the system choose.",
            HelpName = "ADDRESS:PORT",
            DefaultValueFactory = _ => new IPEndPoint(IPAddress.Loopback, 1883),
            CustomParser = static result => ParseEndPoint(result),
        };
        var insecure = new Option<bool>("--insecure") { Description = "Listen beyond loopback, although anyone who reaches the port is let in. For a laboratory." };
        var store = new Option<string?>("--store") { Description = "File that keeps retained messages across restarts.", HelpName = "FILE" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Do not print who comes and goes." };
        var json = new Option<bool>("--json") { Description = "One JSON object per line, for scripts." };
        var command = new DetailedCommand("broker", "Runs an MQTT broker in this process, for a laboratory or ten boxes.",
            """
            Runs an MQTT 5 broker in this process, until Ctrl-C: retained messages, wills, QoS 1 and sessions.
            It knows no users and no TLS; a fleet belongs on a broker with certificates.
            Exit code: 0 stopped, 1 cannot listen, 2 wrong usage.

            Example: edgefleet broker --listen 127.0.0.1:1883
            """)
        { listen, insecure, store, quiet, json, BrokerCheckCommand.Make(console) };
        command.SetAction(async (parsed, cancel) =>
        {
            var endPoint = parsed.GetValue(listen)!;
            if (!IPAddress.IsLoopback(endPoint.Address) && !parsed.GetValue(insecure))
                throw new UsageException($"{endPoint} is not on loopback and this broker lets everybody in; say --insecure if that is meant.");
            return await RunAsync(console, new BrokerOptions(endPoint, parsed.GetValue(store)), parsed.GetValue(quiet), parsed.GetValue(json), cancel).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Null, with an error, if it is not ADDRESS:PORT.</summary>
    internal static IPEndPoint? ParseEndPoint(System.CommandLine.Parsing.ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (IPEndPoint.TryParse(text, out var parsed) && text.EndsWith(":" + parsed.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)) return parsed;
        result.AddError($"'{text}' is not ADDRESS:PORT.");
        return null;
    }

    /// <summary>Starts a broker in this process; null, and why was said, if it cannot.</summary>
    internal static async Task<EmbeddedBroker?> StartAsync(FleetConsole console, string where, Func<Task<EmbeddedBroker>> start)
    {
        try
        {
            return await start().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            console.Fail($"cannot listen on {where}: {e.Message}");
            return null;
        }
    }

    private static async Task<int> RunAsync(FleetConsole console, BrokerOptions options, bool quiet, bool json, CancellationToken cancel)
    {
        if (await StartAsync(console, $"{options.Listen}", () => EmbeddedBroker.StartAsync(options)).ConfigureAwait(false) is not { } broker) return ExitCode.Failed;
        await using (broker.ConfigureAwait(false))
        {
            if (!quiet) broker.Said += line => Say(console, "client", FleetConsole.Printable(line), json);
            Say(console, "listening", $"mqtt://{broker.EndPoint}", json);
            try
            {
                await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                Say(console, "stopping", $"mqtt://{broker.EndPoint}", json);
            }
        }

        return ExitCode.Done;
    }

    private static void Say(FleetConsole console, string what, string detail, bool json) =>
        console.Line(json ? JsonLine.Of(w => w.WriteString(what, detail)) : what == "listening" ? $"listening on {detail}" : $"{what} {detail}");
}
