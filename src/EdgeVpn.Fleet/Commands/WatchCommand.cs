using System.CommandLine;
using System.Threading.Channels;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet watch</c>: presence, reports, events and telemetry as they come.</summary>
internal static class WatchCommand
{
    public static Command Make(FleetConsole console)
    {
        var fleet = new Option<string?>("--fleet", "-f") { Description = "Only this fleet.", HelpName = "NAME" };
        var device = new Option<string?>("--device", "-d") { Description = "Only this box.", HelpName = "NAME" };
        var plain = new Option<bool>("--plain") { Description = "Lines instead of the live view; what you get anyway when this is not a terminal." };
        var span = new Option<TimeSpan?>("--for") { Description = "Stop after this time ([d.]hh:mm:ss). Default: Ctrl-C.", HelpName = "SPAN" };
        var brokerOptions = new BrokerOptionSet();
        var command = new DetailedCommand("watch", "Shows boxes as they are and what happens to them.",
            """
            Presence, reports, events and telemetry as they come, until Ctrl-C: a live table on a terminal, else lines.
            Exit code: 0 ended as asked, 1 the broker cannot be reached or went away, 2 wrong usage.

            Example: edgefleet watch --fleet lyon
            Example: edgefleet watch --json --for 00:01:00
            """)
        { fleet, device, plain, span };
        brokerOptions.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            var json = parsed.GetValue(brokerOptions.Json);
            IWatchView view = json ? new JsonView(console)
                : console.IsTerminal && !parsed.GetValue(plain) ? new LiveView(console) : new PlainView(console);
            return RunAsync(
                view, BrokerOptionSet.Name("fleet", parsed.GetValue(fleet)), BrokerOptionSet.Name("device", parsed.GetValue(device)),
                parsed.GetValue(span), brokerOptions.Read(parsed), cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(IWatchView view, string? fleet, string? device, TimeSpan? span, OperatorOptions options, CancellationToken cancel)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (span is { } limit) end.CancelAfter(limit);
        var session = await OperatorSession.ConnectAsync(options, cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            TwinChannel[] channels = [TwinChannel.Presence, TwinChannel.Reported, TwinChannel.Events, TwinChannel.Telemetry];
            await session.SubscribeAsync(channels.Select(c => TwinTopic.Filter(fleet, device, c)), cancel).ConfigureAwait(false);
            try
            {
                await view.ShowAsync(session, end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The end that was asked for, by Ctrl-C or --for.
            }
            catch (ChannelClosedException e)
            {
                throw e.InnerException as BrokerException ?? new BrokerException("The connection to the broker ended.", e);
            }

            return ExitCode.Done;
        }
    }
}

/// <summary>A way to show what comes in.</summary>
internal interface IWatchView
{
    /// <summary>Goes on until cancelled; ends with <see cref="ChannelClosedException"/> when the connection does.</summary>
    Task ShowAsync(OperatorSession session, CancellationToken cancel);
}

/// <summary>One line per message.</summary>
internal sealed class PlainView(FleetConsole console) : IWatchView
{
    public async Task ShowAsync(OperatorSession session, CancellationToken cancel)
    {
        console.Line("watching", Tone.Faint);
        while (true)
        {
            var message = await session.Messages.ReadAsync(cancel).ConfigureAwait(false);
            var (text, tone) = Describe(message);
            console.Line($"{message.At:HH:mm:ss} {message.Topic.Identity} {text}{(message.Retained ? " (kept by the broker)" : "")}", tone);
        }
    }

    private static (string Text, Tone Tone) Describe(TwinMessage message)
    {
        var payload = message.Payload.Span;
        switch (message.Topic.Channel)
        {
            case TwinChannel.Presence when TwinJson.TryRead(payload, TwinJson.Wire.PresenceDocument, out var presence):
                return (presence.Online ? "presence online" : "presence offline", presence.Online ? Tone.Good : Tone.Bad);
            case TwinChannel.Reported when TwinJson.TryRead(payload, TwinJson.Wire.ReportedDocument, out var report):
                return ($"reported {ReportText.Report(report)}", report.State is DocumentState.Refused or DocumentState.Reverted ? Tone.Bad : Tone.Plain);
            case TwinChannel.Events when TwinJson.TryRead(payload, TwinJson.Wire.EventDocument, out var happened):
                return ($"event {ReportText.Event(happened)}", happened.Reason is null ? Tone.Plain : Tone.Busy);
            case TwinChannel.Telemetry when TwinJson.TryRead(payload, TwinJson.Wire.TelemetryDocument, out var telemetry):
                return ($"telemetry {ReportText.Telemetry(telemetry)}", Tone.Faint);
            default:
                return ($"{ReportText.Word(message.Topic.Channel)}: {payload.Length} octets this program does not read", Tone.Busy);
        }
    }
}

/// <summary>One JSON object per message, the payload inside as the box wrote it.</summary>
internal sealed class JsonView(FleetConsole console) : IWatchView
{
    public async Task ShowAsync(OperatorSession session, CancellationToken cancel)
    {
        while (true)
        {
            var message = await session.Messages.ReadAsync(cancel).ConfigureAwait(false);
            console.Line(JsonLine.Of(w =>
            {
                w.WriteString("at", message.At);
                w.WriteString("fleet", message.Topic.Identity.Fleet);
                w.WriteString("device", message.Topic.Identity.Device);
                w.WriteString("channel", ReportText.Word(message.Topic.Channel));
                w.WriteBoolean("retained", message.Retained);
                w.WritePayload("payload", message.Payload);
            }));
        }
    }
}
