using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using EdgeVpn.Model.Twin;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace EdgeVpn.Fleet.Operator;

/// <summary>How an operator reaches the broker.</summary>
/// <param name="Broker">Address.</param>
/// <param name="Insecure">Plain TCP is fine although the broker is not on loopback.</param>
/// <param name="Authorities">Trusted instead of the system's; null for the system's.</param>
/// <param name="Certificate">Client certificate with its key; null for none.</param>
public sealed record OperatorOptions(
    BrokerAddress Broker, bool Insecure = false, X509Certificate2Collection? Authorities = null, X509Certificate2? Certificate = null);

/// <summary>A message of the contract as it came in.</summary>
/// <param name="Topic">Where.</param>
/// <param name="Payload">Octets.</param>
/// <param name="Retained">The broker had kept it: it may be old.</param>
/// <param name="At">When it came in, by this machine's clock.</param>
public sealed record TwinMessage(TwinTopic Topic, ReadOnlyMemory<byte> Payload, bool Retained, DateTimeOffset At);

/// <summary>A message that is on none of the twin's topics: enrolment.</summary>
public sealed record OtherMessage(string Topic, ReadOnlyMemory<byte> Payload);

/// <summary>The broker cannot be reached, or does not let the operator in.</summary>
public sealed class BrokerException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>An operator's connection: a clean session, messages of the contract in order of arrival, QoS 1.</summary>
public sealed class OperatorSession : IAsyncDisposable
{
    /// <summary>Messages that wait to be looked at; beyond it the oldest are dropped and counted.</summary>
    public const int MaxWaiting = 65_536; // what is retained of twenty thousand boxes, on a machine that is busy otherwise

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // a broker that ten thousand boxes come back to has its hands full

    private readonly IMqttClient _client;
    private readonly Channel<TwinMessage> _messages;
    private readonly Channel<OtherMessage> _others = Channel.CreateBounded<OtherMessage>(new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private TaskCompletionSource? _markSeen;
    private long _dropped;

    private OperatorSession()
    {
        _client = new MqttClientFactory().CreateMqttClient();
        _messages = Channel.CreateBounded<TwinMessage>(
            new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest }, _ => Interlocked.Increment(ref _dropped));
        _client.ApplicationMessageReceivedAsync += Received;
        _client.DisconnectedAsync += e =>
        {
            // What waits is still read; then the reader learns that the connection is gone.
            _others.Writer.TryComplete();
            _messages.Writer.TryComplete(e.ClientWasConnected ? new BrokerException($"The broker closed the connection: {e.ReasonString ?? e.Exception?.Message ?? e.Reason.ToString()}") : null);
            return Task.CompletedTask;
        };
    }

    /// <summary>Messages dropped because nobody looked at them in time.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Ends with a <see cref="BrokerException"/> when the connection is lost.</summary>
    public ChannelReader<TwinMessage> Messages => _messages.Reader;

    /// <summary>What comes on other topics; ends when the connection is lost.</summary>
    public ChannelReader<OtherMessage> Others => _others.Reader;

    /// <exception cref="BrokerException">With a sentence for a person.</exception>
    public static async Task<OperatorSession> ConnectAsync(OperatorOptions options, CancellationToken cancel)
    {
        var broker = options.Broker;
        if (!broker.Tls && !broker.IsLoopback && !options.Insecure)
            throw new BrokerException($"{broker} is neither TLS nor on loopback; use mqtts://, or --insecure in a laboratory.");

        var session = new OperatorSession();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Patience);
        try
        {
            var result = await session._client.ConnectAsync(Build(options), deadline.Token).ConfigureAwait(false);
            if (result.ResultCode != MqttClientConnectResultCode.Success)
                throw new BrokerException($"{broker} refuses the connection: {result.ResultCode} {result.ReasonString}".TrimEnd());
            return session;
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw new BrokerException($"{broker} does not answer within {Patience.TotalSeconds:0} s.", e);
        }
        catch (Exception e) when (e is MqttCommunicationException or MqttProtocolViolationException or SocketException or IOException)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw new BrokerException($"{broker} cannot be reached: {e.GetBaseException().Message}", e);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Subscribes, and returns when everything that was retained there is in <see cref="Messages"/>.</summary>
    /// <exception cref="BrokerException">The broker refuses a subscription, or is gone.</exception>
    public async Task SubscribeAsync(IEnumerable<string> filters, CancellationToken cancel)
    {
        // A message to ourselves, on a topic of its own, comes back behind what the broker queued for us before it.
        var mark = new TwinTopic(new TwinIdentity("operator", "mark"), TwinChannel.Response, _mark).ToString();
        var options = new MqttClientSubscribeOptionsBuilder();
        foreach (var filter in filters.Append(mark)) options.WithTopicFilter(filter, MqttQualityOfServiceLevel.AtLeastOnce);
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _markSeen = seen;
        await Asked(
            async token =>
            {
                var result = await _client.SubscribeAsync(options.Build(), token).ConfigureAwait(false);
                foreach (var item in result.Items)
                {
                    if (item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2)
                        throw new BrokerException($"The broker refuses the subscription to {item.TopicFilter.Topic}: {item.ResultCode}.");
                }
            }, cancel).ConfigureAwait(false);
        await PublishAsync(mark, new byte[] { 1 }, retain: false, cancel).ConfigureAwait(false);
        await Asked(seen.Task.WaitAsync, cancel).ConfigureAwait(false);
    }

    /// <exception cref="BrokerException">The broker did not take it.</exception>
    public Task PublishAsync(TwinTopic topic, ReadOnlyMemory<byte> payload, bool retain, CancellationToken cancel) =>
        PublishAsync(topic.ToString(), payload, retain, cancel);

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_client.IsConnected) await _client.DisconnectAsync(new MqttClientDisconnectOptions()).ConfigureAwait(false);
        }
        catch (MqttCommunicationException)
        {
            // Gone already: there is nobody to say farewell to.
        }

        _client.Dispose();
    }

    private static MqttClientOptions Build(OperatorOptions options) => Builder(options).WithClientId("edgefleet-" + Guid.NewGuid().ToString("N")).WithCleanStart().Build();

    /// <summary>The way to the broker; client id and session are the caller's.</summary>
    internal static MqttClientOptionsBuilder Builder(OperatorOptions options)
    {
        var broker = options.Broker;
        EndPoint remote = IPAddress.TryParse(broker.Host, out var address) ? new IPEndPoint(address, broker.Port) : new DnsEndPoint(broker.Host, broker.Port);
        var builder = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithEndPoint(remote)
            .WithTcpServer(tcp => tcp.LingerState = new LingerOption(false, 0))
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(20))
            .WithTimeout(Patience);
        if (broker.Tls)
        {
            builder.WithTlsOptions(tls =>
            {
                tls.UseTls().WithTargetHost(broker.Host).WithRevocationMode(X509RevocationMode.NoCheck);
                if (options.Authorities is { } authorities) tls.WithTrustChain(authorities);
                if (options.Certificate is { } certificate) tls.WithClientCertificates([certificate]);
            });
        }

        return builder;
    }

    /// <exception cref="BrokerException">The broker did not take it.</exception>
    public Task PublishAsync(string topic, ReadOnlyMemory<byte> payload, bool retain, CancellationToken cancel) => Asked(
        async token =>
        {
            var result = await _client.PublishAsync(
                new MqttApplicationMessage
                {
                    Topic = topic,
                    Payload = new ReadOnlySequence<byte>(payload),
                    QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                    Retain = retain,
                }, token).ConfigureAwait(false);
            if (!result.IsSuccess) throw new BrokerException($"The broker refuses to take {topic}: {result.ReasonCode} {result.ReasonString}".TrimEnd());
        }, cancel);

    private static async Task Asked(Func<CancellationToken, Task> ask, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Patience);
        try
        {
            await ask(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new BrokerException($"The broker does not answer within {Patience.TotalSeconds:0} s.", e);
        }
        catch (MqttCommunicationException e)
        {
            throw new BrokerException($"The broker closed the connection: {e.Message}", e);
        }
    }

    private Task Received(MqttApplicationMessageReceivedEventArgs e)
    {
        var message = e.ApplicationMessage;
        if (!TwinTopic.TryParse(message.Topic, out var topic)) _others.Writer.TryWrite(new OtherMessage(message.Topic, message.Payload.ToArray()));
        else if (topic.Channel == TwinChannel.Response && topic.Name == _mark) _markSeen?.TrySetResult();
        else _messages.Writer.TryWrite(new TwinMessage(topic, message.Payload.ToArray(), message.Retain, DateTimeOffset.Now));
        return Task.CompletedTask;
    }
}
