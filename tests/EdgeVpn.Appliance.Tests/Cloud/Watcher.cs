using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>An operator who sees everything about the box and can wait for it.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private readonly OperatorSession _session;
    private readonly CancellationTokenSource _deadline = new(BrokerLab.Deadline);

    private Watcher(OperatorSession session) => _session = session;

    public static async Task<Watcher> StartAsync(BrokerAddress broker)
    {
        var session = await OperatorSession.ConnectAsync(new OperatorOptions(broker), CancellationToken.None);
        TwinChannel[] channels = [TwinChannel.Desired, TwinChannel.Reported, TwinChannel.Presence, TwinChannel.Events, TwinChannel.Telemetry];
        await session.SubscribeAsync(channels.Select(c => TwinTopic.Filter(null, null, c)), CancellationToken.None);
        return new Watcher(session);
    }

    public Task PublishAsync(DesiredDocument document) => PublishAsync(document.ToJson());

    public Task PublishAsync(byte[] payload) =>
        _session.PublishAsync(new TwinTopic(TwinBench.Box, TwinChannel.Desired), payload, retain: true, CancellationToken.None);

    /// <summary>The next report that fits; those before it are returned too, by their state.</summary>
    public async Task<(ReportedDocument Report, List<DocumentState> Way)> ReportAsync(Func<ReportedDocument, bool> fits, string what)
    {
        List<DocumentState> way = [];
        while (true)
        {
            var message = await NextAsync(TwinChannel.Reported, what);
            Assert.True(TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.ReportedDocument, out var report), "a report that does not read");
            if (way.Count == 0 || way[^1] != report.State) way.Add(report.State);
            if (fits(report)) return (report, way);
        }
    }

    public Task<(ReportedDocument Report, List<DocumentState> Way)> ReportAsync(long revision, DocumentState state) =>
        ReportAsync(r => r.Revision == revision && r.State == state, $"revision {revision} {state}");

    public async Task<PresenceDocument> PresenceAsync(bool online)
    {
        while (true)
        {
            var message = await NextAsync(TwinChannel.Presence, online ? "online" : "offline");
            Assert.True(TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.PresenceDocument, out var presence), "a presence that does not read");
            if (presence.Online == online) return presence;
        }
    }

    public async Task<EventDocument> EventAsync(string kind)
    {
        while (true)
        {
            var message = await NextAsync(TwinChannel.Events, "event " + kind);
            Assert.True(TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.EventDocument, out var happened), "an event that does not read");
            if (happened.Kind == kind) return happened;
        }
    }

    public async Task<TwinMessage> NextAsync(TwinChannel channel, string what)
    {
        try
        {
            while (true)
            {
                var message = await _session.Messages.ReadAsync(_deadline.Token);
                if (message.Topic.Channel == channel && message.Topic.Identity == TwinBench.Box) return message;
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"not within {BrokerLab.Deadline.TotalSeconds:0} s: {what}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        _deadline.Dispose();
    }
}
