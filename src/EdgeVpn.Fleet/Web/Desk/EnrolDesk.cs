using System.Collections.Concurrent;
using System.Threading.Channels;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web.Desk;

/// <summary>A box that asks to be let in, or was.</summary>
/// <param name="Applicant">Who, with its keys.</param>
/// <param name="At">When it asked.</param>
/// <param name="IsAdmitted">It was told so.</param>
public sealed record Asking(Applicant Applicant, DateTimeOffset At, bool IsAdmitted);

/// <summary>Enrolment in the console: hands out claim cards, shows who asks, lets in whom a person says.</summary>
public sealed class EnrolDesk(FleetFolder fleet, Action<string> tell, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Believed requests remembered; each takes a claim card's token.</summary>
    public const int MostAsking = 256;

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CardLife = TimeSpan.FromDays(7);

    private readonly Admission _admission = new(fleet, time);
    private readonly ConcurrentDictionary<string, Asking> _asking = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = ListenAsync();

    /// <summary>By device, the newest request of each key.</summary>
    public IReadOnlyList<Asking> Asking => [.. _asking.Values.OrderBy(static a => a.IsAdmitted).ThenBy(static a => a.Applicant.Device, StringComparer.Ordinal)];

    /// <summary>The card of one device: the one that waits, or a new one.</summary>
    public ClaimCard Card(string device) => _admission.Card(device, CardLife);

    /// <summary>Lets a box in whose fingerprint a person compared.</summary>
    /// <returns>Whom; null if nobody with this key asks.</returns>
    /// <exception cref="BrokerException">The broker is gone; the box asks again.</exception>
    public async Task<Applicant?> AdmitAsync(string topic, CancellationToken cancel)
    {
        // The card is used up by the first who takes it out.
        if (!_asking.TryGetValue(topic, out var asking) || asking.IsAdmitted || !_asking.TryUpdate(topic, asking with { IsAdmitted = true }, asking)) return null;
        var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
            await session.PublishAsync(EnrolmentTopic.Down(topic), _admission.Admit(asking.Applicant), retain: true, cancel).ConfigureAwait(false);
        return asking.Applicant;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task ListenAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var session = await OperatorSession.ConnectAsync(fleet.Connection(), _stop.Token).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    await session.SubscribeAsync([EnrolmentTopic.UpFilter], _stop.Token).ConfigureAwait(false);
                    await foreach (var message in session.Others.ReadAllAsync(_stop.Token).ConfigureAwait(false)) await TakeAsync(session, message).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is BrokerException or ChannelClosedException or FleetFolderException)
            {
                // The feed says on every page that the broker is not heard.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await Task.Delay(Again, time, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task TakeAsync(OperatorSession session, OtherMessage message)
    {
        if (EnrolmentTopic.FingerprintOf(message.Topic) is not { } topic) return;
        if (message.Payload.IsEmpty)
        {
            // The box has its answer and took its request away.
            if (!_asking.TryRemove(topic, out var done) || !done.IsAdmitted) return;
            await session.PublishAsync(EnrolmentTopic.Down(topic), ReadOnlyMemory<byte>.Empty, retain: true, _stop.Token).ConfigureAwait(false);
        }
        else
        {
            if (_asking.ContainsKey(topic) || _asking.Count >= MostAsking || _admission.Read(topic, message.Payload, out _) is not { } applicant) return;
            _asking[topic] = new Asking(applicant, time.GetUtcNow(), IsAdmitted: false);
        }

        tell("enrol");
    }
}
