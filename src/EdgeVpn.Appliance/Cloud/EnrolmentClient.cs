using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>Asks a fleet for membership over the broker's bootstrap listener, and waits for the answer.</summary>
/// <param name="card">Where, who, and whose answer counts.</param>
/// <param name="keys">The box's own.</param>
/// <param name="say">One line for the person who waits.</param>
public sealed class EnrolmentClient(ClaimCard card, IBoxKeys keys, Action<string> say)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);
    private readonly P256Key _identity = P256Key.Of(keys.Identity);

    /// <summary>Asks until an answer is believed or <paramref name="cancel"/>.</summary>
    public async Task<Enrolment> RunAsync(CancellationToken cancel)
    {
        string? said = null;
        while (true)
        {
            try
            {
                return await AskAsync(cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (IsLoss(e) || (e is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                var line = $"{card.Broker}: {(e is OperationCanceledException ? $"no answer within {Patience.TotalSeconds:0} s" : e.GetBaseException().Message)}";
                if (line != said) say(line);
                said = line;
            }

            await Task.Delay(Pause, cancel).ConfigureAwait(false);
        }
    }

    private async Task<Enrolment> AskAsync(CancellationToken cancel)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        var answers = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(8) { FullMode = BoundedChannelFullMode.DropOldest });
        client.ApplicationMessageReceivedAsync += e =>
        {
            answers.Writer.TryWrite(e.ApplicationMessage.Payload.ToArray());
            return Task.CompletedTask;
        };
        client.DisconnectedAsync += e =>
        {
            answers.Writer.TryComplete(new MqttCommunicationException(e.Exception?.GetBaseException().Message ?? $"the broker closed the connection ({e.Reason})"));
            return Task.CompletedTask;
        };
        var (up, down) = (EnrolmentTopic.Up(_identity.Fingerprint), EnrolmentTopic.Down(_identity.Fingerprint));
        await client.ConnectAsync(Options(), cancel).WaitAsync(Patience, cancel).ConfigureAwait(false);
        var subscribed = await client.SubscribeAsync(
            new MqttClientSubscribeOptionsBuilder().WithTopicFilter(down, MqttQualityOfServiceLevel.AtLeastOnce).Build(), cancel).WaitAsync(Patience, cancel).ConfigureAwait(false);
        if (subscribed.Items.FirstOrDefault(static i => i.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2) is { } refused)
            throw new MqttCommunicationException($"the broker does not let this box subscribe to {down}: {refused.ResultCode}");
        await PublishAsync(client, up, EnrolmentAnswerCheck.Request(card, keys), cancel).ConfigureAwait(false);
        say($"asked {card.Broker} for {card.Identity}; waiting for the operator");
        while (true)
        {
            ReadOnlyMemory<byte> octets;
            try
            {
                octets = await answers.Reader.ReadAsync(cancel).ConfigureAwait(false);
            }
            catch (ChannelClosedException e) when (e.InnerException is MqttCommunicationException lost)
            {
                throw lost;
            }

            if (octets.IsEmpty) continue;
            if (EnrolmentAnswerCheck.Read(octets, card, _identity, out var problem) is { } enrolment)
            {
                // The request has served: it is taken away, and the operator takes the answer away.
                await PublishAsync(client, up, [], cancel).ConfigureAwait(false);
                await client.DisconnectAsync(new MqttClientDisconnectOptions(), cancel).ConfigureAwait(false);
                return enrolment;
            }

            say($"an answer was not believed: {problem}");
        }
    }

    private static async Task PublishAsync(IMqttClient client, string topic, byte[] payload, CancellationToken cancel)
    {
        var result = await client.PublishAsync(
            new MqttApplicationMessage
            {
                Topic = topic,
                Payload = new ReadOnlySequence<byte>(payload),
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                Retain = true,
            }, cancel).WaitAsync(Patience, cancel).ConfigureAwait(false);
        if (!result.IsSuccess) throw new MqttCommunicationException($"the broker does not take {topic}: {result.ReasonCode}");
    }

    private MqttClientOptions Options()
    {
        EndPoint remote = IPAddress.TryParse(card.Broker.Host, out var address) ? new IPEndPoint(address, card.Broker.Port) : new DnsEndPoint(card.Broker.Host, card.Broker.Port);
        var builder = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithEndPoint(remote)
            .WithTcpServer(static tcp => tcp.LingerState = new LingerOption(false, 0))
            .WithClientId(_identity.Fingerprint) // the access rules let a client at its own fingerprint's topics only
            .WithCleanStart()
            .WithMaximumPacketSize(2 * EnrolmentTopic.MaxOctets)
            .WithTimeout(Patience);
        if (card.Broker.Tls)
        {
            builder.WithTlsOptions(tls => tls.UseTls()
                .WithTargetHost(card.Broker.Host)
                .WithSslProtocols(SslProtocols.Tls12 | SslProtocols.Tls13)
                .WithRevocationMode(X509RevocationMode.NoCheck)
                // The box knows no authority yet. Nothing here depends on who listens: the request is authenticated by the card's token,
                // the answer by the fleet key on the card; TLS keeps onlookers from learning names.
                .WithCertificateValidationHandler(static _ => true));
        }

        return builder.Build();
    }

    private static bool IsLoss(Exception e) =>
        e is MqttCommunicationException or MqttProtocolViolationException or MqttClientNotConnectedException or SocketException or IOException or AuthenticationException or TimeoutException;
}
