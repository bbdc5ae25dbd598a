using System.Buffers;
using System.Net;
using System.Net.Sockets;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace EdgeVpn.Fleet.Broker;

/// <summary>Where a broker listens and what it keeps.</summary>
/// <param name="Listen">Address and port; port 0 lets the system choose.</param>
/// <param name="Store">File that keeps retained messages across restarts; null keeps them in memory.</param>
public sealed record BrokerOptions(IPEndPoint Listen, string? Store = null);

/// <summary>An MQTT 5 broker in this process: retained messages, wills, QoS 1 and sessions, for a laboratory or ten boxes.</summary>
/// <remarks>It knows no users and no TLS: who can reach its port is let in. A fleet belongs on a real broker.</remarks>
public sealed class EmbeddedBroker : IAsyncDisposable
{
    /// <summary>Messages that wait for one client; older ones are dropped first.</summary>
    public const int MaxPendingPerClient = 10_000;

    /// <summary>Largest payload it passes on.</summary>
    public const int MaxPayloadOctets = 1 << 20;

    private readonly MqttServer _server;
    private readonly MqttServerOptions _options;
    private readonly RetainedStore? _store;
    private readonly SubscriptionGap _gap = new();

    private EmbeddedBroker(BrokerOptions options)
    {
        var isV6 = options.Listen.AddressFamily == AddressFamily.InterNetworkV6;
        var factory = new MqttServerFactory();
        _options = factory.CreateServerOptionsBuilder()
            .WithDefaultEndpoint()
            .WithDefaultEndpointPort(options.Listen.Port)
            .WithDefaultEndpointBoundIPAddress(isV6 ? IPAddress.None : options.Listen.Address)
            .WithDefaultEndpointBoundIPV6Address(isV6 ? options.Listen.Address : IPAddress.None)
            .WithDefaultEndpointReuseAddress()
            .WithPersistentSessions()
            .WithMaxPendingMessagesPerClient(MaxPendingPerClient)
            .WithPendingMessagesOverflowStrategy(MqttPendingMessagesOverflowStrategy.DropOldestQueuedMessage)
            .Build();
        // The library's default resets connections when it closes them, and a farewell that is still on its way is lost.
        _options.DefaultEndpointOptions.LingerState = new LingerOption(false, 0);
        _server = factory.CreateMqttServer(_options);
        _server.ValidatingConnectionAsync += Name;
        _server.InterceptingPublishAsync += Judge;
        _server.ClientConnectedAsync += e => Tell($"connected {e.ClientId}");
        _server.ClientDisconnectedAsync += e =>
        {
            _gap.Ends(e.ClientId);
            return Tell($"disconnected {e.ClientId} ({e.DisconnectType})");
        };
        _server.InterceptingInboundPacketAsync += e =>
        {
            if (e.Packet is MqttSubscribePacket) _gap.Begins(e.ClientId);
            return Task.CompletedTask;
        };
        _server.RetainedMessageChangedAsync += e =>
        {
            _gap.Changed(e.ChangedRetainedMessage);
            return Task.CompletedTask;
        };
        _server.ClientSubscribedTopicAsync += Catch;
        if (options.Store is not { } path) return;
        _store = new RetainedStore(path);
        // Read here: the library swallows what its handlers throw.
        var kept = _store.Load();
        _server.LoadingRetainedMessageAsync += e =>
        {
            e.LoadedRetainedMessages = kept;
            return Task.CompletedTask;
        };
        _server.RetainedMessageChangedAsync += e => Keep(e.StoredRetainedMessages);
        _server.RetainedMessagesClearedAsync += _ => Keep([]);
    }

    /// <summary>One line per client that comes and goes.</summary>
    public event Action<string>? Said;

    /// <summary>Where it listens, with the port that was chosen.</summary>
    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <exception cref="SocketException">The address cannot be bound.</exception>
    /// <exception cref="InvalidDataException">The store holds something else.</exception>
    public static async Task<EmbeddedBroker> StartAsync(BrokerOptions options)
    {
        var broker = new EmbeddedBroker(options);
        try
        {
            await broker._server.StartAsync().ConfigureAwait(false);
        }
        catch
        {
            broker._server.Dispose();
            throw;
        }

        broker.EndPoint = new IPEndPoint(options.Listen.Address, broker._options.DefaultEndpointOptions.Port);
        return broker;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsStarted) await _server.StopAsync(new MqttServerStopOptions()).ConfigureAwait(false);
        _server.Dispose();
    }

    /// <summary>A client may leave its name to the broker (MQTT 5 §3.1.3.1); shell tools do.</summary>
    private static Task Name(ValidatingConnectionEventArgs e)
    {
        if (string.IsNullOrEmpty(e.ClientId)) e.AssignedClientIdentifier = "auto-" + Guid.NewGuid().ToString("N");
        return Task.CompletedTask;
    }

    private Task Judge(InterceptingPublishEventArgs e)
    {
        if (e.ApplicationMessage.Payload.Length <= MaxPayloadOctets) return Task.CompletedTask;
        e.ProcessPublish = false;
        e.Response.ReasonCode = MqttPubAckReasonCode.QuotaExceeded;
        return Tell($"refused {e.ApplicationMessage.Payload.Length} octets from {e.ClientId}");
    }

    /// <summary>Gives a subscriber what was retained while it subscribed.</summary>
    private async Task Catch(ClientSubscribedTopicEventArgs e)
    {
        var missed = _gap.Missed(e.ClientId, e.TopicFilter.Topic);
        if (missed.Count == 0 || (await _server.GetSessionsAsync().ConfigureAwait(false)).FirstOrDefault(s => s.Id == e.ClientId) is not { } session) return;
        foreach (var message in missed) session.TryEnqueueApplicationMessage(message, out _);
    }

    private Task Keep(List<MqttApplicationMessage> messages)
    {
        try
        {
            _store!.Save(messages);
            return Task.CompletedTask;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Tell($"cannot keep retained messages: {e.Message}");
        }
    }

    private Task Tell(string line)
    {
        Said?.Invoke(line);
        return Task.CompletedTask;
    }
}
