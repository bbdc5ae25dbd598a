using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Ipsec;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using ConnectionState = EdgeVpn.Appliance.Control.ConnectionState;

namespace EdgeVpn.Appliance.Composition;

/// <summary>What the control socket asks, answered by the box.</summary>
internal sealed class BoxControl(Box box, PanelLoop panel, BoxLife life, BoxSetup setup) : IControlHandler
{
    /// <summary>How long <c>up</c> and <c>rekey</c> wait for what they asked for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(18);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public async ValueTask<ControlAnswer> HandleAsync(ControlRequest request, CancellationToken cancel)
    {
        var connection = request[ControlArgument.Connection] ?? "";
        switch (request.Command)
        {
            case ControlCommand.Status:
                return ControlAnswer.Of(box.Status(LightsOf(panel)));
            case ControlCommand.Why:
                return Why(request[ControlArgument.Connection]);
            case ControlCommand.Up:
                return await UpAsync(connection, cancel).ConfigureAwait(false);
            case ControlCommand.Down:
                return await DownAsync(connection, cancel).ConfigureAwait(false);
            case ControlCommand.Rekey:
                return await RekeyAsync(connection, request[ControlArgument.What], cancel).ConfigureAwait(false);
            case ControlCommand.Configuration:
                using (var document = JsonDocument.Parse(ConfigurationWriter.WriteRedacted(EffectiveConfiguration.Of(box.Configuration))))
                    return ControlAnswer.Of(new ConfigurationAnswer(box.InForce, document.RootElement.Clone()));
            case ControlCommand.Lights:
                return ControlAnswer.Of(LightsOf(panel));
            case ControlCommand.Recorder:
                return box.Memory is { } recording ? ControlAnswer.Of(recording.Recorder.Snapshot()) : ControlAnswer.Failed(ControlErrorCode.Failed, "Nothing is recorded.");
            case ControlCommand.Usage:
                return Usage();
            case ControlCommand.Keys:
                return await KeysAsync(request[ControlArgument.Seconds]).ConfigureAwait(false);
            case ControlCommand.Press:
                return Press(request[ControlArgument.Seconds]);
            case ControlCommand.Setup:
                return await SetupAsync(request[ControlArgument.Action]).ConfigureAwait(false);
            case ControlCommand.Bundle:
                return ControlAnswer.Of(new BundleAnswer(setup.Bundle()));
            case ControlCommand.Offer:
                return life.Offer(request[ControlArgument.Document] ?? "")
                    ? ControlAnswer.Done("The box looks at the document now; `edgevpn status` says what becomes of it.")
                    : ControlAnswer.Failed(ControlErrorCode.Failed, "This box has no operator whose signature it could check: it was not enrolled.");
            case ControlCommand.Reset:
                return await ResetAsync(request[ControlArgument.To], request[ControlArgument.Enrolment]).ConfigureAwait(false);
            default:
                return ControlAnswer.Failed(ControlErrorCode.UnknownCommand, $"This version does not know '{request.Command}'.");
        }
    }

    public IAsyncEnumerable<BoxEvent> Watch(CancellationToken cancel) => box.Events.Listen(cancel);

    internal static LightsStatus LightsOf(PanelLoop panel)
    {
        var (four, fitted) = (panel.Snapshot.Four, panel.Snapshot.Patterns);
        return new LightsStatus
        {
            Power = four.Power.Name,
            Wan = four.Wan.Name,
            Vpn = four.Vpn.Name,
            Cloud = four.Cloud.Name,
            Only = fitted is [var only] ? only.Name : null,
            Code = panel.Health.FaultCode,
        };
    }

    private ControlAnswer Why(string? connection)
    {
        var facts = box.Facts();
        var views = Named(connection).ToList();
        return views.Count == 0 && connection is not null
            ? Unknown(connection)
            : ControlAnswer.Of(WhyOf.Answer(facts, views, connection is null));
    }

    private async Task<ControlAnswer> UpAsync(string connection, CancellationToken cancel)
    {
        if (!Named(connection).Any()) return Unknown(connection);
        await OnLoop(now => box.Connections.Up(connection, now)).ConfigureAwait(false);
        if (Named(connection).All(static view => !view.Plan.MayInitiate && view.State != ConnectionState.Up))
            return ControlAnswer.Done($"{connection} comes up when its peer calls");
        var isUp = await Until(() => Named(connection).All(static view => view.State == ConnectionState.Up)
            || Named(connection).Any(static view => view.Failures > 0), cancel).ConfigureAwait(false);
        if (isUp && Named(connection).All(static view => view.State == ConnectionState.Up)) return ControlAnswer.Done($"{connection} is up");
        var facts = box.Facts();
        var reason = Named(connection).Select(facts.Reasons.Of).FirstOrDefault(static r => r is not null);
        return ControlAnswer.Failed(
            ControlErrorCode.Failed,
            $"{connection} did not come up" + (reason is { } why ? $": {why.Reason.Sentence}" : " in time."),
            reason is { } r ? ReasonStatus.Of(r.Reason, r.Detail) : null);
    }

    private async Task<ControlAnswer> DownAsync(string connection, CancellationToken cancel)
    {
        if (!Named(connection).Any()) return Unknown(connection);
        await OnLoop(now => box.Connections.Down(connection, now)).ConfigureAwait(false);
        return await Until(() => Named(connection).All(static view => view.IkeSas.IsEmpty), cancel).ConfigureAwait(false)
            ? ControlAnswer.Done($"{connection} is down")
            : ControlAnswer.Done($"{connection} is down; the peer has not confirmed it");
    }

    private async Task<ControlAnswer> RekeyAsync(string connection, string? what, CancellationToken cancel)
    {
        if (!Named(connection).Any()) return Unknown(connection);
        var anew = what == ControlArgument.Authentication;
        var (ike, child) = (what != ControlArgument.Child, what != ControlArgument.Ike);
        var before = Ids(connection, ike, child);
        if (before.Count == 0) return ControlAnswer.Failed(ControlErrorCode.Failed, $"{connection} is not up: there is nothing to rekey.");
        var asked = true;
        await OnLoop(now =>
        {
            if (anew) asked = box.Connections.Reauthenticate(connection, now);
            else box.Connections.Rekey(connection, ike, child, now);
        }).ConfigureAwait(false);
        if (!asked) return ControlAnswer.Failed(ControlErrorCode.Failed, $"{connection} was called by its peer, which alone can authenticate anew: we cannot call an address that is not configured, or behind a NAT.");
        var done = await Until(() => Ids(connection, ike, child) is { Count: > 0 } now && !now.Overlaps(before), cancel).ConfigureAwait(false);
        return done
            ? ControlAnswer.Done(anew ? $"{connection} is authenticated anew" : $"{connection} has new keys")
            : ControlAnswer.Failed(ControlErrorCode.Failed, $"{connection} was not rekeyed in time; the old keys stay in use.");
    }

    private ControlAnswer Usage()
    {
        if (box.Memory is not { } memory) return ControlAnswer.Failed(ControlErrorCode.Failed, "Nothing is counted.");
        memory.Gather();
        return ControlAnswer.Of(memory.Meter.Snapshot());
    }

    /// <summary>Gives keys out, and says so where everyone who watches, and the log, will see it.</summary>
    private async Task<ControlAnswer> KeysAsync(string? seconds)
    {
        if (box.Memory is not { } memory) return ControlAnswer.Failed(ControlErrorCode.Failed, "Nothing is recorded.");
        if (!int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var time)) return ControlAnswer.Failed(ControlErrorCode.BadRequest, "For how many seconds?");
        var keys = await box.LendKeysAsync(memory.Loan, TimeSpan.FromSeconds(time)).ConfigureAwait(false);
        box.Events.Add(BoxEventKind.Keys, null, $"keys of {keys.Ike.Length} IKE SAs and {keys.Esp.Length} ESP SAs were given out for a capture", ("seconds", seconds));
        return ControlAnswer.Of(keys);
    }

    private ControlAnswer Press(string? seconds)
    {
        if (!double.TryParse(seconds, out var value) || value is <= 0 or > 60)
            return ControlAnswer.Failed(ControlErrorCode.BadRequest, "The button is pressed for more than 0 and at most 60 seconds.");
        return panel.Press(TimeSpan.FromSeconds(value))
            ? ControlAnswer.Done($"the button is held for {value} s")
            : ControlAnswer.Failed(ControlErrorCode.Failed, "Only a virtual board's button can be pressed from here.");
    }

    private async Task<ControlAnswer> ResetAsync(string? to, string? enrolment)
    {
        if (to is not (ControlArgument.Factory or ControlArgument.Confirmed) || enrolment is not (null or "true"))
            return ControlAnswer.Failed(ControlErrorCode.BadRequest, "A reset leads to \"factory\" or \"confirmed\".");
        try
        {
            var result = await life.ResetAsync(to == ControlArgument.Factory ? ResetTarget.Factory : ResetTarget.Confirmed, enrolment is not null).ConfigureAwait(false);
            return result.IsOk
                ? ControlAnswer.Done(to == ControlArgument.Factory ? "the box starts over from what is there" : "the box runs from its last confirmed document")
                : ControlAnswer.Failed(ControlErrorCode.Failed, $"Not all could be forgotten: {result.Sentence}");
        }
        catch (InvalidOperationException refused)
        {
            return ControlAnswer.Failed(ControlErrorCode.Busy, refused.Message);
        }
    }

    private async Task<ControlAnswer> SetupAsync(string? action)
    {
        switch (action)
        {
            case ControlArgument.Open:
                return await setup.OpenAsync().ConfigureAwait(false)
                    ? ControlAnswer.Done($"the page is at {string.Join(" and ", setup.Places.Select(static p => $"http://{p.Address}/ ({p.Interface})"))} for {SetupMode.Span.TotalMinutes:0} minutes")
                    : ControlAnswer.Failed(ControlErrorCode.Failed, $"Set-up mode is not open: {setup.Refusal}.");
            case ControlArgument.Close:
                await setup.CloseAsync("closed from a keyboard").ConfigureAwait(false);
                return ControlAnswer.Done("set-up mode is closed");
            default:
                return ControlAnswer.Failed(ControlErrorCode.BadRequest, "Set-up mode is opened or closed.");
        }
    }

    private HashSet<long> Ids(string connection, bool ike, bool child) =>
    [
        .. Named(connection).SelectMany(static view => view.IkeSas).Where(static sa => sa.State == "Established")
            .SelectMany(sa => (ike ? [sa.Id.Value] : Enumerable.Empty<long>()).Concat(child ? sa.Children.Select(static c => c.Id.Value) : [])),
    ];

    private IEnumerable<ConnectionView> Named(string? connection) =>
        box.Connections.Views.Where(view => connection is null || view.Plan.Name == connection || view.Plan.Config.Name == connection);

    private Task<bool> OnLoop(Action<Instant> work) => box.Loop.InvokeAsync(now =>
    {
        work(now);
        return true;
    });

    /// <summary>Looks again and again at a snapshot that another thread publishes.</summary>
    private static async Task<bool> Until(Func<bool> holds, CancellationToken cancel)
    {
        var deadline = IkeLoop.Now() + Patience;
        while (!holds())
        {
            if (IkeLoop.Now() >= deadline) return false;
            await Task.Delay(Look, cancel).ConfigureAwait(false);
        }

        return true;
    }

    private static ControlAnswer Unknown(string connection) =>
        ControlAnswer.Failed(ControlErrorCode.UnknownConnection, $"There is no connection '{connection}'.");
}
