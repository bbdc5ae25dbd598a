using System.CommandLine;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet show</c>: what the broker keeps of one box.</summary>
internal static class ShowCommand
{
    public static Command Make(FleetConsole console)
    {
        var device = new Argument<string>("DEVICE") { Description = "The box." };
        var fleet = new Option<string?>("--fleet", "-f") { Description = "Its fleet. Default: every fleet that has a box of this name.", HelpName = "NAME" };
        var brokerOptions = new BrokerOptionSet();
        var command = new DetailedCommand("show", "Prints what a box last said of itself.",
            """
            Prints whether the box is connected, its document and what became of it, health and connections.
            Exit code: 0 shown, 1 no box of this name or no broker, 2 wrong usage.

            Example: edgefleet show branch-042
            """)
        { device, fleet };
        brokerOptions.AddTo(command);
        command.SetAction((parsed, cancel) => RunAsync(
            console, BrokerOptionSet.Name("fleet", parsed.GetValue(fleet)), BrokerOptionSet.Name("device", parsed.GetValue(device))!,
            parsed.GetValue(brokerOptions.Json), brokerOptions.Read(parsed), cancel));
        return command;
    }

    private static async Task<int> RunAsync(FleetConsole console, string? fleet, string device, bool json, OperatorOptions options, CancellationToken cancel)
    {
        var session = await OperatorSession.ConnectAsync(options, cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            TwinChannel[] channels = [TwinChannel.Desired, TwinChannel.Reported, TwinChannel.Presence];
            await session.SubscribeAsync(channels.Select(c => TwinTopic.Filter(fleet, device, c)), cancel).ConfigureAwait(false);
            var boxes = new SortedDictionary<string, FleetBox>(StringComparer.Ordinal);
            while (session.Messages.TryRead(out var message))
            {
                var key = message.Topic.Identity.ToString();
                if (!boxes.TryGetValue(key, out var box)) boxes[key] = box = new FleetBox(message.Topic.Identity);
                box.Take(message);
            }

            if (boxes.Count == 0)
            {
                console.Fail($"the broker keeps nothing of a box {fleet ?? "+"}/{device}.");
                return ExitCode.Failed;
            }

            foreach (var box in boxes.Values)
            {
                if (json) console.Line(Json(box));
                else Print(console, box);
            }

            return ExitCode.Done;
        }
    }

    private static string Json(FleetBox box) => JsonLine.Of(w =>
    {
        w.WriteString("fleet", box.Identity.Fleet);
        w.WriteString("device", box.Identity.Device);
        if (box.Online is { } online) w.WriteBoolean("online", online);
        else w.WriteNull("online");
        if (box.Desired is { IsNone: false } desired) w.WriteString("desired", desired.ToString());
        if (box.ReportedPayload is { IsEmpty: false } payload) w.WritePayload("reported", payload);
    });

    private static void Print(FleetConsole console, FleetBox box)
    {
        console.Line($"{box.Identity}  {Presence(box)}", box.Online == true ? Tone.Good : Tone.Bad);
        if (!box.Desired.IsNone) console.Line($"  desired      {box.Desired}");
        if (box.Report is not { } report)
        {
            console.Line(box.ReportedPayload.IsEmpty ? "  reported     nothing yet" : "  reported     something this program does not read", Tone.Faint);
            return;
        }

        console.Line($"  document     {ReportText.Document(report)}", report.State is DocumentState.Refused or DocumentState.Reverted ? Tone.Bad : Tone.Plain);
        foreach (var problem in report.Problems) console.Line($"               {FleetConsole.Printable($"{problem.Path}: {problem.Message}")}", Tone.Bad);
        if (report.ProblemsOmitted > 0) console.Line($"               and {report.ProblemsOmitted} more", Tone.Bad);
        if (report.Discarded is { } discarded)
        {
            console.Line($"  discarded    {discarded.Count} message(s), the last {ReportText.Word(discarded.Cause)}", Tone.Busy);
            foreach (var problem in discarded.Problems) console.Line($"               {FleetConsole.Printable($"{problem.Path}: {problem.Message}")}", Tone.Busy);
        }

        console.Line($"  health       {ReportText.Word(report.Health)}", report.Health == ReportedHealth.Healthy ? Tone.Good : Tone.Busy);
        if (box.Lights is { } lights) console.Line($"  lights       {ReportText.Lights(lights)}");
        if (report.Versions is { Software.Length: > 0 } versions) console.Line($"  software     {FleetConsole.Printable(versions.Software)}, schema {versions.Schema}");
        foreach (var connection in report.Connections)
            console.Line($"  connection   {ReportText.Connection(connection)}{(connection.Endpoint is null ? "" : " at " + FleetConsole.Printable(connection.Endpoint))}");
        if (report.ConnectionsOmitted > 0) console.Line($"               and {report.ConnectionsOmitted} more");
        if (report.Insecure) console.Line("  insecure     takes unsigned documents", Tone.Busy);
    }

    private static string Presence(FleetBox box) => box.Online switch
    {
        true => "online",
        false => "offline",
        null => "never seen",
    };
}
