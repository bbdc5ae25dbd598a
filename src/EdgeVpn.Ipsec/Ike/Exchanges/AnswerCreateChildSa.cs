using EdgeVpn.Ipsec.Crypto;
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
        if (sa.IsReplacing || sa.Awaited is not null) return Answer.Error(NotifyType.TemporaryFailure); // §2.25.2

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
        if (sa.Current is ChildRekey ours && ours.Child == child)
        {
            if (made is not null || sa.Awaited?.Rekeys == child) ours.Collision = (made, new Collisions.NoncePair(ni, nr));
        }
        else if (made is not null)
        {
            child.State = ChildState.Replaced;
        }

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
        if (!made.Agreement.AdditionalKeyExchanges.IsEmpty) return (AwaitMore(sa, made, ni, nr, replaces, now), null, nr);
        using (made.Shared)
        {
            // A replacement is sent on when the peer deletes what it replaces: then the peer surely has it.
            var use = replaces is null && !sa.Children.IsCarried(made.Agreement);
            var child = sa.Children.Install(made.Agreement, made.Shared, ni, nr, weInitiated: false, replaces, use, now);
            return (new Answer([.. made.Payloads(nr)]), child, nr);
        }
    }

    // <-- HDR, SK { SA, Nr, KEr, TSi, TSr, N(ADDITIONAL_KEY_EXCHANGE) }
    private static Answer AwaitMore(IkeSa sa, AnswerChild.Made made, byte[] ni, byte[] nr, ChildSa? replaces, Instant now)
    {
        var link = AwaitedFollowUps.NewLink(sa);
        var nonces = new Collisions.NoncePair(ni, nr);
        sa.Await(
            new AwaitedFollowUps(
                made.Agreement.AdditionalKeyExchanges,
                link,
                nonces,
                (awaited, further, then) =>
                {
                    using var shared = made.Shared;
                    InstallAwaited(sa, awaited, made, (ni, nr), further, then);
                    return null;
                },
                () =>
                {
                    made.Shared?.Dispose();
                    sa.Endpoint.ReleaseEspSpi(made.Agreement.InboundSpi);
                })
            {
                Rekeys = replaces,
            },
            now);
        return new Answer([.. made.Payloads(nr), AwaitedFollowUps.Notify(link)]);
    }

    private static void InstallAwaited(
        IkeSa sa, AwaitedFollowUps awaited, AnswerChild.Made made, (byte[] Ni, byte[] Nr) nonces, Secret further, Instant now)
    {
        var replaces = awaited.Rekeys is { IsAlive: true } old ? old : null;
        var use = replaces is null && !awaited.IsLost && !sa.Children.IsCarried(made.Agreement);
        var child = sa.Children.Install(
            made.Agreement, made.Shared, nonces.Ni, nonces.Nr, weInitiated: false, replaces, use, now, further: further);
        if (awaited.IsLost) child.State = ChildState.Redundant;
        else if (sa.Current is ChildRekey ours && ours.Child == awaited.Rekeys) ours.Collision = (child, awaited.Nonces);
        else if (replaces is { State: ChildState.Live or ChildState.Rekeying }) replaces.State = ChildState.Replaced;
    }
}
