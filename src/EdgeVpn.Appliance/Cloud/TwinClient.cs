using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using EdgeVpn.Ipsec;
using EdgeVpn.Model.Twin;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>What a <see cref="TwinClient"/> tells.</summary>
/// <param name="Arrived">A message on <c>desired</c>; called on the client's thread, returns at once.</param>
/// <param name="Happened">A session began or ended, or a report was taken; awaited, so it may push back.</param>
/// <param name="Notice">For logs and lights; returns at once.</param>
/// <param name="Ordered">A message on <c>command/{name}</c>; returns at once. Null: the box takes no commands.</param>
/// <param name="Came">The piece that was asked for (<see cref="TwinClient.Ask"/>); returns at once. Null: nothing is asked for.</param>
public sealed record TwinClientEvents(
    Action<ReadOnlyMemory<byte>> Arrived, Func<TwinInput, CancellationToken, ValueTask> Happened, Action<CloudNotice> Notice,
    Action<string, ReadOnlyMemory<byte>>? Ordered = null, Action<string, ReadOnlyMemory<byte>>? Came = null);

/// <summary>The box's connection to its broker: MQTT 5, QoS 1, one message under way at a time, and back again after every loss.</summary>
/// <remarks>
/// Each connection has a session name of its own; the will carries it, so a late will is known for what it is. The broker's
/// session is kept over connections (clean start off), and <c>desired</c> is subscribed to anew each time, so that what is
/// retained comes again. What waits here is bounded: the last few reports and the <see cref="Outbox"/>.
/// </remarks>
public sealed partial class TwinClient
{
    /// <summary>Reports that wait; only the last one matters, the others tell the way there.</summary>
    private const int MaxReports = 16;

    /// <summary>Told to the broker: more than <see cref="TwinLimits.MaxDesiredOctets"/>, so that what is too large is still seen and named.</summary>
    private const uint MaxPacketOctets = 1 << 20;

    /// <summary>Messages the broker may have under way to us.</summary>
    private const ushort ReceiveMaximum = 16;

    private const int MaxAddresses = 4;

    /// <summary>Parts of answers that wait.</summary>
    private const int MaxResponses = 2 * TwinLimits.MaxParts;

    /// <summary>Between two parts of an answer: a long one leaves room for what matters.</summary>
    private static readonly TimeSpan ResponsePause = TimeSpan.FromMilliseconds(20);

    /// <summary>So many sessions in a row that ended within a keep-alive are no accident.</summary>
    private const int SuspiciousSessions = 3;

    private readonly CloudOptions _options;
    private readonly TwinClientEvents _events;
    private readonly Outbox _outbox;
    private readonly IEntropy _entropy;
    private readonly TimeProvider _time;
    private readonly ReconnectDelay _delay;
    private bool _connected;
    private int _shortSessions;
    private readonly Lock _lock = new();
    private readonly Queue<(byte[] Payload, long Number)> _reports = new();
    private readonly Queue<(string Id, byte[] Payload)> _responses = new();
    private string? _wanted;
    private string? _subscribed;
    private TaskCompletionSource _reportAdded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TwinClient(CloudOptions options, TwinClientEvents events, Outbox outbox, IEntropy entropy, TimeProvider time)
    {
        _options = options;
        _events = events;
        _outbox = outbox;
        _entropy = entropy;
        _time = time;
        _delay = new ReconnectDelay(options.RetryFirst, options.RetryMost, entropy);
    }

    /// <summary>Publishes a report when it can; the oldest that waits gives way. Any thread.</summary>
    public void Publish(byte[] report, long number)
    {
        lock (_lock)
        {
            _reports.Enqueue((report, number));
            if (_reports.Count > MaxReports) _reports.Dequeue();
            _reportAdded.TrySetResult();
        }
    }

    /// <summary>Publishes a part of an answer when it can; an answer that does not fit is lost. Any thread.</summary>
    public void Respond(string id, byte[] payload)
    {
        lock (_lock)
        {
            if (_responses.Count >= MaxResponses) return;
            _responses.Enqueue((id, payload));
            _reportAdded.TrySetResult();
        }
    }

    /// <summary>Asks for what is retained on <c>body/{piece}</c>: one piece at a time, once, in this session. Null: for none any more. Any thread.</summary>
    public void Ask(string? piece)
    {
        lock (_lock)
        {
            _wanted = piece;
            _reportAdded.TrySetResult();
        }
    }

    /// <summary>Connects, and again after every loss, until <paramref name="stop"/>; then says farewell.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var began = _time.GetTimestamp();
            _connected = false;
            var end = await SessionAsync(stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
            {
                _events.Notice(new CloudNotice.Disconnected(_options.Broker, end, RetryIn: null));
                return;
            }

            // Two boxes of one name throw each other out as fast as they come: only a session that held begins the delays anew.
            if (_connected && _time.GetElapsedTime(began) > _options.KeepAlive)
            {
                _shortSessions = 0;
                _delay.Reset();
            }
            else if (_connected)
            {
                _shortSessions++;
            }

            if (_shortSessions >= SuspiciousSessions) end = Suspect(end);
            var delay = _delay.Next();
            _events.Notice(new CloudNotice.Disconnected(_options.Broker, end, delay));
            try
            {
                await Task.Delay(delay, _time, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>One connection from beginning to end.</summary>
    /// <returns>Why it ended.</returns>
    private async Task<ReportedReason> SessionAsync(CancellationToken stop)
    {
        var session = Convert.ToHexStringLower(_entropy.Octets(8));
        var lost = new TaskCompletionSource<ReportedReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var client = new MqttClientFactory().CreateMqttClient();
        client.ApplicationMessageReceivedAsync += Received;
        client.DisconnectedAsync += e =>
        {
            lost.TrySetResult(Explain(e));
            return Task.CompletedTask;
        };
        try
        {
            if (await ConnectAsync(client, session, stop).ConfigureAwait(false) is { } failure) return failure;
            try
            {
                lock (_lock)
                {
                    _reports.Clear(); // The next report holds all that these said.
                    (_wanted, _subscribed) = (null, null); // Whoever still waits for a piece asks again.
                }

                // A retained document comes while this subscribes: what is said of it from here on belongs to this session.
                await GreetAsync(client, session, stop).ConfigureAwait(false);
                _connected = true;
                _events.Notice(new CloudNotice.Connected(_options.Broker, session));
                await _events.Happened(new TwinInput.Connected(), stop).ConfigureAwait(false);
                return await PumpAsync(client, lost.Task, stop).ConfigureAwait(false);
            }
            finally
            {
                await FarewellAsync(client, session, stop.IsCancellationRequested).ConfigureAwait(false);
                await _events.Happened(new TwinInput.Disconnected(), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return TwinReasons.Unreachable("Stopped.");
        }
        catch (OperationCanceledException)
        {
            return TwinReasons.Unreachable($"The broker does not answer within {_options.Patience.TotalSeconds:0} s.");
        }
        catch (RefusedException e)
        {
            return TwinReasons.BrokerRefused(e.Message);
        }
        catch (Exception e) when (IsLoss(e))
        {
            return lost.Task.IsCompletedSuccessfully ? await lost.Task.ConfigureAwait(false) : TwinReasons.Unreachable(e.GetBaseException().Message);
        }
    }

    private async Task GreetAsync(IMqttClient client, string session, CancellationToken stop)
    {
        using var patience = Patience(stop);
        await PublishAsync(client, TwinChannel.Presence, Presence(online: true, session), retain: true, patience.Token).ConfigureAwait(false);
        var topic = new TwinTopic(_options.Identity, TwinChannel.Desired).ToString();
        var subscription = new MqttClientSubscribeOptionsBuilder().WithTopicFilter(topic, MqttQualityOfServiceLevel.AtLeastOnce);
        if (_events.Ordered is not null)
            subscription.WithTopicFilter(TwinTopic.Filter(_options.Identity.Fleet, _options.Identity.Device, TwinChannel.Command), MqttQualityOfServiceLevel.AtLeastOnce);
        var result = await client.SubscribeAsync(subscription.Build(), patience.Token).ConfigureAwait(false);
        if (result.Items.FirstOrDefault(i => i.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2) is { } refused)
            throw new RefusedException($"The broker does not let this box subscribe to {refused.TopicFilter.Topic}: {refused.ResultCode}.");
    }

    private async Task<ReportedReason> PumpAsync(IMqttClient client, Task<ReportedReason> lost, CancellationToken stop)
    {
        var stopped = Task.Delay(Timeout.Infinite, stop);
        while (!lost.IsCompleted)
        {
            stop.ThrowIfCancellationRequested();
            // Taken before looking, so that what is added in between is not slept over.
            var added = _outbox.Added();
            if (TryTakeReport(out var report, out var reportAdded))
            {
                if (await SendAsync(client, TwinChannel.Reported, report.Payload, retain: true, stop).ConfigureAwait(false))
                    await _events.Happened(new TwinInput.ReportDelivered(report.Number), stop).ConfigureAwait(false);
            }
            else if (IsOtherPieceWanted(out var before, out var wanted))
            {
                await AskAsync(client, before, wanted, stop).ConfigureAwait(false);
            }
            else if (TryTakeResponse(out var response))
            {
                await SendAsync(client, TwinChannel.Response, response.Payload, retain: false, stop, response.Id).ConfigureAwait(false);
                await Task.WhenAny(Task.Delay(ResponsePause, _time, stop), lost).ConfigureAwait(false);
            }
            else if (_outbox.TryPeek(out var item))
            {
                await SendAsync(client, item.Channel, item.Payload, retain: false, stop).ConfigureAwait(false);
                _outbox.Delivered(item);
            }
            else
            {
                await Task.WhenAny(added, reportAdded, lost, stopped).ConfigureAwait(false);
            }
        }

        return await lost.ConfigureAwait(false);
    }

    private bool TryTakeReport(out (byte[] Payload, long Number) report, out Task added)
    {
        lock (_lock)
        {
            if (_reports.TryDequeue(out report))
            {
                added = Task.CompletedTask;
                return true;
            }

            _reportAdded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            added = _reportAdded.Task;
            return false;
        }
    }

    private bool IsOtherPieceWanted(out string? before, out string? wanted)
    {
        lock (_lock)
        {
            (before, wanted) = (_subscribed, _wanted);
            _subscribed = wanted;
            return before != wanted;
        }
    }

    /// <summary>What is retained comes with the subscription, which is left again as soon as it came: a body is asked for, never listened to.</summary>
    private async Task AskAsync(IMqttClient client, string? before, string? wanted, CancellationToken stop)
    {
        using var patience = Patience(stop);
        if (before is not null) await client.UnsubscribeAsync(new MqttClientUnsubscribeOptionsBuilder().WithTopicFilter(Piece(before)).Build(), patience.Token).ConfigureAwait(false);
        if (wanted is null) return;
        var result = await client.SubscribeAsync(new MqttClientSubscribeOptionsBuilder().WithTopicFilter(Piece(wanted), MqttQualityOfServiceLevel.AtLeastOnce).Build(), patience.Token).ConfigureAwait(false);
        if (result.Items.FirstOrDefault(static i => i.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2) is { } refused)
            await _events.Happened(new TwinInput.PieceDenied(wanted, refused.ResultCode.ToString()), stop).ConfigureAwait(false);

        string Piece(string name) => new TwinTopic(_options.Identity, TwinChannel.Body, name).ToString();
    }

    /// <summary>Whether this is the piece that is wanted; then it is wanted no more.</summary>
    private bool TryTakePiece(string name)
    {
        lock (_lock)
        {
            if (name != _wanted) return false;
            _wanted = null;
            return true;
        }
    }

    private bool TryTakeResponse(out (string Id, byte[] Payload) response)
    {
        lock (_lock) return _responses.TryDequeue(out response);
    }

    /// <returns>False if the broker refused it, which was noticed; a broker that is gone throws.</returns>
    private async Task<bool> SendAsync(IMqttClient client, TwinChannel channel, byte[] payload, bool retain, CancellationToken stop, string? name = null)
    {
        using var patience = Patience(stop);
        try
        {
            await PublishAsync(client, channel, payload, retain, patience.Token, name).ConfigureAwait(false);
            return true;
        }
        catch (RefusedException e)
        {
            _events.Notice(new CloudNotice.PublishRefused(new TwinTopic(_options.Identity, channel, name).ToString(), e.Message));
            return false;
        }
    }

    private async Task PublishAsync(IMqttClient client, TwinChannel channel, byte[] payload, bool retain, CancellationToken cancel, string? name = null)
    {
        var result = await client.PublishAsync(
            new MqttApplicationMessage
            {
                Topic = new TwinTopic(_options.Identity, channel, name).ToString(),
                Payload = new ReadOnlySequence<byte>(payload),
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                Retain = retain,
            }, cancel).ConfigureAwait(false);
        if (!result.IsSuccess) throw new RefusedException($"The broker does not let this box publish on {channel}: {result.ReasonCode}.");
    }

    private async Task FarewellAsync(IMqttClient client, string session, bool clean)
    {
        if (!clean || !client.IsConnected) return;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), _time);
        try
        {
            await PublishAsync(client, TwinChannel.Presence, Presence(online: false, session), retain: true, patience.Token).ConfigureAwait(false);
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or RefusedException || IsLoss(e))
        {
            // Then the will says it.
        }
    }

    private Task Received(MqttApplicationMessageReceivedEventArgs e)
    {
        if (!TwinTopic.TryParse(e.ApplicationMessage.Topic, out var topic) || topic.Identity != _options.Identity) return Task.CompletedTask;
        if (topic.Channel == TwinChannel.Desired) _events.Arrived(e.ApplicationMessage.Payload.ToArray());
        // An empty one is a piece taken away: the one to come is still wanted.
        else if (topic.Channel == TwinChannel.Body && !e.ApplicationMessage.Payload.IsEmpty && TryTakePiece(topic.Name!)) _events.Came?.Invoke(topic.Name!, e.ApplicationMessage.Payload.ToArray());
        // A retained command would be an order for all time.
        else if (topic.Channel == TwinChannel.Command && !e.ApplicationMessage.Retain) _events.Ordered?.Invoke(topic.Name!, e.ApplicationMessage.Payload.ToArray());
        return Task.CompletedTask;
    }

    private static byte[] Presence(bool online, string session) =>
        JsonSerializer.SerializeToUtf8Bytes(new PresenceDocument(online, session), TwinJson.Wire.PresenceDocument);

    private CancellationTokenSource Patience(CancellationToken stop)
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(_options.Patience);
        return patience;
    }

    private static bool IsLoss(Exception e) => e is MqttCommunicationException or MqttProtocolViolationException or SocketException or IOException or AuthenticationException;

    /// <summary>The broker answered, and said no.</summary>
    private sealed class RefusedException(string message) : Exception(message);
}
