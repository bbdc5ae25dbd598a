using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Ike.Configuration;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>IKE_AUTH as initiator: both identities proven, and the first child SA (RFC 7296 §1.2). With EAP it goes over several rounds (§2.16).</summary>
internal sealed partial class IkeAuth(IkeConnection connection, SaInitTranscript transcript) : Exchange
{
    private ChildNegotiation? _child;
    private SignErrand? _signing;
    private VerifyPeerErrand? _verification;
    private CloseReason? _fault;

    public override ExchangeType Type => ExchangeType.IkeAuth;

    public override bool IsReady(IkeSa sa, Instant now)
    {
        if (!sa.TryOfferPpk(connection)) return true;
        if (connection.Credential is not AuthenticationCredential.Certificate certificate) return true;
        _signing ??= Authenticator(sa).ToSign(connection.Name, certificate, connection.LocalIdentity, asInitiator: true, sa.PeerHashes);
        return _signing is null || sa.IsBack(_signing, now);
    }

    // --> HDR, SK { IDi, [CERT+, CERTREQ,] [N(INITIAL_CONTACT),] [IDr,] AUTH, [N(PPK_IDENTITY), N(NO_PPK_AUTH),] [N(MOBIKE_SUPPORTED), N(ADDITIONAL_IP4_ADDRESS)*,] [CP(CFG_REQUEST),] [SAi2, TSi, TSr] }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now)
    {
        if (_eap is not null) return EapPayloads(sa);
        if (!sa.TryOfferPpk(connection))
        {
            sa.Closed(new CloseReason(CloseCause.SecretMismatch, Detail: "a post-quantum preshared key is required, and the peer knows of none"), now);
            return null;
        }

        var withEap = connection.Credential is AuthenticationCredential.Eap;
        var auth = withEap ? null : Prove(sa);
        if (auth is null && !withEap)
        {
            sa.Closed(new CloseReason(CloseCause.CertificateRefused, Detail: "the peer takes no signature that our key can make"), now);
            return null;
        }

        if (!connection.Childless || !sa.IsPeerChildless) _child = new ChildNegotiation(sa, connection, withKeyExchange: false);
        var payloads = new List<Payload> { new IdPayload(true, connection.LocalIdentity) };
        if (connection.Credential is AuthenticationCredential.Certificate own) payloads.AddRange(CertificateProof.Certificates(own));
        payloads.AddRange(CertificateProof.Request(connection.Credential.PeerAuthorities));
        if (connection is { SendInitialContact: true, Uniqueness: not Uniqueness.Never } && !sa.Endpoint.HasOtherSa(sa))
            payloads.Add(new NotifyPayload(ProtocolId.None, [], NotifyType.InitialContact, []));
        if (connection.RemoteIdentity is { } remote) payloads.Add(new IdPayload(false, remote));
        if (auth is not null) payloads.Add(auth);
        payloads.AddRange(sa.PpkPayloads(connection, transcript));
        if (connection.Mobike) payloads.AddRange([MobikeUpdate.Supported, .. sa.TellOtherAddresses()]);
        if (connection.ConfigurationRequest is { } request) payloads.Add(request.Payload(sa.Endpoint.LastAssigned(connection.Name)));
        if (_child is not null) payloads.AddRange(_child.Payloads());
        return payloads;
    }

    public override bool IsReadyFor(IkeSa sa, PayloadList response, Instant now)
    {
        if (!sa.TrySettlePpk(connection, response) && response.Find<AuthPayload>() is not null)
            _fault = new CloseReason(CloseCause.SecretMismatch, Detail: "the peer did not use the post-quantum preshared key that is required");
        if (_eap is not null) return IsReadyForEap(sa, response, now);
        if (!connection.Credential.WantsPeerCertificate || _fault is not null) return true;
        if (Idr(response) is not { } idr || response.Find<AuthPayload>() is not { } auth || !IsExpected(idr)) return true;
        _verification ??= CertificateProof.ToVerify(
            connection.Name, idr, response, auth, Authenticator(sa).SignedOctets(idr, ofInitiator: false), out _fault);
        if (_verification is null) return true;
        if (!sa.IsBack(_verification, now)) return false;
        if (connection.Credential is not AuthenticationCredential.Eap eap || Verify(sa, auth, idr) is null) return true;
        BeginEap(sa, eap, idr);
        return IsReadyForEap(sa, response, now);
    }

    // <-- HDR, SK { IDr, [CERT+,] AUTH, SAr2, TSi, TSr }   |   { IDr, AUTH, N(error) }   |   { N(error) }
    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        if (_eap is not null)
        {
            CompleteEap(sa, response, now);
            return;
        }

        var idr = Idr(response);
        var auth = response.Find<AuthPayload>();
        if (idr is null || auth is null)
        {
            Abandon();
            sa.Closed(
                ErrorNotify.Find(response) is { } error
                    ? connection.Refused(ErrorNotify.ToIkeReason(error))
                    : new CloseReason(CloseCause.ProtocolError, Detail: "the answer to IKE_AUTH lacks IDr or AUTH"),
                now);
            return;
        }

        if (!IsExpected(idr))
        {
            Refuse(sa, new CloseReason(CloseCause.IdentityMismatch, Detail: $"expected {connection.RemoteIdentity}, the peer is {idr}"), now);
            return;
        }

        if (_fault is not null || Verify(sa, auth, idr) is not { } peer)
        {
            Refuse(sa, _fault ?? new CloseReason(CloseCause.SecretMismatch, Detail: $"the AUTH of {idr} does not verify"), now);
            return;
        }

        Established(sa, peer, response, now);
    }

    private void Established(IkeSa sa, AuthenticatedPeer peer, PayloadList response, Instant now)
    {
        sa.AdoptAuthKeys();
        sa.IsMobile = connection.Mobike && response.Notify(NotifyType.MobikeSupported) is not null;
        sa.HeedAddresses(response, sa.Path, now);
        sa.HeedAuthenticationLifetime(response);
        sa.Establish(peer, replaces: null, now);
        sa.CatchUp(now);
        if (connection.ConfigurationRequest is { } asked && response.Find<CpPayload>() is { } reply && AssignedConfiguration.Read(reply, asked) is { } assigned) sa.Assign(assigned);
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
        AbandonEap();
    }

    private static Identification? Idr(PayloadList response) => response.All<IdPayload>().FirstOrDefault(static id => !id.IsInitiator)?.Id;

    private bool IsExpected(Identification idr) => connection.RemoteIdentity is not { } expected || expected == idr;

    /// <summary>Our AUTH; null if there is none that the peer could verify.</summary>
    private AuthPayload? Prove(IkeSa sa) => connection.Credential is AuthenticationCredential.Certificate
        ? _signing?.Auth
        : Authenticator(sa).Produce(connection.Credential, connection.LocalIdentity, asInitiator: true);

    private AuthenticatedPeer? Verify(IkeSa sa, AuthPayload auth, Identification idr)
    {
        if (!connection.Credential.WantsPeerCertificate)
            return Authenticator(sa).Verify(auth, connection.Credential, idr, peerIsInitiator: false);
        if (_verification is null) return null;
        _fault = (_verification.Verdict as PeerVerdict.Refused)?.Reason;
        return Auth.Authenticator.Verify(_verification);
    }

    private void CompleteChild(IkeSa sa, PayloadList response, Instant now)
    {
        if (_child is null)
        {
            sa.Enqueue(new ChildCreate(), now);
            return;
        }

        CloseReason? fault = null;
        var agreement = response.Find<SaPayload>() is null && ErrorNotify.Find(response) is { } error
            ? Refused(error, out fault)
            : connection.ConfigurationRequest is not null && sa.Assigned is null ? Unassigned(out fault) : _child!.Accept(response, out fault);
        if (agreement is not null)
        {
            _child = null;
            sa.Children.Install(agreement, null, transcript.Ni, transcript.Nr, weInitiated: true, replaces: null, use: true, now);
            sa.CarryOn(now);
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

    private static ChildAgreement? Unassigned(out CloseReason fault)
    {
        fault = new CloseReason(CloseCause.ChildRefused, Detail: "an address inside the tunnel was asked for, and the peer gave none");
        return null;
    }

    private void Refuse(IkeSa sa, CloseReason reason, Instant now)
    {
        Abandon();
        sa.StartClose(reason, now, NotifyType.AuthenticationFailed);
    }

    private Authenticator Authenticator(IkeSa sa) => new(sa.Prf, sa.AuthKeys, transcript);
}
