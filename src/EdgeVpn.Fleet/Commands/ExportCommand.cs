using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet export</c>: everything that is known of a fleet, in one file for other programs.</summary>
internal static class ExportCommand
{
    private static readonly string[] Columns = ["device", "group", "site", "enrolment", "certificateNotAfter", "online", "desired", "document", "state", "inForce", "sha256", "health", "connections", "reason"];

    public static Command Make(FleetConsole console)
    {
        var csv = new Option<bool>("--csv") { Description = "A table for spreadsheets instead of JSON: one line per box." };
        var configurations = new Option<bool>("--configurations") { Description = "With what the folder wants of each box, secrets hidden (JSON only)." };
        var output = new Option<string>("--output", "-o") { Description = "Where to write it. Default: standard output.", HelpName = "FILE", DefaultValueFactory = static _ => "-" };
        var folder = new FleetOption();
        var command = new DetailedCommand("export", "Writes everything that is known of the fleet's boxes into one file, for other programs.",
            """
            Of each box: group, site, enrolment, presence, the document it was sent, what became of it and what is in force, with its hash,
            health and connections. No secret, no key.
            Exit code: 0 written, 1 the broker cannot be reached or the file cannot be written, 2 wrong usage.

            Example: edgefleet export --csv -o lyon.csv --folder lyon
            """)
        { csv, configurations, output };
        folder.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var fleet = folder.Read(parsed);
            if (parsed.GetValue(csv) && parsed.GetValue(configurations)) throw new UsageException("configurations do not fit into a table; leave --csv out.");
            var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
            List<ExportedBox> boxes;
            await using (session.ConfigureAwait(false))
                boxes = Boxes(fleet, await FleetPicture.LoadAsync(session, fleet.Name, cancel).ConfigureAwait(false));
            var text = parsed.GetValue(csv) ? Table(boxes) : Json(fleet, boxes, parsed.GetValue(configurations));
            if (parsed.GetValue(output) is "-" or null)
            {
                console.Out.Write(text);
                return ExitCode.Done;
            }

            try
            {
                Files.Write(parsed.GetValue(output)!, text);
                console.Line($"{boxes.Count} boxes in {parsed.GetValue(output)}.");
                return ExitCode.Done;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                console.Fail(e.Message);
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static List<ExportedBox> Boxes(FleetFolder fleet, FleetPicture picture)
    {
        var wanted = WantedFleet.Read(fleet);
        var members = fleet.Members().ToDictionary(static m => m.Device);
        var configured = wanted.Devices().ToHashSet();
        return
        [
            .. members.Keys.Union(configured).Union(picture.Boxes.Keys).Order(StringComparer.Ordinal)
                .Select(d => new ExportedBox(d, members.GetValueOrDefault(d), picture.Boxes.GetValueOrDefault(d), configured.Contains(d) ? wanted.Of(d) : null)),
        ];
    }

    private static string Json(FleetFolder fleet, List<ExportedBox> boxes, bool configurations)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("fleet", fleet.Name);
            writer.WriteString("at", DateTimeOffset.UtcNow);
            writer.WriteStartArray("boxes");
            foreach (var box in boxes) box.WriteTo(writer, configurations);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    // RFC 4180; a cell that a spreadsheet would take for a formula is disarmed, because boxes write some of them.
    private static string Table(List<ExportedBox> boxes)
    {
        var text = new StringBuilder().AppendJoin(',', Columns).Append("\r\n");
        foreach (var box in boxes)
        {
            text.AppendJoin(',', box.Cells().Select(static cell =>
            {
                var safe = FleetConsole.Printable(cell);
                if (safe.Length > 0 && "=+-@".Contains(safe[0], StringComparison.Ordinal)) safe = "'" + safe;
                return safe.AsSpan().ContainsAny(",\"") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
            })).Append("\r\n");
        }

        return text.ToString();
    }
}

/// <summary>One box in an export.</summary>
internal sealed record ExportedBox(string Device, FleetMember? Member, FleetBox? Box, WantedBox? Wanted)
{
    private string Enrolment => Member is null ? "not enrolled" : Member.IsRevoked ? "revoked" : "enrolled";

    private JsonObject? Configuration
    {
        get
        {
            try
            {
                return Wanted?.Body is { } body ? JsonNode.Parse(body.Span) as JsonObject : null;
            }
            catch (JsonException)
            {
                return null; // `plan` says what is wrong with it.
            }
        }
    }

    private string? Site => (Configuration?["device"] as JsonObject)?["site"] is JsonValue site && site.TryGetValue(out string? text) ? text : null;

    public IEnumerable<string> Cells()
    {
        var report = Box?.Report;
        return
        [
            Device, Wanted?.Group?.Name ?? "", Site ?? "", Enrolment, Member?.NotAfter.ToString("u") ?? "", Box?.Online switch { true => "online", false => "offline", null => "" },
            Box is { Desired.IsNone: false } ? Box.Desired.ToString() : "", report is null || report.Version.IsNone ? "" : report.Version.ToString(), report is null ? "" : ReportText.Word(report.State),
            report?.InForce?.Version.ToString() ?? "", report?.InForce?.Sha256 ?? "", report is null ? "" : ReportText.Word(report.Health),
            report is null ? "" : string.Join(' ', report.Connections.Select(static c => $"{c.Name}:{c.State}")), report?.Reason is { } reason ? ReportText.Reason(reason) : "",
        ];
    }

    public void WriteTo(Utf8JsonWriter writer, bool configuration)
    {
        writer.WriteStartObject();
        writer.WriteString("device", Device);
        if (Wanted?.Group is { } group) writer.WriteString("group", group.Name);
        if (Site is { } site) writer.WriteString("site", site);
        writer.WriteString("enrolment", Enrolment);
        if (Member is not null) writer.WriteString("certificateNotAfter", Member.NotAfter);
        if (Box?.Online is { } online) writer.WriteBoolean("online", online);
        if (Box is { Desired.IsNone: false }) writer.WriteString("desired", Box.Desired.ToString());
        if (Box is { ReportedPayload.IsEmpty: false }) writer.WritePayload("reported", Box.ReportedPayload);
        if (configuration && Configuration is { } wanted)
        {
            writer.WritePropertyName("configuration");
            SecretVault.Hidden(wanted).WriteTo(writer);
        }

        if (Wanted is { Problems.Count: > 0 })
        {
            writer.WriteStartArray("problems");
            foreach (var problem in Wanted.Problems) writer.WriteStringValue($"{problem.Path} {problem.Message}");
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
