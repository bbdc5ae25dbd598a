using System.CommandLine;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn enrol</c>: join a fleet with a claim card.</summary>
internal static class EnrolCommand
{
    public static Command Make(CommandContext context)
    {
        var claim = new Argument<string>("CLAIM") { Description = "The text of the claim card (edgevpn://…), or the name of a file that holds it. Others on this machine can see arguments: prefer a file." };
        var timeout = new Option<TimeSpan>("--timeout")
        {
            HelpName = "SPAN",
            Description = "How long to wait for the operator ([d.]hh:mm:ss).",
            DefaultValueFactory = _ => TimeSpan.FromMinutes(15),
        };
        var command = new EdgeCommand(
            "enrol", "Join a fleet: make the box's keys, ask with a claim card, believe only the fleet that the card names.",
            "edgevpn enrol claim.txt", "edgevpn enrol 'edgevpn://broker.example:8884/lyon/branch-042?k=…&t=…&x=…'") { claim };
        foreach (var option in (Option[])[context.State, timeout, context.Json]) command.Options.Add(option);
        command.SetAction((parsed, cancel) => RunAsync(context, parsed, parsed.GetValue(claim)!, parsed.GetValue(context.State)!, parsed.GetValue(timeout), cancel));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, string claim, string folder, TimeSpan timeout, CancellationToken cancel)
    {
        if (Card(claim) is not { } card) return context.Fail(parsed, new ControlError("claim", "This is no claim card: edgevpn://HOST:PORT/FLEET/DEVICE?k=…&t=…&x=…, or a file that holds one."), ExitCode.Usage);
        var state = StateDirectory.Open(folder);
        if (ClaimCheck.Refusal(state.Enrolment, card, DateTimeOffset.UtcNow) is var (name, sentence)) return context.Fail(parsed, new ControlError(name, sentence), ExitCode.Failed);
        if (state.MakeKeys() is { IsOk: false } failed) return context.Fail(parsed, new ControlError("storage", failed.Sentence), ExitCode.Failed);

        var json = context.IsJson(parsed);
        void Say(string line)
        {
            if (!json) context.Terminal.Out.WriteLine(line);
        }

        Say($"this box    {P256Key.Of(state.Keys!.Identity).Fingerprint}   (the operator sees the same)");
        Say($"its fleet   {card.FleetKey}   (the key on the card)");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        end.CancelAfter(timeout);
        Enrolment enrolment;
        try
        {
            enrolment = await new EnrolmentClient(card, state.Keys!, Say).RunAsync(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return context.Fail(parsed, new ControlError("timeout", $"The operator did not answer within {timeout}. The request stays with the broker: run the same command again."), ExitCode.Failed);
        }

        if (state.Enter(enrolment) is { IsOk: false } unkept) return context.Fail(parsed, new ControlError("storage", unkept.Sentence), ExitCode.Failed);
        if (json) context.Write(new EnrolledAnswer(enrolment.Identity.Fleet, enrolment.Identity.Device, enrolment.Broker.ToString(), enrolment.NotAfter), LocalJson.Pages.EnrolledAnswer);
        else Say($"enrolled as {enrolment.Identity}; broker {enrolment.Broker}; certificate until {enrolment.NotAfter:u}. Now: systemctl restart edgevpn");
        return ExitCode.Done;
    }

    private static ClaimCard? Card(string claim)
    {
        const int MaxOctets = 4_096;
        if (ClaimCard.TryParse(claim, out var card)) return card;
        try
        {
            return new FileInfo(claim) is { Exists: true, Length: <= MaxOctets } && ClaimCard.TryParse(File.ReadAllText(claim), out card) ? card : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}

/// <summary>What <c>edgevpn enrol --json</c> prints.</summary>
public sealed record EnrolledAnswer(string Fleet, string Device, string Broker, DateTimeOffset CertificateNotAfter);
