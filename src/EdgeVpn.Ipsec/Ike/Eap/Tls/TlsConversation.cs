using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using Org.BouncyCastle.Tls;

namespace EdgeVpn.Ipsec.Ike.Eap.Tls;

/// <summary>One TLS handshake as the client, flight by flight: octets in, octets out.</summary>
/// <remarks>Made on the engine's thread; each flight is taken by whoever the shell lets do it, never two at once.</remarks>
public sealed class TlsConversation
{
    /// <summary>TLS 1.3's word that the server will say nothing more: one octet of application data (RFC 9190 §2.1.1).</summary>
    private const byte ProtectedSuccess = 0;

    private readonly TlsClientProtocol _protocol = new();
    private readonly EapTlsClient _client;
    private bool _isBegun;
    private bool _isOver;

    internal TlsConversation(IEntropy entropy, ImmutableArray<byte[]> chain, SignatureKeyKind key) =>
        _client = new EapTlsClient(new EntropyTlsCrypto(entropy), chain, key);

    /// <summary>Takes a flight of the server's; the first one is empty and is answered by ClientHello.</summary>
    public TlsAnswer Take(byte[] records, ITlsCredentials credentials)
    {
        CloseReason? fault = null;
        _client.Credentials = credentials;
        try
        {
            if (_isBegun) _protocol.OfferInput(records);
            else _protocol.Connect(_client);
            _isBegun = true;
            fault = Read();
        }
        catch (IOException exception) // whatever the server can cause arrives as one
        {
            fault = _client.Fault ?? FaultOf(exception);
        }
        finally
        {
            _client.Credentials = null;
        }

        return new TlsAnswer(Output(), fault is null ? TakeMsk() : null, fault);
    }

    /// <summary>The key, once it may be used: in TLS 1.3 after the server's last word.</summary>
    private Secret? TakeMsk()
    {
        if (_client.Msk is not { } msk || (_client.IsTls13 && !_isOver)) return null;
        _client.Msk = null;
        return msk;
    }

    /// <summary>What came inside TLS: nothing, or the server's last word.</summary>
    private CloseReason? Read()
    {
        var data = new byte[_protocol.GetAvailableInputBytes()];
        if (data.Length == 0) return null;
        _protocol.ReadInput(data, 0, data.Length);
        _isOver = data is [ProtectedSuccess];
        return _isOver ? null : new CloseReason(CloseCause.ProtocolError, Detail: "the gateway sends data through TLS, where a handshake is all there is");
    }

    private byte[] Output()
    {
        var output = new byte[_protocol.GetAvailableOutputBytes()];
        _protocol.ReadOutput(output, 0, output.Length);
        return output;
    }

    private CloseReason FaultOf(IOException exception) => exception switch
    {
        TlsFatalAlertReceived received when _client.WasAsked =>
            new CloseReason(CloseCause.CertificateRefusedByPeer, Detail: $"the gateway refuses our certificate in TLS: {AlertDescription.GetText(received.AlertDescription)}"),
        TlsFatalAlertReceived received =>
            new CloseReason(CloseCause.ProtocolError, Detail: $"the gateway ends TLS: {AlertDescription.GetText(received.AlertDescription)}"),
        TlsFatalAlert { AlertDescription: AlertDescription.decrypt_error or AlertDescription.bad_certificate or AlertDescription.unsupported_certificate } raised =>
            new CloseReason(CloseCause.CertificateRefused, Detail: $"the gateway's proof in TLS is not good: {AlertDescription.GetText(raised.AlertDescription)}"),
        TlsFatalAlert raised =>
            new CloseReason(CloseCause.ProtocolError, Detail: $"the gateway's TLS cannot be followed: {AlertDescription.GetText(raised.AlertDescription)}"),
        _ => new CloseReason(CloseCause.ProtocolError, Detail: "the gateway's TLS cannot be followed"),
    };
}
