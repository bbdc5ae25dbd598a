using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Ike.Eap;
using EdgeVpn.Ipsec.Ike.Eap.Tls;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>The rounds of EAP between the gateway's proof by certificate and the SA (RFC 7296 §2.16).</summary>
/// <remarks>
/// <code>
///   --> IDi, CERTREQ, [IDr,] SAi2, TSi, TSr
///   &lt;-- IDr, CERT+, AUTH, EAP               the gateway's AUTH is verified before its first question is answered
///   --> EAP        &lt;-- EAP                  again and again
///                  &lt;-- EAP (Success)
///   --> AUTH       &lt;-- AUTH, SAr2, TSi, TSr  both by the method's key
/// </code>
/// </remarks>
internal sealed partial class IkeAuth
{
    private EapPeer? _eap;
    private EapStep? _step;
    private Identification? _gateway;
    private byte[]? _eapReply;
    private Secret? _msk;

    /// <summary>After our alert the gateway has nothing to win by an answer; if none comes, its silence is not what went wrong.</summary>
    public override CloseReason? KnownFault => _eap?.Fault;

    /// <summary>The gateway has proven who it is: now it may ask us.</summary>
    private void BeginEap(IkeSa sa, AuthenticationCredential.Eap credential, Identification idr)
    {
        _gateway = idr;
        _eap = credential switch
        {
            AuthenticationCredential.EapMsChapV2 password => MsChapV2Peer.Of(password.User, password.Password, sa.Endpoint.Entropy),
            AuthenticationCredential.EapTls tls => new EapTlsPeer(
                tls.User,
                new TlsConversation(sa.Endpoint.Entropy, tls.Chain, tls.Key),
                (conversation, records) => new TlsErrand(connection.Name, tls.Server ?? idr, conversation, records)),
            _ => throw new ArgumentOutOfRangeException(nameof(credential)),
        };
    }

    /// <summary>Lets the method see its question once; its answer may need the shell.</summary>
    private bool IsReadyForEap(IkeSa sa, PayloadList response, Instant now)
    {
        if (_msk is not null || response.Find<EapPayload>() is not { } eap) return true;
        _step ??= _eap!.Answer(eap.Message);
        if (_step is not EapStep.Away away) return true;
        if (!sa.IsBack(away.Errand, now)) return false;
        _step = away.Then();
        return true;
    }

    private IReadOnlyList<Payload> EapPayloads(IkeSa sa) => _msk is not null
        ? [Authenticator(sa).Produce(_msk, connection.LocalIdentity, asInitiator: true)]
        : [new EapPayload(_eapReply!)];

    private void CompleteEap(IkeSa sa, PayloadList response, Instant now)
    {
        if (_msk is not null)
        {
            CompleteByKey(sa, response, now);
            return;
        }

        if (_step is not { } step)
        {
            Abandon();
            sa.Closed(
                ErrorNotify.Find(response) is { } error
                    ? connection.Refused(ErrorNotify.ToIkeReason(error))
                    : new CloseReason(CloseCause.ProtocolError, Detail: "the gateway's answer in the middle of EAP holds no EAP"),
                now);
            return;
        }

        _step = null;
        switch (step)
        {
            case EapStep.Reply reply:
                _eapReply = reply.Message;
                sa.Enqueue(this, now);
                break;
            case EapStep.Done:
                _msk = _eap!.Msk();
                sa.Enqueue(this, now);
                break;
            case EapStep.Failed failed:
                Abandon();
                sa.Closed(failed.Reason, now); // neither end has an SA to delete
                break;
            default:
                throw new InvalidOperationException();
        }
    }

    private void CompleteByKey(IkeSa sa, PayloadList response, Instant now)
    {
        if (response.Find<AuthPayload>() is not { } auth)
        {
            Abandon();
            sa.Closed(
                ErrorNotify.Find(response) is { } error
                    ? connection.Refused(ErrorNotify.ToIkeReason(error))
                    : new CloseReason(CloseCause.ProtocolError, Detail: "the gateway's last answer of EAP lacks AUTH"),
                now);
            return;
        }

        var peer = Authenticator(sa).Verify(_msk!, auth, _gateway!, peerIsInitiator: false);
        if (peer is null)
        {
            Refuse(sa, new CloseReason(CloseCause.SecretMismatch, Detail: $"the AUTH of {_gateway} is not by the key that EAP made"), now);
            return;
        }

        Established(sa, peer, response, now);
        AbandonEap();
    }

    private void AbandonEap()
    {
        _eap?.Dispose();
        _msk?.Dispose();
    }
}
