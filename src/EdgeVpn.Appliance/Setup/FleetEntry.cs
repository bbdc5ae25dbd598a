using System.Collections.Immutable;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Local.SetupPage;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Setup;

/// <summary>Joining a fleet from the set-up page: asks with a claim card until the operator answers, at most for <see cref="Patience"/>; another card takes the place of the one before.</summary>
/// <remarks>It goes on when the page is closed: the operator may take longer than the technician waits.</remarks>
/// <param name="state">Where keys and membership are kept; null: this daemon keeps nothing.</param>
/// <param name="join">Makes a granted membership the box's own.</param>
/// <param name="ask">The way to the operator; tells what happens meanwhile.</param>
/// <param name="tell">For log and operator.</param>
internal sealed class FleetEntry(
    Func<StateDirectory?> state, Func<Enrolment, Task<StorageResult>> join, Func<ClaimCard, IBoxKeys, Action<string>, CancellationToken, Task<Enrolment>> ask, TimeProvider time, Action<string> tell) : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private const int MaxSaid = 6;
    private readonly Lock _lock = new();
    private ImmutableArray<string> _said = [];
    private Asking? _asking;

    /// <summary>What the page shows of it.</summary>
    public FleetView Look()
    {
        var (member, keys) = (state()?.Enrolment, state()?.Keys);
        lock (_lock)
        {
            return new FleetView(
                member is null ? null : $"{member.Identity}{(member.Released ? ", released" : "")}", member is null or { Released: true },
                keys is null ? null : P256Key.Of(keys.Identity).Fingerprint, _asking is not null, _said);
        }
    }

    /// <summary>Begins to ask; returns at once.</summary>
    public EnrolAnswer Begin(ClaimOffer offer)
    {
        // A card that came by mail is broken into lines.
        if (!ClaimCard.TryParse(string.Concat(offer.Claim.Where(static c => !char.IsWhiteSpace(c))), out var card)) return No("This is no claim card: it begins with edgevpn:// and is copied whole.");
        if (offer.Broker is { Length: > 0 } other)
        {
            if (!BrokerAddress.TryParse($"{(card.Broker.Tls ? "mqtts" : "mqtt")}://{other.Trim()}", out var broker)) return No($"\"{other}\" is no broker: a name or an address is wanted, with :port unless it is the card's.");
            var namesPort = other.Trim().EndsWith($":{broker.Port}", StringComparison.Ordinal);
            card = card with { Broker = namesPort ? broker : broker with { Port = card.Broker.Port } };
        }

        if (state() is not { } kept) return No("This daemon keeps nothing, and cannot remember a fleet.");
        if (ClaimCheck.Refusal(kept.Enrolment, card, time.GetUtcNow()) is { } refusal) return No(refusal.Sentence);
        if (kept.MakeKeys() is { IsOk: false } failed) return No(failed.Sentence);
        lock (_lock)
        {
            var (before, asking) = (_asking, new Asking(new CancellationTokenSource(Patience, time)));
            (_said, _asking) = ([], asking); // first: who is cancelled then is not heard any more
            before?.Stop.Cancel();
            asking.Task = Task.Run(() => AskAsync(card, kept.Keys!, asking));
        }

        return new EnrolAnswer(true, $"Asking {card.Broker} for {card.Identity}.");
    }

    public async ValueTask DisposeAsync()
    {
        Asking? asking;
        lock (_lock)
        {
            (asking, _asking) = (_asking, null);
            asking?.Stop.Cancel();
        }

        if (asking is not null) await asking.Task.ConfigureAwait(false);
    }

    private async Task AskAsync(ClaimCard card, IBoxKeys keys, Asking asking)
    {
        string ending;
        try
        {
            var enrolment = await ask(card, keys, line => Say(asking, line), asking.Stop.Token).ConfigureAwait(false);
            ending = await join(enrolment).ConfigureAwait(false) is { IsOk: false } failed ? failed.Sentence : $"This box is enrolled as {enrolment.Identity}; its broker is {enrolment.Broker}.";
        }
        catch (OperationCanceledException)
        {
            ending = $"The operator did not answer within {Patience.TotalMinutes:0} minutes. The request stays with the broker: give the card again.";
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            ending = $"It went wrong: {fault.GetBaseException().Message}"; // whatever it is, the technician must not wait for it
        }

        lock (_lock)
        {
            if (_asking == asking) // else another card was given
            {
                Add(ending);
                _asking = null;
            }

            asking.Stop.Dispose();
        }
    }

    private void Say(Asking asking, string line)
    {
        lock (_lock)
            if (_asking == asking) Add(line);
    }

    private void Add(string line)
    {
        _said = [.. _said.TakeLast(MaxSaid - 1), line];
        tell($"enrolment: {line}");
    }

    private static EnrolAnswer No(string why) => new(false, why);

    private sealed class Asking(CancellationTokenSource stop)
    {
        public CancellationTokenSource Stop { get; } = stop;

        public Task Task { get; set; } = Task.CompletedTask;
    }
}
