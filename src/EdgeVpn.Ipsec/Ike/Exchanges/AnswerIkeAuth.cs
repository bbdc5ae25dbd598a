using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>IKE_AUTH as responder: which connection is it, is the peer who it says, and the first child SA (RFC 7296 §1.2).</summary>
internal static class AnswerIkeAuth
{
    /// <summary>Connections whose credentials are tried: each may cost a signature's check.</summary>
    private const int MaxCandidates = 8;

    public static Answer To(IkeSa sa, SaInitTranscript transcript, PayloadList request, Instant now)
    {
        var idi = request.All<IdPayload>().FirstOrDefault(static id => id.IsInitiator);
        var wantedIdr = request.All<IdPayload>().FirstOrDefault(static id => !id.IsInitiator);
        if (idi is null) return Refuse(sa, NotifyType.InvalidSyntax, new CloseReason(CloseCause.ProtocolError, Detail: "IKE_AUTH without IDi"), now);

        var candidates = sa.Endpoint.Candidates(sa)
            .Where(c => (c.RemoteIdentity is null || c.RemoteIdentity == idi.Id)
                && (wantedIdr is null || c.LocalIdentity == wantedIdr.Id))
            .ToList();
        if (candidates.Count == 0)
        {
            return Refuse(
                sa,
                NotifyType.AuthenticationFailed,
                new CloseReason(
                    CloseCause.IdentityMismatch,
                    Detail: $"no connection for {idi.Id}" + (wantedIdr is null ? "" : $" asking for {wantedIdr.Id}")),
                now);
        }

        if (request.Find<AuthPayload>() is not { } auth)
        {
            sa.Endpoint.Adopt(sa, candidates[0]);
            return Refuse(
                sa, NotifyType.AuthenticationFailed, new CloseReason(CloseCause.SecretMismatch, Detail: $"{idi.Id} wants EAP"), now);
        }

        CloseReason? fault = null;
        foreach (var connection in candidates.Take(MaxCandidates))
        {
            AuthenticatedPeer? peer;
            var proof = auth;
            if (!sa.TryChoosePpk(connection, request, ref proof))
            {
                fault ??= new CloseReason(CloseCause.SecretMismatch, Detail: $"{idi.Id} and we have no post-quantum preshared key in common");
                continue;
            }

            var authenticator = new Authenticator(sa.Prf, sa.AuthKeys, transcript);
            if (!connection.Credential.WantsPeerCertificate)
            {
                peer = authenticator.Verify(proof, connection.Credential, idi.Id, peerIsInitiator: true);
            }
            else
            {
                CloseReason? unfit = null;
                var verification = sa.ForAnswer.Verify(
                    connection.Name,
                    () => CertificateProof.ToVerify(connection.Name, idi.Id, request, proof, authenticator.SignedOctets(idi.Id, ofInitiator: true), out unfit),
                    now,
                    out var isLater);
                if (isLater) return Answer.Later;
                peer = verification is null ? null : Authenticator.Verify(verification);
                fault ??= unfit ?? (verification?.Verdict as PeerVerdict.Refused)?.Reason;
            }

            if (peer is null) continue;
            if (sa.Endpoint.IsKeptOut(sa, connection, peer.Identity, now))
            {
                sa.Endpoint.Adopt(sa, connection);
                return Refuse(
                    sa, NotifyType.AuthenticationFailed, new CloseReason(CloseCause.AlreadyConnected, Detail: $"{peer.Identity} is connected from elsewhere"), now);
            }

            return Prove(sa, connection, authenticator, now, out var own) switch
            {
                Proof.Later => Answer.Later,
                Proof.Impossible => Refuse(
                    sa,
                    NotifyType.AuthenticationFailed,
                    new CloseReason(CloseCause.CertificateRefused, Detail: $"{idi.Id} takes no signature that our key can make"),
                    now),
                _ => Accept(sa, connection, peer, own!, transcript, request, now),
            };
        }

        sa.Endpoint.Adopt(sa, candidates[0]);
        return Refuse(
            sa,
            NotifyType.AuthenticationFailed,
            fault ?? new CloseReason(CloseCause.SecretMismatch, Detail: $"the AUTH of {idi.Id} does not verify"),
            now);
    }

    private enum Proof
    {
        Impossible,
        Later,
        Ready,
    }

    /// <summary>Our side of the proof: computed with a pre-shared key, signed by the shell with a certificate.</summary>
    private static Proof Prove(IkeSa sa, IkeConnection connection, Authenticator authenticator, Instant now, out AuthPayload? auth)
    {
        if (connection.Credential is not AuthenticationCredential.Certificate certificate)
        {
            auth = authenticator.Produce(connection.Credential, connection.LocalIdentity, asInitiator: false);
            return Proof.Ready;
        }

        auth = null;
        sa.Endpoint.Adopt(sa, connection); // if the key cannot be used, it is this connection's trouble
        var signing = sa.ForAnswer.Signing(() =>
            authenticator.ToSign(connection.Name, certificate, connection.LocalIdentity, asInitiator: false, sa.PeerHashes));
        if (signing is null) return Proof.Impossible;
        if (!sa.IsBack(signing, now)) return Proof.Later;
        auth = signing.Auth;
        return Proof.Ready;
    }

    // <-- HDR, SK { IDr, [CERT+,] AUTH, [N(PPK_IDENTITY),] [N(MOBIKE_SUPPORTED), N(ADDITIONAL_IP4_ADDRESS)*,] [N(AUTH_LIFETIME),] [CP(CFG_REPLY),] [SAr2, TSi, TSr] }
    private static Answer Accept(
        IkeSa sa, IkeConnection connection, AuthenticatedPeer peer, AuthPayload auth, SaInitTranscript transcript, PayloadList request, Instant now)
    {
        sa.Endpoint.Adopt(sa, connection);
        if (request.Notify(NotifyType.InitialContact) is not null) sa.Endpoint.Supersede(sa, peer.Identity, now);
        var usesPpk = sa.AdoptAuthKeys();
        sa.Establish(peer, replaces: null, now);
        var payloads = new List<Payload> { new IdPayload(false, connection.LocalIdentity) };
        if (connection.Credential is AuthenticationCredential.Certificate own) payloads.AddRange(CertificateProof.Certificates(own));
        payloads.Add(auth);
        if (usesPpk) payloads.Add(Ppk.Used);
        sa.IsMobile = request.Notify(NotifyType.MobikeSupported) is not null;
        if (sa.IsMobile) payloads.AddRange([MobikeUpdate.Supported, .. sa.TellOtherAddresses()]);
        sa.HeedAddresses(request, sa.Path, now);
        payloads.AddRange(IkeSa.AuthenticationLifetimeOf(connection));
        var (configuration, refused) = AnswerConfiguration.To(sa, peer.Identity, request);
        if (configuration is not null) payloads.Add(configuration);
        if (request.Find<SaPayload>() is null) // without a child (RFC 6023)
        {
            sa.Endpoint.OnEstablished(sa, now);
            return new Answer(payloads, () => sa.ProveBesideOthers(now));
        }

        var answer = refused is null ? AnswerChild.Negotiate(sa, request, withKeyExchange: false, now) : new AnswerChild.Result(refused, null);
        if (answer.Error is { } error)
        {
            payloads.Add(error.Notify);
            sa.Endpoint.Emit(new IkeOutput.ChildSaFailed(sa.Id, connection.Name, error.Reason, null));
        }
        else
        {
            var made = answer.Made!;
            sa.Children.Install(
                made.Agreement, null, transcript.Ni, transcript.Nr, weInitiated: false, replaces: null, use: true, now, firstChild: true);
            payloads.AddRange(made.Payloads());
        }

        sa.Endpoint.OnEstablished(sa, now);
        return new Answer(payloads, () => sa.ProveBesideOthers(now));
    }

    private static Answer Refuse(IkeSa sa, NotifyType type, CloseReason reason, Instant now)
    {
        sa.Endpoint.ReportRefusal(sa.Path, reason, now);
        return new Answer([ErrorNotify.Of(type)], () => sa.Closed(reason, now));
    }
}
