using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet publish</c>: one configuration to one box, followed to its end.</summary>
internal static class PublishCommand
{
    public static Command Make(FleetConsole console)
    {
        var file = new Argument<string>("FILE") { Description = "The configuration: the same JSON as /etc/edgevpn/config.json; - reads standard input." };
        var fleet = new Option<string?>("--fleet", "-f") { Description = "The fleet. Default: that of --folder.", HelpName = "NAME" };
        var device = new Option<string>("--device", "-d") { Description = "The box.", HelpName = "NAME", Required = true };
        var newEpoch = new Option<bool>("--new-epoch") { Description = "Begin a new epoch: after a lost or restored broker, when revisions would run backwards." };
        var notAfter = new Option<TimeSpan?>("--valid") { Description = "How long the box may still take it up ([d.]hh:mm:ss). Default: without limit.", HelpName = "SPAN" };
        var timeout = new Option<TimeSpan>("--timeout")
        {
            Description = "How long to wait for the box's last word ([d.]hh:mm:ss).",
            HelpName = "SPAN",
            DefaultValueFactory = _ => TimeSpan.FromMinutes(6),
        };
        var noWait = new Option<bool>("--no-wait") { Description = "Return when the broker has the document; an offline box takes it up when it connects." };
        var folder = new FleetOption();
        var brokerOptions = new BrokerOptionSet();
        var command = new DetailedCommand("publish", "Sends a configuration to a box and prints what the box says of it.",
            """
            Checks the configuration, sends it as the box's next revision, and prints each word of the box:
            received, staged, applied, confirmed - or refused or reverted with every problem.
            In a fleet's folder (see init) the document is signed with the fleet's key, and every secret in it is sealed to the box's:
            neither broker nor logs see one. Without a folder it goes out in clear, which boxes take in laboratories only.
            A configuration too large for one message (32 KiB, signed) goes beside it in pieces, up to 1 MiB.
            Exit code: 0 confirmed, 1 refused, reverted or not confirmed in time, 2 invalid configuration or wrong usage.

            Example: edgefleet publish --fleet lyon --device branch-042 branch-042.json
            """)
        { file, fleet, device, newEpoch, notAfter, timeout, noWait };
        brokerOptions.AddTo(command);
        folder.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            var home = parsed.GetValue(fleet) is null ? folder.Read(parsed) : folder.TryRead(parsed);
            if (home is not null && parsed.GetValue(fleet) is { } named && named != home.Name) home = null;
            var box = new TwinIdentity(BrokerOptionSet.Name("fleet", parsed.GetValue(fleet) ?? home?.Name)!, BrokerOptionSet.Name("device", parsed.GetValue(device))!);
            var printer = new PublishPrinter(console, box, parsed.GetValue(brokerOptions.Json));
            var plan = new Plan(box, home, Body(parsed.GetValue(file)!), parsed.GetValue(newEpoch), parsed.GetValue(notAfter), parsed.GetValue(timeout), parsed.GetValue(noWait));
            return RunAsync(printer, plan, brokerOptions.Read(parsed, home), cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(PublishPrinter printer, Plan plan, OperatorOptions options, CancellationToken cancel)
    {
        var check = BodyCheck.Of(plan.Body);
        printer.Checked(check);
        if (check.Errors.Count > 0) return ExitCode.Usage;
        using var signer = DocumentSigner.For(plan.Home);
        var body = signer.Sealed(plan.Box.Device, plan.Body);

        var session = await OperatorSession.ConnectAsync(options, cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var publication = await Publication.OpenAsync(session, plan.Box, cancel).ConfigureAwait(false);
            var now = DateTimeOffset.UtcNow;
            var document = new DesiredDocument
            {
                Recipient = plan.Box,
                Version = publication.Next(plan.NewEpoch),
                Schema = DesiredDocument.CurrentSchema,
                IssuedAt = now,
                NotAfter = plan.Valid is { } valid ? now + valid : null,
                Body = body,
            };
            var dispatch = Dispatch.Of(document, signer);
            if (dispatch.ProblemFor(publication.Report) is { } problem) throw new UsageException($"{plan.Box.Device}: {problem}.");
            var step = await publication.SendAsync(dispatch, cancel).ConfigureAwait(false);
            printer.Step(step);
            if (plan.NoWait) return ExitCode.Done;

            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(plan.Timeout);
            try
            {
                do
                {
                    step = await publication.NextStepAsync(deadline.Token).ConfigureAwait(false);
                    printer.Step(step);
                }
                while (!step.IsLast);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                printer.TimedOut(plan.Timeout);
                return ExitCode.Failed;
            }

            return step is PublicationStep.Reported { Report.State: DocumentState.Confirmed } ? ExitCode.Done : ExitCode.Failed;
        }
    }

    private static byte[] Body(string file)
    {
        const int MaxOctets = 1 << 21; // above what a box takes; below what a mistyped name of a disk image costs
        try
        {
            using var stream = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
            var buffer = new byte[MaxOctets + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= MaxOctets ? buffer[..length] : throw new UsageException($"{file} is larger than {MaxOctets} octets.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message);
        }
    }

    private sealed record Plan(TwinIdentity Box, Keys.FleetFolder? Home, byte[] Body, bool NewEpoch, TimeSpan? Valid, TimeSpan Timeout, bool NoWait);
}

/// <summary>The lines of a publication.</summary>
internal sealed class PublishPrinter(FleetConsole console, TwinIdentity box, bool json)
{
    private DocumentVersion _version;

    public void Checked(BodyCheck check)
    {
        if (check.Errors.Count == 0 && (json || check.Warnings.Count == 0)) return;
        if (json)
        {
            Say("invalid", w => Problems(w, check.Errors));
            return;
        }

        foreach (var problem in check.Errors) console.Line($"error: {FleetConsole.Printable(problem.Path)}: {FleetConsole.Printable(problem.Message)}", Tone.Bad);
        foreach (var problem in check.Warnings) console.Line($"warning: {FleetConsole.Printable(problem.Path)}: {FleetConsole.Printable(problem.Message)}", Tone.Busy);
        if (check.Errors.Count > 0) console.Line($"invalid: {check.Errors.Count} error(s); nothing was sent.", Tone.Bad);
    }

    public void Step(PublicationStep step)
    {
        switch (step)
        {
            case PublicationStep.Published published:
                _version = published.Document.Version;
                if (json) Say("published", w => w.WriteString("sha256", published.Document.Sha256));
                else console.Line($"{box} {_version} published{Waits(published.Online)}", Tone.Busy);
                break;
            case PublicationStep.Presence presence:
                if (json) Say(presence.Online ? "online" : "offline");
                else console.Line(presence.Online ? $"{box} is online" : $"{box} went offline", Tone.Faint);
                break;
            case PublicationStep.Reported reported:
                Reported(reported.Report);
                break;
            case PublicationStep.Discarded discarded:
                if (json) Say("discarded", w => Problems(w, discarded.Message.Problems));
                else Failed($"discarded ({discarded.Message.Cause})", null, discarded.Message.Problems, 0);
                break;
            case PublicationStep.Overtaken overtaken:
                if (json) Say("overtaken", w => w.WriteString("by", overtaken.By.ToString()));
                else Failed($"overtaken by {overtaken.By}", null, [], 0);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(step), step, "Not a step.");
        }
    }

    public void TimedOut(TimeSpan timeout)
    {
        if (json) Say("timeout");
        else Failed($"not confirmed within {timeout}; the broker keeps the document for the box", null, [], 0);
    }

    private static string Waits(bool? online) => online switch
    {
        true => "",
        false => "; the box is offline and takes it up when it connects",
        null => "; no box of this name was seen yet",
    };

    private static void Problems(Utf8JsonWriter writer, IReadOnlyList<ReportedProblem> problems)
    {
        writer.WriteStartArray("problems");
        foreach (var problem in problems)
        {
            writer.WriteStartObject();
            writer.WriteString("path", problem.Path);
            writer.WriteString("message", problem.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void Reported(ReportedDocument report)
    {
        var word = ReportText.Word(report.State);
        if (json)
        {
            Say(word, w =>
            {
                if (report.Reason is { } reason)
                {
                    w.WriteNumber("code", reason.Code);
                    w.WriteString("reason", reason.Name);
                    if (reason.Detail is { } detail) w.WriteString("detail", detail);
                }

                if (report.Problems.Count > 0) Problems(w, report.Problems);
            });
        }
        else if (report.State is DocumentState.Refused or DocumentState.Reverted)
        {
            Failed(word, report.Reason, report.Problems, report.ProblemsOmitted);
        }
        else
        {
            console.Line($"{box} {_version} {word}{(report is { State: DocumentState.Received, Insecure: true } ? " (unsigned: the box is in laboratory mode)" : "")}",
                report.State == DocumentState.Confirmed ? Tone.Good : Tone.Busy);
        }
    }

    private void Failed(string what, ReportedReason? reason, IReadOnlyList<ReportedProblem> problems, int omitted)
    {
        console.Line($"{box} {_version} {what}{(reason is null ? "" : ": " + ReportText.Reason(reason))}", Tone.Bad);
        foreach (var problem in problems) console.Line($"  {FleetConsole.Printable(problem.Path)}: {FleetConsole.Printable(problem.Message)}", Tone.Bad);
        if (omitted > 0) console.Line(string.Create(CultureInfo.InvariantCulture, $"  and {omitted} more"), Tone.Bad);
    }

    private void Say(string state, Action<Utf8JsonWriter>? more = null) => console.Line(JsonLine.Of(w =>
    {
        w.WriteString("fleet", box.Fleet);
        w.WriteString("device", box.Device);
        if (!_version.IsNone)
        {
            w.WriteNumber("epoch", _version.Epoch);
            w.WriteNumber("revision", _version.Revision);
        }

        w.WriteString("state", state);
        more?.Invoke(w);
    }));
}
