using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Rollout;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet plan</c>: what would change on which box.</summary>
internal static class PlanCommand
{
    public static Command Make(FleetConsole console)
    {
        var selection = new BoxSelection();
        var show = new Option<bool>("--show") { Description = "Print what each box would get: the whole configuration, secrets hidden." };
        var json = new Option<bool>("--json") { Description = "One JSON object per box, for scripts." };
        var folder = new FleetOption();
        var command = new DetailedCommand("plan", "Says what would change on which box, and sends nothing.",
            """
            Compares what the folder wants of each box (its file in configs/, or its group's template filled with its variables, and
            its secrets) with what was sent last: connections added, removed, changed (with the fields, never their values), and whether
            their tunnels must be negotiated anew; then what `edgevpn lint` has to say. A box that is not named keeps what it has.
            Exit code: 0 nothing to do or something to send, 1 the broker cannot be reached, 2 a configuration cannot be sent.

            Example: edgefleet plan --folder lyon
            """)
        { show, json };
        selection.AddTo(command);
        folder.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var fleet = folder.Read(parsed);
            var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                var picture = await FleetPicture.LoadAsync(session, fleet.Name, cancel).ConfigureAwait(false);
                var plans = Plans(fleet, WantedFleet.Read(fleet), picture, selection.Read(parsed));
                foreach (var plan in plans)
                {
                    if (parsed.GetValue(json)) console.Line(Json(plan, parsed.GetValue(show)));
                    else Print(console, plan);
                    if (parsed.GetValue(show) && !parsed.GetValue(json) && plan.Wanted?.Body is not null) console.Out.WriteLine(Shown(plan.Wanted)!.ToJsonString(s_forEyes));
                }

                var inClear = plans.Count(static p => p.Wanted is { SecretsInClear: true });
                if (inClear > 0 && !parsed.GetValue(json)) console.Line($"{inClear} configuration(s) hold secrets in clear: `edgefleet secret seal` moves them to secrets/.", Tone.Busy);
                if (!parsed.GetValue(json)) console.Line($"{plans.Count(static p => p.NeedsSending)} of {plans.Count} boxes would be sent something.", Tone.Faint);
                return plans.Any(static p => p is BoxPlan.Impossible) ? ExitCode.Usage : ExitCode.Done;
            }
        });
        return command;
    }

    /// <exception cref="UsageException">A box or a group that is not there.</exception>
    public static IReadOnlyList<BoxPlan> Plans(FleetFolder fleet, WantedFleet wanted, FleetPicture picture, Selection selection) =>
        [.. selection.Of(wanted).Select(d => FleetPlan.Of(fleet, wanted.Of(d), picture.Boxes.GetValueOrDefault(d)))];

    public static void Print(FleetConsole console, BoxPlan plan)
    {
        switch (plan)
        {
            case BoxPlan.Unchanged unchanged:
                console.Line($"{plan.Device}: nothing to do ({unchanged.Version})", Tone.Faint);
                break;
            case BoxPlan.First:
                console.Line($"{plan.Device}: its first configuration", Tone.Good);
                break;
            case BoxPlan.Again again:
                console.Line($"{plan.Device}: the same again: {again.Why}", Tone.Busy);
                break;
            case BoxPlan.Impossible impossible:
                console.Line($"{plan.Device}: cannot be sent", Tone.Bad);
                foreach (var problem in impossible.Problems) console.Line($"  {problem.Path}: {problem.Message}", Tone.Bad);
                break;
            case BoxPlan.Changed { Diff: var diff }:
                console.Line($"{plan.Device}:", Tone.Busy);
                foreach (var change in diff.Connections.Where(static c => c.Kind != ChangeKind.Unchanged))
                {
                    console.Line($"  {change.Name} {ReportText.Word(change.Kind)}{(change.Fields.IsEmpty ? "" : ": " + string.Join(", ", change.Fields))}"
                        + (change.Kind == ChangeKind.Changed ? change.NeedsNewSas ? " (its tunnel is negotiated anew)" : " (its tunnel stays)" : ""), Tone.Busy);
                }

                if (!diff.Box.IsEmpty) console.Line($"  box: {string.Join(", ", diff.Box)}", Tone.Busy);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(plan), plan, "Not a plan.");
        }

        // Those of a box that has its configuration were there when it was sent.
        if (!plan.NeedsSending) return;
        foreach (var finding in FleetPlan.FindingsOf(plan.Wanted!))
            console.Line($"  {ReportText.Word(finding.Severity)}: {finding.Path}: {finding.Message}{(finding.Mend is null ? "" : $" ({finding.Mend})")}", finding.Severity == FindingSeverity.Error ? Tone.Bad : Tone.Busy);
    }

    private static readonly JsonSerializerOptions s_forEyes = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonObject? Shown(WantedBox wanted) =>
        wanted.Body is { } body && JsonNode.Parse(body.Span, documentOptions: new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth }) is JsonObject configuration ? SecretVault.Hidden(configuration) : null;

    private static string Json(BoxPlan plan, bool show) => JsonLine.Of(w =>
    {
        w.WriteString("device", plan.Device);
        if (plan.Wanted?.Group is { } group) w.WriteString("group", group.Name);
        if (show && plan.Wanted is { } wanted && Shown(wanted) is { } shown)
        {
            w.WritePropertyName("configuration");
            shown.WriteTo(w);
        }

        if (plan.NeedsSending && FleetPlan.FindingsOf(plan.Wanted!) is { Count: > 0 } findings)
        {
            w.WriteStartArray("findings");
            foreach (var finding in findings) w.WriteStringValue($"{ReportText.Word(finding.Severity)} {finding.Path} {finding.Message}");
            w.WriteEndArray();
        }

        w.WriteString("plan", plan switch
        {
            BoxPlan.Unchanged => "unchanged",
            BoxPlan.First => "first",
            BoxPlan.Again => "again",
            BoxPlan.Changed => "changed",
            _ => "impossible",
        });
        if (plan is BoxPlan.Again again) w.WriteString("why", again.Why);
        if (plan is BoxPlan.Impossible impossible)
        {
            w.WriteStartArray("problems");
            foreach (var problem in impossible.Problems) w.WriteStringValue($"{problem.Path} {problem.Message}");
            w.WriteEndArray();
        }

        if (plan is not BoxPlan.Changed { Diff: var diff }) return;
        w.WriteStartArray("connections");
        foreach (var change in diff.Connections.Where(static c => c.Kind != ChangeKind.Unchanged))
        {
            w.WriteStartObject();
            w.WriteString("name", change.Name);
            w.WriteString("kind", ReportText.Word(change.Kind));
            w.WriteBoolean("newTunnel", change.NeedsNewSas);
            w.WriteStartArray("fields");
            foreach (var field in change.Fields) w.WriteStringValue(field);
            w.WriteEndArray();
            w.WriteEndObject();
        }

        w.WriteEndArray();
        w.WriteStartArray("box");
        foreach (var field in diff.Box) w.WriteStringValue(field);
        w.WriteEndArray();
    });
}
