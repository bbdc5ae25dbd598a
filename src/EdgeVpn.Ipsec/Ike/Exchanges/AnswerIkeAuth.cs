using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>IKE_AUTH as responder: which connection is it, is the peer who it says, and the first child SA (RFC 7296 §1.2).</summary>
internal static class AnswerIkeAuth
{
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
            sa.Adopt(candidates[0]);
            return Refuse(
                sa, NotifyType.AuthenticationFailed, new CloseReason(CloseCause.SecretMismatch, Detail: $"{idi.Id} wants EAP"), now);
        }

        var authenticator = new Authenticator(sa.Prf, sa.Keys, transcript);
        foreach (var connection in candidates)
        {
            if (authenticator.Verify(auth, connection.Credential, idi.Id, peerIsInitiator: true) is not { } peer) continue;
            sa.Adopt(connection);
            return Accept(sa, peer, authenticator, transcript, request, now);
        }

        sa.Adopt(candidates[0]);
        return Refuse(
            sa,
            NotifyType.AuthenticationFailed,
            new CloseReason(CloseCause.SecretMismatch, Detail: $"the AUTH of {idi.Id} does not verify"),
            now);
    }

    // <-- HDR, SK { IDr, AUTH, SAr2, TSi, TSr }
    private static Answer Accept(
        IkeSa sa, AuthenticatedPeer peer, Authenticator authenticator, SaInitTranscript transcript, PayloadList request, Instant now)
    {
        var connection = sa.Connection;
        if (request.Notify(NotifyType.InitialContact) is not null) sa.Endpoint.Supersede(sa, peer.Identity, now);
        sa.Establish(peer, replaces: null, now);
        var payloads = new List<Payload>
        {
            new IdPayload(false, connection.LocalIdentity),
            authenticator.Produce(connection.Credential, connection.LocalIdentity, asInitiator: false),
        };
        var answer = AnswerChild.Negotiate(sa, request, withKeyExchange: false, now);
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
        return new Answer(payloads);
    }

    private static Answer Refuse(IkeSa sa, NotifyType type, CloseReason reason, Instant now)
    {
        sa.Endpoint.ReportRefusal(sa.Path, reason, now);
        return new Answer([ErrorNotify.Of(type)], () => sa.Closed(reason, now));
    }
}
