using System.CommandLine;
using System.Text.Json;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet list</c>: every box of a fleet on one line.</summary>
internal static class ListCommand
{
    public static Command Make(FleetConsole console)
    {
        var json = new Option<bool>("--json") { Description = "One JSON object per box, for scripts." };
        var folder = new FleetOption();
        var command = new DetailedCommand("list", "Lists the fleet's boxes: enrolled, online, document, health, lights.",
            """
            Every box that was enrolled, has a configuration, or ever said something.
            Exit code: 0 listed, 1 the broker cannot be reached, 2 wrong usage.

            Example: edgefleet list --folder lyon
            """)
        { json };
        folder.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var fleet = folder.Read(parsed);
            var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                var picture = await FleetPicture.LoadAsync(session, fleet.Name, cancel).ConfigureAwait(false);
                var members = fleet.Members().ToDictionary(static m => m.Device);
                foreach (var device in members.Keys.Union(WantedFleet.Read(fleet).Devices()).Union(picture.Boxes.Keys).Order(StringComparer.Ordinal))
                    Print(console, device, members.GetValueOrDefault(device), picture.Boxes.GetValueOrDefault(device), parsed.GetValue(json));
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static void Print(FleetConsole console, string device, FleetMember? member, FleetBox? box, bool json)
    {
        var enrolled = member is null ? "not enrolled" : member.IsRevoked ? "revoked" : "enrolled";
        if (json)
        {
            console.Line(JsonLine.Of(w =>
            {
                w.WriteString("device", device);
                w.WriteString("enrolment", enrolled);
                if (box?.Online is { } online) w.WriteBoolean("online", online);
                if (box is { Desired.IsNone: false }) w.WriteString("desired", box.Desired.ToString());
                if (box?.Report is { } report)
                {
                    w.WriteString("document", report.Version.ToString());
                    w.WriteString("state", ReportText.Word(report.State));
                    w.WriteString("health", ReportText.Word(report.Health));
                    if (box.Lights is { } lights)
                    {
                        w.WritePropertyName("lights");
                        JsonSerializer.Serialize(w, lights, TwinJson.Wire.ReportedLights);
                    }
                }

                if (member is not null) w.WriteString("certificateNotAfter", member.NotAfter);
            }));
            return;
        }

        var presence = box?.Online switch
        {
            true => "online",
            false => "offline",
            null => "-",
        };
        var tone = member is not { IsRevoked: false } ? Tone.Faint : box is { Online: true, Report.Health: ReportedHealth.Healthy } ? Tone.Good : Tone.Bad;
        console.Line($"{device,-24} {enrolled,-13} {presence,-8} {(box?.Report is { } said ? $"{ReportText.Document(said)}, {ReportText.Word(said.Health)}" : "-")}{Lights(box)}", tone);
    }

    private static string Lights(FleetBox? box) => box?.Lights is { } lights ? $"; {ReportText.Lights(lights)}" : "";
}
