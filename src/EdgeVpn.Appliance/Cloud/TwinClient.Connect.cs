using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Model.Twin;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>The way to the broker: name, addresses, TLS, CONNECT with the will.</summary>
public sealed partial class TwinClient
{
    /// <returns>Null when connected, else why not.</returns>
    private async Task<ReportedReason?> ConnectAsync(IMqttClient client, string session, CancellationToken stop)
    {
        IPAddress[] addresses;
        try
        {
            using var patience = Patience(stop);
            addresses = await ResolveAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return TwinReasons.NameNotResolved($"{_options.Broker.Host}: {(e is SocketException ? e.Message : "the name servers do not answer")}.");
        }

        if (!addresses.Any(_options.IsAllowed))
            return TwinReasons.Unreachable($"{_options.Broker} is neither TLS nor on loopback; \"insecure\": true in the cloud settings allows it in a laboratory.");

        var failure = TwinReasons.NameNotResolved($"{_options.Broker.Host} has no address.");
        foreach (var address in addresses.Where(_options.IsAllowed).Take(MaxAddresses))
        {
            using var patience = Patience(stop);
            try
            {
                var result = await client.ConnectAsync(Options(address, session), patience.Token).ConfigureAwait(false);
                return result.ResultCode == MqttClientConnectResultCode.Success
                    ? null
                    : TwinReasons.BrokerRefused($"{_options.Broker} answers {result.ResultCode} {result.ReasonString}".TrimEnd() + ".");
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                failure = TwinReasons.Unreachable($"{address} port {_options.Broker.Port} does not answer within {_options.Patience.TotalSeconds:0} s.");
            }
            catch (Exception e) when (IsLoss(e))
            {
                failure = e is AuthenticationException || e.InnerException is AuthenticationException
                    ? TwinReasons.BrokerRefused($"TLS with {address} port {_options.Broker.Port}: {e.GetBaseException().Message}")
                    : TwinReasons.Unreachable($"{address} port {_options.Broker.Port}: {e.GetBaseException().Message}");
            }
        }

        return failure;
    }

    private async Task<IPAddress[]> ResolveAsync(CancellationToken cancel) =>
        IPAddress.TryParse(_options.Broker.Host, out var address) ? [address] : await Dns.GetHostAddressesAsync(_options.Broker.Host, cancel).ConfigureAwait(false);

    private MqttClientOptions Options(IPAddress address, string session)
    {
        var builder = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithEndPoint(new IPEndPoint(address, _options.Broker.Port))
            .WithTcpServer(tcp =>
            {
                tcp.AddressFamily = address.AddressFamily;
                // The library's default resets the connection when it closes it, and the farewell is lost with what was under way.
                tcp.LingerState = new LingerOption(false, 0);
            })
            .WithClientId($"edgevpn-{_options.Identity.Fleet}-{_options.Identity.Device}")
            .WithCleanStart(false)
            .WithSessionExpiryInterval((uint)_options.SessionExpiry.TotalSeconds)
            .WithKeepAlivePeriod(_options.KeepAlive)
            .WithTimeout(_options.Patience)
            .WithMaximumPacketSize(MaxPacketOctets)
            .WithReceiveMaximum(ReceiveMaximum)
            .WithWillTopic(new TwinTopic(_options.Identity, TwinChannel.Presence).ToString())
            .WithWillPayload(Presence(online: false, session))
            .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
            .WithWillRetain();
        if (_options.Broker.Tls)
        {
            builder.WithTlsOptions(tls =>
            {
                // Revocation is the fleet's own list, later; an online check would tie the box to a third party's server.
                tls.UseTls()
                    .WithTargetHost(_options.Broker.Host)
                    .WithSslProtocols(SslProtocols.Tls12 | SslProtocols.Tls13)
                    .WithRevocationMode(X509RevocationMode.NoCheck);
                if (_options.Authorities is { } authorities) tls.WithTrustChain(authorities);
                if (_options.Certificate is { } certificate) tls.WithClientCertificates([certificate]);
            });
        }

        return builder.Build();
    }

    /// <summary>Mosquitto 2.0 closes the old session of a name without a word; what is left to see is that none holds.</summary>
    private ReportedReason Suspect(ReportedReason end) => end.Code == TwinReasons.BrokerRefused("").Code
        ? end
        : TwinReasons.BrokerRefused($"{_shortSessions} sessions in a row were ended right after they began: is there a second box named {_options.Identity}?");

    private ReportedReason Explain(MqttClientDisconnectedEventArgs e) => e.Reason switch
    {
        MqttClientDisconnectReason.SessionTakenOver =>
            TwinReasons.BrokerRefused($"Another client took over the session: is there a second box named {_options.Identity}?"),
        MqttClientDisconnectReason.NotAuthorized or MqttClientDisconnectReason.AdministrativeAction or MqttClientDisconnectReason.ServerBusy =>
            TwinReasons.BrokerRefused($"{_options.Broker} ended the connection: {e.Reason} {e.ReasonString}".TrimEnd() + "."),
        _ => TwinReasons.Unreachable($"The connection to {_options.Broker} was lost: {e.Exception?.GetBaseException().Message ?? e.Reason.ToString()}"),
    };
}
