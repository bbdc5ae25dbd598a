using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>IKE_AUTH as initiator: both identities proven, and the first child SA (RFC 7296 §1.2).</summary>
internal sealed class IkeAuth(IkeConnection connection, SaInitTranscript transcript) : Exchange
{
    private ChildNegotiation? _child;

    public override ExchangeType Type => ExchangeType.IkeAuth;

    // --> HDR, SK { IDi, [N(INITIAL_CONTACT),] [IDr,] AUTH, SAi2, TSi, TSr }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now)
    {
        _child = new ChildNegotiation(sa, connection, withKeyExchange: false);
        var payloads = new List<Payload> { new IdPayload(true, connection.LocalIdentity) };
        if (connection.SendInitialContact && !sa.Endpoint.HasOtherSa(sa))
            payloads.Add(new NotifyPayload(ProtocolId.None, [], NotifyType.InitialContact, []));
        if (connection.RemoteIdentity is { } remote) payloads.Add(new IdPayload(false, remote));
        payloads.Add(Authenticator(sa).Produce(connection.Credential, connection.LocalIdentity, asInitiator: true));
        payloads.AddRange(_child.Payloads());
        return payloads;
    }

    // <-- HDR, SK { IDr, AUTH, SAr2, TSi, TSr }   |   { IDr, AUTH, N(error) }   |   { N(error) }
    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        var idr = response.All<IdPayload>().FirstOrDefault(static id => !id.IsInitiator);
        var auth = response.Find<AuthPayload>();
        if (idr is null || auth is null)
        {
            Abandon();
            sa.Closed(
                ErrorNotify.Find(response) is { } error
                    ? ErrorNotify.ToIkeReason(error)
                    : new CloseReason(CloseCause.ProtocolError, Detail: "the answer to IKE_AUTH lacks IDr or AUTH"),
                now);
            return;
        }

        if (Authenticator(sa).Verify(auth, connection.Credential, idr.Id, peerIsInitiator: false) is not { } peer)
        {
            Refuse(sa, new CloseReason(CloseCause.SecretMismatch, Detail: $"the AUTH of {idr.Id} does not verify"), now);
            return;
        }

        if (connection.RemoteIdentity is { } expected && expected != idr.Id)
        {
            Refuse(sa, new CloseReason(CloseCause.IdentityMismatch, Detail: $"expected {expected}, the peer is {idr.Id}"), now);
            return;
        }

        sa.Establish(peer, replaces: null, now);
        CompleteChild(sa, response, now);
        sa.Endpoint.OnEstablished(sa, now);
    }

    // The peer may have established it: then our Delete follows. If it refused, there is nothing to delete.
    public override void Overtaken(IkeSa sa, PayloadList response, Instant now)
    {
        Abandon();
        if (sa.State is IkeState.Closing closing && response.Find<AuthPayload>() is null) sa.Closed(closing.Reason, now);
    }

    public override void Abandon()
    {
        _child?.Release();
        _child = null;
    }

    private void CompleteChild(IkeSa sa, PayloadList response, Instant now)
    {
        CloseReason? fault = null;
        var agreement = response.Find<SaPayload>() is null && ErrorNotify.Find(response) is { } error
            ? Refused(error, out fault)
            : _child!.Accept(response, out fault);
        if (agreement is not null)
        {
            _child = null;
            sa.Children.Install(agreement, null, transcript.Ni, transcript.Nr, weInitiated: true, replaces: null, use: true, now);
            return;
        }

        // An IKE SA without a child carries nothing: close it, and let the shell's back-off decide when to try again.
        Abandon();
        sa.Endpoint.Emit(new IkeOutput.ChildSaFailed(sa.Id, connection.Name, fault!, null));
        sa.StartClose(fault!, now);
    }

    private static ChildAgreement? Refused(NotifyPayload error, out CloseReason fault)
    {
        fault = ErrorNotify.ToChildReason(error);
        return null;
    }

    private void Refuse(IkeSa sa, CloseReason reason, Instant now)
    {
        Abandon();
        sa.StartClose(reason, now, NotifyType.AuthenticationFailed);
    }

    private Authenticator Authenticator(IkeSa sa) => new(sa.Prf, sa.Keys, transcript);
}
