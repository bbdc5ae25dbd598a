using System.CommandLine;
using System.Threading.Channels;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet enrol</c>: a claim card for one box, and the answer to its request.</summary>
internal static class EnrolCommand
{
    public static Command Make(FleetConsole console)
    {
        var device = new Argument<string>("DEVICE") { Description = "The box's name in the fleet." };
        var card = new Option<bool>("--card") { Description = "Print the claim card and return; a later call answers the box." };
        var qr = new Option<bool>("--qr") { Description = "Print the card as a QR code too. Default on a terminal." };
        var svg = new Option<string?>("--svg") { Description = "Write the card as a QR code to print, mode 0600.", HelpName = "FILE" };
        var valid = new Option<TimeSpan>("--valid") { Description = "How long a new card is good ([d.]hh:mm:ss).", HelpName = "SPAN", DefaultValueFactory = _ => TimeSpan.FromDays(7) };
        var fingerprint = new Option<string?>("--fingerprint") { Description = "The fingerprint that the technician read off the box; only that key is let in.", HelpName = "FINGERPRINT" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Let in who knows the card's token, without asking for the fingerprint." };
        var timeout = new Option<TimeSpan>("--timeout") { Description = "How long to wait for the box ([d.]hh:mm:ss).", HelpName = "SPAN", DefaultValueFactory = _ => TimeSpan.FromMinutes(30) };
        var json = new Option<bool>("--json") { Description = "One JSON object per line, for scripts." };
        var folder = new FleetOption();
        var command = new DetailedCommand("enrol", "Prints a box's claim card, waits for the box, and lets it in.",
            """
            The card says where to ask and whose answer to believe, and holds a token that lets one box in, once. The box shows its
            key's fingerprint; so does this command: let in only what is the same. The box then gets its certificate and the fleet's keys.
            On a terminal the card is a QR code as well; --svg writes one to print. Whoever photographs it holds the card.
            Exit code: 0 enrolled (or the card was printed), 1 nobody came, or the broker cannot be reached, 2 wrong usage.

            Example: edgefleet enrol branch-042 --folder lyon
            On the box: edgevpn enrol claim.txt
            """)
        { device, card, qr, svg, valid, fingerprint, yes, timeout, json };
        folder.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var fleet = folder.Read(parsed);
            var name = BrokerOptionSet.Name("device", parsed.GetValue(device))!;
            var admission = new Admission(fleet, TimeProvider.System);
            var printer = new EnrolPrinter(console, name, parsed.GetValue(json));
            var claim = admission.Card(name, parsed.GetValue(valid));
            printer.Card(claim, parsed.GetValue(qr) || console.IsTerminal);
            if (parsed.GetValue(svg) is { } file) WriteSvg(claim, file);
            if (parsed.GetValue(card)) return ExitCode.Done;
            var ask = parsed.GetValue(yes) ? static _ => true
                : parsed.GetValue(fingerprint) is { } wanted ? a => a.Identity.Fingerprint == wanted.Trim()
                : console.IsTerminal ? a => Ask(console, a)
                : (Func<Applicant, bool>)(_ => throw new UsageException("nobody can be asked here: say --fingerprint, or --yes."));
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            end.CancelAfter(parsed.GetValue(timeout));
            try
            {
                return await RunAsync(fleet, admission, printer, name, ask, end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                printer.TimedOut(parsed.GetValue(timeout));
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(FleetFolder fleet, Admission admission, EnrolPrinter printer, string device, Func<Applicant, bool> ask, CancellationToken cancel)
    {
        var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await session.SubscribeAsync([EnrolmentTopic.UpFilter], cancel).ConfigureAwait(false);
            string? admitted = null;
            var judged = new HashSet<string>();
            try
            {
                await foreach (var message in session.Others.ReadAllAsync(cancel).ConfigureAwait(false))
                {
                    if (EnrolmentTopic.FingerprintOf(message.Topic) is not { } fingerprint) continue;
                    if (message.Payload.IsEmpty)
                    {
                        if (fingerprint != admitted) continue;
                        // The box has its answer and took its request away.
                        await session.PublishAsync(EnrolmentTopic.Down(fingerprint), ReadOnlyMemory<byte>.Empty, retain: true, cancel).ConfigureAwait(false);
                        printer.Enrolled();
                        return ExitCode.Done;
                    }

                    if (admitted is not null || !judged.Add(DesiredDocument.Hash(message.Payload.Span))) continue;
                    if (admission.Read(fingerprint, message.Payload, out var problem) is not { } applicant)
                    {
                        printer.NotBelieved(fingerprint, problem);
                        continue;
                    }

                    if (applicant.Device != device) continue;
                    printer.Asks(applicant);
                    if (!ask(applicant))
                    {
                        printer.NotBelieved(fingerprint, "has another fingerprint than the box in hand.");
                        continue;
                    }

                    await session.PublishAsync(EnrolmentTopic.Down(fingerprint), admission.Admit(applicant), retain: true, cancel).ConfigureAwait(false);
                    admitted = fingerprint;
                    printer.Admitted();
                }
            }
            catch (ChannelClosedException e)
            {
                throw e.InnerException as BrokerException ?? new BrokerException("The connection to the broker ended.", e);
            }

            throw new BrokerException("The connection to the broker ended.");
        }
    }

    private static void WriteSvg(ClaimCard card, string file)
    {
        try
        {
            Files.WriteSecret(file, new QrPicture(card.ToText()).ToSvg(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{card.Identity}, until {card.NotAfter:yyyy-MM-dd}")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message);
        }
    }

    private static bool Ask(FleetConsole console, Applicant applicant)
    {
        console.Out.Write($"Does the box show {applicant.Identity.Fingerprint}? [y/N] ");
        return Console.ReadLine() is "y" or "Y" or "yes";
    }
}

/// <summary>The lines of an enrolment.</summary>
internal sealed class EnrolPrinter(FleetConsole console, string device, bool json)
{
    public void Card(ClaimCard card, bool qr)
    {
        if (json)
        {
            console.Line(JsonLine.Of(w =>
            {
                w.WriteString("state", "card");
                w.WriteString("device", device);
                w.WriteString("claim", card.ToText());
                w.WriteString("notAfter", card.NotAfter);
            }));
            return;
        }

        console.Line($"Claim card of {card.Identity}, good until {card.NotAfter:u}. It lets one box in: hand it to nobody but who holds the box.");
        console.Line("");
        console.Line($"  {card.ToText()}");
        console.Line("");
        if (!qr) return;
        foreach (var line in new QrPicture(card.ToText()).Lines(console.HasColor)) console.Line(line);
        console.Line("");
    }

    public void Asks(Applicant applicant)
    {
        if (json) Say("asks", applicant.Identity.Fingerprint);
        else console.Line($"{device} asks; its key is {applicant.Identity.Fingerprint}", Tone.Busy);
    }

    public void NotBelieved(string fingerprint, string problem)
    {
        if (json)
        {
            console.Line(JsonLine.Of(w =>
            {
                w.WriteString("state", "refused");
                w.WriteString("fingerprint", fingerprint);
                w.WriteString("problem", problem);
            }));
        }
        else
        {
            console.Line($"a request of {FleetConsole.Printable(fingerprint)} {FleetConsole.Printable(problem)}", Tone.Bad);
        }
    }

    public void Admitted()
    {
        if (json) Say("admitted", null);
        else console.Line($"{device} is let in; waiting for it to take its certificate", Tone.Busy);
    }

    public void Enrolled()
    {
        if (json) Say("enrolled", null);
        else console.Line($"{device} is enrolled", Tone.Good);
    }

    public void TimedOut(TimeSpan timeout)
    {
        if (json) Say("timeout", null);
        else console.Line($"{device} did not come within {timeout}; its card stays good", Tone.Bad);
    }

    private void Say(string state, string? fingerprint) => console.Line(JsonLine.Of(w =>
    {
        w.WriteString("state", state);
        w.WriteString("device", device);
        if (fingerprint is not null) w.WriteString("fingerprint", fingerprint);
    }));
}
