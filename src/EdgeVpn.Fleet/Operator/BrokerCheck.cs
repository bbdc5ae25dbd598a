using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Twin;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace EdgeVpn.Fleet.Operator;

/// <summary>What one probe found.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Good">The broker does what the contract needs; null: it could not be looked at.</param>
/// <param name="Detail">What was seen, and what follows if it is bad.</param>
public sealed record BrokerFinding(string Name, bool? Good, string Detail);

/// <summary>Tries on a broker what boxes and operators need of it, on topics of its own: <c>edgevpn/operator/check-…/</c>.</summary>
/// <param name="options">How an operator reaches it.</param>
/// <param name="fleet">The fleet whose access rules it has; null: rules are not looked at. Two boxes that are none, with certificates that are
/// good for minutes and never leave this process, then try what boxes must not.</param>
public sealed class BrokerCheck(OperatorOptions options, FleetFolder? fleet = null)
{
    private const string AccessRules = "access rules";
    private const string LargeBodies = "larger documents in pieces";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long a message that must not come is waited for.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(700);

    private bool _hasWildcards;
    private readonly string _device = "check-" + Guid.NewGuid().ToString("N")[..12];

    /// <summary>All of them, in order; what cannot be reached is a finding too.</summary>
    public async IAsyncEnumerable<BrokerFinding> RunAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        (string Name, Func<CancellationToken, Task<BrokerFinding>> Probe)[] probes =
        [
            ("MQTT 5", ConnectsAsync),
            ("retained messages", RetainedAsync),
            ("retained messages to wildcard subscribers", RetainedToWildcardsAsync),
            ("retained messages are taken away", RetainedIsClearedAsync),
            ("wills", WillsAsync),
            ("QoS 1 waits for a client that is away", QueuesAsync),
            ("order is kept", OrderAsync),
            ("documents of 32 KiB", SizeAsync),
            (LargeBodies, PiecesAsync),
            ("a fleet's retained messages at once", BulkAsync),
            .. fleet is { Broker.Tls: true } ? [(AccessRules, (Func<CancellationToken, Task<BrokerFinding>>)AccessAsync)] : ((string, Func<CancellationToken, Task<BrokerFinding>>)[])[],
        ];
        foreach (var (name, probe) in probes)
        {
            BrokerFinding finding;
            try
            {
                finding = await probe(cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                finding = new BrokerFinding(name, false, $"no answer within {Patience.TotalSeconds:0} s.");
            }
            catch (Exception e) when (e is MqttCommunicationException or MqttProtocolViolationException or MqttClientNotConnectedException or SocketException or IOException or BrokerException)
            {
                finding = new BrokerFinding(name, false, e.GetBaseException().Message);
            }

            yield return finding;
            if (name == "MQTT 5" && finding.Good == false) yield break;
        }
    }

    private async Task<BrokerFinding> ConnectsAsync(CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        await using var client = await Probe.ConnectAsync(options, "a" + _device, cancel).ConfigureAwait(false);
        var connect = client.Connected;
        var limits = $"answers in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms; maximum QoS {(int)connect.MaximumQoS}, packets up to {(connect.MaximumPacketSize is > 0 and var most ? $"{most} octets" : "any size")}";
        if (!connect.RetainAvailable) return new BrokerFinding("MQTT 5", false, limits + "; it says that it retains nothing.");
        if (!connect.WildcardSubscriptionAvailable) return new BrokerFinding("MQTT 5", false, limits + "; it says that it has no wildcard subscriptions.");
        return connect.MaximumQoS < MqttQualityOfServiceLevel.AtLeastOnce
            ? new BrokerFinding("MQTT 5", false, limits + "; documents need QoS 1.")
            : new BrokerFinding("MQTT 5", true, limits + ".");
    }

    private async Task<BrokerFinding> RetainedAsync(CancellationToken cancel)
    {
        await using var publisher = await Probe.ConnectAsync(options, "a" + _device, cancel).ConfigureAwait(false);
        await publisher.PublishAsync(Topic("one"), "kept"u8.ToArray(), retain: true, cancel).ConfigureAwait(false);
        await using var late = await Probe.ConnectAsync(options, "b" + _device, cancel).ConfigureAwait(false);
        await late.SubscribeAsync(Topic("one"), cancel).ConfigureAwait(false);
        return await late.NextAsync(Patience, cancel).ConfigureAwait(false) is { Retain: true }
            ? new BrokerFinding("retained messages", true, "a later subscriber gets the document.")
            : new BrokerFinding("retained messages", false, "a later subscriber gets nothing: a box that was offline would never learn of its document.");
    }

    private async Task<BrokerFinding> RetainedToWildcardsAsync(CancellationToken cancel)
    {
        await using var late = await Probe.ConnectAsync(options, "b" + _device, cancel).ConfigureAwait(false);
        await late.SubscribeAsync($"{TwinTopic.Prefix}/operator/{_device}/response/+", cancel).ConfigureAwait(false);
        _hasWildcards = await late.NextAsync(Patience, cancel).ConfigureAwait(false) is { Retain: true };
        return _hasWildcards
            ? new BrokerFinding("retained messages to wildcard subscribers", true, "an operator who looks at the whole fleet sees what is retained.")
            : new BrokerFinding("retained messages to wildcard subscribers", false,
                "nothing comes: boxes would get their documents, but `list`, `plan`, `watch` and `rollout` would see only boxes that speak while they look (RabbitMQ is so).");
    }

    private async Task<BrokerFinding> RetainedIsClearedAsync(CancellationToken cancel)
    {
        await using var publisher = await Probe.ConnectAsync(options, "a" + _device, cancel).ConfigureAwait(false);
        await publisher.PublishAsync(Topic("one"), [], retain: true, cancel).ConfigureAwait(false);
        await using var late = await Probe.ConnectAsync(options, "b" + _device, cancel).ConfigureAwait(false);
        await late.SubscribeAsync(Topic("one"), cancel).ConfigureAwait(false);
        return await late.NextAsync(Silence, cancel).ConfigureAwait(false) is null
            ? new BrokerFinding("retained messages are taken away", true, "an empty message takes a document off.")
            : new BrokerFinding("retained messages are taken away", false, "the document stays: an enrolment's answer and a withdrawn document would stay for ever.");
    }

    private async Task<BrokerFinding> WillsAsync(CancellationToken cancel)
    {
        await using var watcher = await Probe.ConnectAsync(options, "b" + _device, cancel).ConfigureAwait(false);
        await watcher.SubscribeAsync(Topic("will"), cancel).ConfigureAwait(false);
        var dying = await Probe.ConnectAsync(options, "c" + _device, cancel, will: Topic("will")).ConfigureAwait(false);
        dying.Kill();
        var will = await watcher.NextAsync(Patience, cancel).ConfigureAwait(false);
        await watcher.PublishAsync(Topic("will"), [], retain: true, cancel).ConfigureAwait(false);
        return will is not null
            ? new BrokerFinding("wills", true, "a broken connection is told at once.")
            : new BrokerFinding("wills", false, "a broken connection is not told: boxes that die would be shown online.");
    }

    private async Task<BrokerFinding> QueuesAsync(CancellationToken cancel)
    {
        var away = await Probe.ConnectAsync(options, "d" + _device, cancel, keepSession: true).ConfigureAwait(false);
        await away.SubscribeAsync(Topic("queue"), cancel).ConfigureAwait(false);
        await away.DisposeAsync().ConfigureAwait(false);
        await using var publisher = await Probe.ConnectAsync(options, "a" + _device, cancel).ConfigureAwait(false);
        for (byte i = 0; i < 10; i++) await publisher.PublishAsync(Topic("queue"), [i], retain: false, cancel).ConfigureAwait(false);
        await using var back = await Probe.ConnectAsync(options, "d" + _device, cancel, keepSession: true, endSession: true).ConfigureAwait(false);
        var came = 0;
        while (came < 10 && await back.NextAsync(Patience, cancel).ConfigureAwait(false) is not null) came++;
        return came == 10
            ? new BrokerFinding("QoS 1 waits for a client that is away", true, "ten of ten messages waited.")
            : new BrokerFinding("QoS 1 waits for a client that is away", false, $"{came} of ten messages waited: what happens while a connection is short of breath is lost.");
    }

    private async Task<BrokerFinding> OrderAsync(CancellationToken cancel)
    {
        await using var watcher = await Probe.ConnectAsync(options, "b" + _device, cancel).ConfigureAwait(false);
        await watcher.SubscribeAsync(Topic("order"), cancel).ConfigureAwait(false);
        await using var publisher = await Probe.ConnectAsync(options, "a" + _device, cancel).ConfigureAwait(false);
        for (byte i = 0; i < 100; i++) await publisher.PublishAsync(Topic("order"), [i], retain: false, cancel).ConfigureAwait(false);
        for (byte i = 0; i < 100; i++)
        {
            if (await watcher.NextAsync(Patience, cancel).ConfigureAwait(false) is not { } message || message.Payload.ToArray() is not [var number] || number != i)
                return new BrokerFinding("order is kept", false, $"message {i} did not come in its place: an old report could overtake a new one.");
        }

        return new BrokerFinding("order is kept", true, "a hundred messages came in their order.");
    }

    private async Task<BrokerFinding> SizeAsync(CancellationToken cancel)
    {
        await using var watcher = await Probe.ConnectAsync(options, "b" + _device, cancel).ConfigureAwait(false);
        await watcher.SubscribeAsync(Topic("size"), cancel).ConfigureAwait(false);
        await using var publisher = await Probe.ConnectAsync(options, "a" + _device, cancel).ConfigureAwait(false);
        await publisher.PublishAsync(Topic("size"), new byte[TwinLimits.MaxDesiredOctets], retain: false, cancel).ConfigureAwait(false);
        return await watcher.NextAsync(Patience, cancel).ConfigureAwait(false) is { Payload.Length: TwinLimits.MaxDesiredOctets }
            ? new BrokerFinding("documents of 32 KiB", true, $"{TwinLimits.MaxDesiredOctets} octets pass.")
            : new BrokerFinding("documents of 32 KiB", false, "the largest document does not pass: raise the broker's limit.");
    }

    /// <summary>As a box does it: each piece is asked for by its name, one after the other, in one session.</summary>
    private async Task<BrokerFinding> PiecesAsync(CancellationToken cancel)
    {
        const int Pieces = 4;
        await using var publisher = await Probe.ConnectAsync(options, "a" + _device, cancel).ConfigureAwait(false);
        try
        {
            for (var piece = 0; piece < Pieces; piece++) await publisher.PublishAsync(Piece(piece), new byte[TwinLimits.BodyPieceOctets], retain: true, cancel).ConfigureAwait(false);
            await using var box = await Probe.ConnectAsync(options, "b" + _device, cancel).ConfigureAwait(false);
            for (var piece = 0; piece < Pieces; piece++)
            {
                await box.SubscribeAsync(Piece(piece), cancel).ConfigureAwait(false);
                if (await box.NextAsync(Patience, cancel).ConfigureAwait(false) is not { } came || came.Topic != Piece(piece) || came.Payload.Length != TwinLimits.BodyPieceOctets)
                    return new BrokerFinding(LargeBodies, false, $"piece {piece + 1} of {Pieces} does not come: only documents of 32 KiB would arrive.");
            }

            return new BrokerFinding(LargeBodies, true, $"{Pieces} retained pieces of {TwinLimits.BodyPieceOctets} octets come when they are asked for.");
        }
        finally
        {
            for (var piece = 0; piece < Pieces; piece++) await publisher.PublishAsync(Piece(piece), [], retain: true, cancel).ConfigureAwait(false);
        }

        string Piece(int number) => Topic($"p{number}");
    }

    private async Task<BrokerFinding> BulkAsync(CancellationToken cancel)
    {
        const int Boxes = 1_500;
        const string Name = "a fleet's retained messages at once";
        if (!_hasWildcards) return new BrokerFinding(Name, null, "not looked at: nothing retained comes to a wildcard subscriber.");
        await using var publisher = await Probe.ConnectAsync(options, "a" + _device, cancel).ConfigureAwait(false);
        try
        {
            await publisher.PublishAllAsync(Boxes, i => Topic($"b{i}"), "x"u8.ToArray(), cancel).ConfigureAwait(false);
            await using var late = await Probe.ConnectAsync(options, "b" + _device, cancel).ConfigureAwait(false);
            await late.SubscribeAsync($"{TwinTopic.Prefix}/operator/{_device}/response/+", cancel).ConfigureAwait(false);
            var came = 0;
            while (came < Boxes && await late.NextAsync(Patience, cancel).ConfigureAwait(false) is not null) came++;
            return came == Boxes
                ? new BrokerFinding(Name, true, $"{Boxes} of {Boxes} came.")
                : new BrokerFinding(Name, false, $"{came} of {Boxes} came: the queue per client is too short for an operator (Mosquitto: max_queued_messages).");
        }
        finally
        {
            await publisher.PublishAllAsync(Boxes, i => Topic($"b{i}"), [], cancel).ConfigureAwait(false);
        }
    }

    private async Task<BrokerFinding> AccessAsync(CancellationToken cancel)
    {
        using var authority = fleet!.Authority();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (own, other) = (new TwinIdentity(fleet.Name, _device + "-1"), new TwinIdentity(fleet.Name, _device + "-2"));
        using var bare = authority.IssueBox(own.Device, key, DateTimeOffset.UtcNow, TimeSpan.FromMinutes(10));
        using var certificate = bare.CopyWithPrivateKey(key);
        var asBox = options with { Certificate = certificate };
        if (await LetsInAsync(options with { Certificate = null }, cancel).ConfigureAwait(false)) return Bad("who has no certificate of the fleet is let in.");
        await using var operators = await Probe.ConnectAsync(options, "a" + _device, cancel).ConfigureAwait(false);
        string[] meant = [.. ((TwinIdentity[])[own, other]).SelectMany(static d => (string[])[Of(d, TwinChannel.Desired), Piece(d)])];
        foreach (var topic in meant) await operators.PublishAsync(topic, "kept"u8.ToArray(), retain: true, cancel).ConfigureAwait(false);
        try
        {
            await using (var box = await Probe.ConnectAsync(asBox, own.Device, cancel).ConfigureAwait(false))
            {
                await box.SubscribeAsync(Of(own, TwinChannel.Desired), cancel).ConfigureAwait(false);
                if (await box.NextAsync(Patience, cancel).ConfigureAwait(false) is null) return Bad("a box does not get its own document.");
                await box.SubscribeAsync(Piece(own), cancel).ConfigureAwait(false);
                if (await box.NextAsync(Patience, cancel).ConfigureAwait(false) is null)
                    return Bad($"a box does not get the pieces of a larger document (Mosquitto: pattern read {TwinTopic.Prefix}/{fleet.Name}/%u/body/+).");
            }

            foreach (var filter in (string[])[Of(other, TwinChannel.Desired), Piece(other), TwinTopic.Filter(fleet.Name, null, TwinChannel.Desired), TwinTopic.Filter(fleet.Name, null, TwinChannel.Body)])
            {
                await using var curious = await Probe.ConnectAsync(asBox, own.Device, cancel).ConfigureAwait(false);
                if (!await curious.MaySubscribeAsync(filter, cancel).ConfigureAwait(false)) continue;
                while (await curious.NextAsync(Silence, cancel).ConfigureAwait(false) is { } message)
                    if (message.Topic != Of(own, TwinChannel.Desired) && message.Topic != Piece(own)) return Bad($"a box reads another's document ({filter}).");
            }

            await operators.SubscribeAsync(TwinTopic.Filter(fleet.Name, null, TwinChannel.Reported), cancel).ConfigureAwait(false);
            foreach (var (device, channel) in ((TwinIdentity, TwinChannel)[])[(other, TwinChannel.Reported), (own, TwinChannel.Reported)])
            {
                // A broker may end the connection of who says what it may not; the next word has one of its own.
                await using var box = await Probe.ConnectAsync(asBox, own.Device, cancel).ConfigureAwait(false);
                await box.MayPublishAsync(Of(device, channel), cancel).ConfigureAwait(false);
            }

            while (await operators.NextAsync(Patience, cancel).ConfigureAwait(false) is { } message)
            {
                if (message.Topic == Of(other, TwinChannel.Reported)) return Bad("a box speaks for another.");
                if (message.Topic == Of(own, TwinChannel.Reported)) return new BrokerFinding(AccessRules, true, "a box reaches its own topics and no others; without a certificate nobody gets in.");
            }

            return Bad("what a box says of itself does not come.");
        }
        finally
        {
            foreach (var topic in meant) await operators.PublishAsync(topic, [], retain: true, cancel).ConfigureAwait(false);
        }

        static string Of(TwinIdentity device, TwinChannel channel) => new TwinTopic(device, channel).ToString();

        static string Piece(TwinIdentity device) => new TwinTopic(device, TwinChannel.Body, "0").ToString();

        static BrokerFinding Bad(string detail) => new(AccessRules, false, detail);
    }

    private async Task<bool> LetsInAsync(OperatorOptions stranger, CancellationToken cancel)
    {
        try
        {
            await using var client = await Probe.ConnectAsync(stranger, "e" + _device, cancel).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is MqttCommunicationException or BrokerException or SocketException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    private string Topic(string name) => new TwinTopic(new TwinIdentity("operator", _device), TwinChannel.Response, name).ToString();

    /// <summary>One client of the check.</summary>
    private sealed class Probe : IAsyncDisposable
    {
        private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
        private readonly Channel<MqttApplicationMessage> _messages = Channel.CreateUnbounded<MqttApplicationMessage>();

        private Probe()
        {
            _client.ApplicationMessageReceivedAsync += e =>
            {
                _messages.Writer.TryWrite(e.ApplicationMessage);
                return Task.CompletedTask;
            };
        }

        public MqttClientConnectResult Connected { get; private set; } = null!;

        public static async Task<Probe> ConnectAsync(OperatorOptions options, string id, CancellationToken cancel, string? will = null, bool keepSession = false, bool endSession = false)
        {
            var probe = new Probe();
            var builder = OperatorSession.Builder(options).WithClientId(id).WithCleanStart(!keepSession).WithSessionExpiryInterval(keepSession && !endSession ? 60u : 0u);
            if (will is not null) builder.WithWillTopic(will).WithWillPayload("gone").WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).WithWillRetain();
            var built = builder.Build();
            try
            {
                probe.Connected = await probe._client.ConnectAsync(built, cancel).WaitAsync(Patience, cancel).ConfigureAwait(false);
                if (probe.Connected.ResultCode != MqttClientConnectResultCode.Success) throw new BrokerException($"the broker refuses the connection: {probe.Connected.ResultCode}.");
                return probe;
            }
            catch (TimeoutException e)
            {
                throw new BrokerException($"{options.Broker} does not answer within {Patience.TotalSeconds:0} s.", e);
            }
        }

        public async Task SubscribeAsync(string filter, CancellationToken cancel)
        {
            var result = await _client.SubscribeAsync(new MqttClientSubscribeOptionsBuilder().WithTopicFilter(filter, MqttQualityOfServiceLevel.AtLeastOnce).Build(), cancel).WaitAsync(Patience, cancel).ConfigureAwait(false);
            if (result.Items.FirstOrDefault(static i => i.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2) is { } refused)
                throw new BrokerException($"the broker refuses the subscription to {filter}: {refused.ResultCode}.");
        }

        public async Task PublishAsync(string topic, byte[] payload, bool retain, CancellationToken cancel)
        {
            var result = await _client.PublishAsync(
                new MqttApplicationMessage { Topic = topic, Payload = new ReadOnlySequence<byte>(payload), QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce, Retain = retain }, cancel)
                .WaitAsync(Patience, cancel).ConfigureAwait(false);
            if (!result.IsSuccess) throw new BrokerException($"the broker does not take {topic}: {result.ReasonCode}.");
        }

        /// <summary>False if the broker refuses, or ends the connection.</summary>
        public Task<bool> MaySubscribeAsync(string filter, CancellationToken cancel) => IsTakenAsync(() => SubscribeAsync(filter, cancel));

        /// <summary>False if the broker refuses, or ends the connection; true says only that it did not.</summary>
        public Task<bool> MayPublishAsync(string topic, CancellationToken cancel) => IsTakenAsync(() => PublishAsync(topic, "x"u8.ToArray(), retain: false, cancel));

        private static async Task<bool> IsTakenAsync(Func<Task> ask)
        {
            try
            {
                await ask().ConfigureAwait(false);
                return true;
            }
            catch (Exception e) when (e is BrokerException or MqttCommunicationException or MqttClientNotConnectedException or TimeoutException)
            {
                return false;
            }
        }

        public async Task PublishAllAsync(int count, Func<int, string> topic, byte[] payload, CancellationToken cancel)
        {
            foreach (var batch in Enumerable.Range(0, count).Chunk(50)) await Task.WhenAll(batch.Select(i => PublishAsync(topic(i), payload, retain: true, cancel))).ConfigureAwait(false);
        }

        /// <summary>Null if none comes in time.</summary>
        public async Task<MqttApplicationMessage?> NextAsync(TimeSpan patience, CancellationToken cancel)
        {
            try
            {
                return await _messages.Reader.ReadAsync(cancel).AsTask().WaitAsync(patience, cancel).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return null;
            }
        }

        /// <summary>Ends without a word, as a power cut does.</summary>
        public void Kill() => _client.Dispose();

        public async ValueTask DisposeAsync()
        {
            try
            {
                if (_client.IsConnected) await _client.DisconnectAsync(new MqttClientDisconnectOptions()).WaitAsync(Patience).ConfigureAwait(false);
            }
            catch (Exception e) when (e is MqttCommunicationException or TimeoutException or OperationCanceledException)
            {
                // Gone already.
            }

            _client.Dispose();
        }
    }
}
