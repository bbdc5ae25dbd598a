using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>CREATE_CHILD_SA as responder: a new child, a rekeyed child or a rekeyed IKE SA (RFC 7296 §1.3, §2.25).</summary>
internal static class AnswerCreateChildSa
{
    public static Answer To(IkeSa sa, PayloadList request, Instant now)
    {
        if (request.Find<SaPayload>() is not { Proposals: [var first, ..] } || request.Find<NoncePayload>() is not { } nonce)
            return Answer.Error(NotifyType.InvalidSyntax);
        if (first.Protocol == ProtocolId.Ike) return AnswerIkeRekey.To(sa, request, nonce.Nonce, now);
        if (sa.IsReplacing) return Answer.Error(NotifyType.TemporaryFailure); // §2.25.2

        return request.Notify(NotifyType.RekeySa) is { } rekey
            ? RekeyChild(sa, request, rekey, nonce.Nonce, now)
            : Create(sa, request, nonce.Nonce, replaces: null, now).Answer;
    }

    private static Answer RekeyChild(IkeSa sa, PayloadList request, NotifyPayload rekey, byte[] ni, Instant now)
    {
        if (sa.Children.FindByPeerSpi(rekey.Spi) is not { } child)
            return new Answer([ErrorNotify.Of(NotifyType.ChildSaNotFound, ProtocolId.Esp, rekey.Spi)]);
        if (child.State is not (ChildState.Live or ChildState.Rekeying)) return Answer.Error(NotifyType.TemporaryFailure); // it is as good as deleted (§2.25.1)

        var (answer, made, nr) = Create(sa, request, ni, child, now);
        if (made is null) return answer;
        if (sa.Current is ChildRekey ours && ours.Child == child)
            ours.Collision = (made, new Collisions.NoncePair(ni, nr));
        else
            child.State = ChildState.Replaced;
        return answer;
    }

    private static (Answer Answer, ChildSa? Made, byte[] Nr) Create(IkeSa sa, PayloadList request, byte[] ni, ChildSa? replaces, Instant now)
    {
        var result = AnswerChild.Negotiate(sa, request, withKeyExchange: true, now);
        if (result.IsLater) return (Answer.Later, null, []);
        if (result.Error is { } error)
        {
            if (error.Notify.NotifyType != NotifyType.InvalidKePayload)
                sa.Endpoint.Emit(new IkeOutput.ChildSaFailed(sa.Id, sa.ConnectionName, error.Reason, replaces?.Id));
            return (new Answer([error.Notify]), null, []);
        }

        var made = result.Made!;
        var nr = sa.Endpoint.NewNonce();
        using (made.Shared)
        {
            // A replacement is sent on when the peer deletes what it replaces: then the peer surely has it.
            var use = replaces is null && !sa.Children.HasUsed(made.Agreement);
            var child = sa.Children.Install(made.Agreement, made.Shared, ni, nr, weInitiated: false, replaces, use, now);
            return (new Answer([.. made.Payloads(nr)]), child, nr);
        }
    }
}
