using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>CREATE_CHILD_SA for a new IKE SA, as responder (RFC 7296 §1.3.2, §2.25.2).</summary>
internal static class AnswerIkeRekey
{
    // <-- HDR, SK { SA, Nr, KEr [, N(ADDITIONAL_KEY_EXCHANGE)] }
    public static Answer To(IkeSa sa, PayloadList request, byte[] ni, Instant now)
    {
        if (sa.Current is ChildExchange or ChildDelete or ExpiredChildDelete or MobikeUpdate or PathCheck || sa.CollidingRekey is not null || sa.Awaited is not null)
            return Answer.Error(NotifyType.TemporaryFailure);

        var connection = sa.Connection;
        var ke = request.Find<KePayload>();
        var chosen = ProposalSelection.Choose(
            connection.IkeProposals.Concat(connection.AcceptedIkeProposals),
            request.Find<SaPayload>()!.Proposals,
            preferredMethod: ke?.Method ?? KeyExchangeMethod.None);
        if (chosen?.IkeSaSpi is not { } initiatorSpi || initiatorSpi == 0 || !ProposalSelection.TryReadIkeSuite(chosen, out var suite))
            return Answer.Error(NotifyType.NoProposalChosen);
        if (ke is null || ke.Method != suite.KeyExchange)
            return new Answer([ErrorNotify.InvalidKePayload(suite.KeyExchange)]);
        var agreed = sa.ForAnswer.Respond(ke, now, out var publicValue, out var shared);
        if (agreed == KeyAnswer.Later) return Answer.Later;
        if (agreed == KeyAnswer.Refused) return Answer.Error(NotifyType.InvalidSyntax);

        var nr = sa.Endpoint.NewNonce();
        var spi = sa.Endpoint.NewIkeSpi();
        var nonces = new Collisions.NoncePair(ni, nr);
        var payloads = new List<Payload>
        {
            new SaPayload([chosen with { Spi = Octets.Of(spi) }]), new NoncePayload(nr), new KePayload(suite.KeyExchange, publicValue!),
        };
        if (suite.AdditionalKeyExchanges.IsEmpty)
        {
            using (shared)
                return new Answer(payloads, Place(sa, IkeSuccessor.Make(sa, weInitiated: false, initiatorSpi, spi, suite, shared!, ni, nr), nonces, now));
        }

        var link = AwaitedFollowUps.NewLink(sa);
        sa.Await(
            new AwaitedFollowUps(
                suite.AdditionalKeyExchanges,
                link,
                nonces,
                (_, further, then) =>
                {
                    using (shared)
                        return Place(sa, IkeSuccessor.Make(sa, weInitiated: false, initiatorSpi, spi, suite, shared!, ni, nr, further), nonces, then);
                },
                shared!.Dispose)
            {
                IsIkeRekey = true,
            },
            now);
        return new Answer([.. payloads, AwaitedFollowUps.Notify(link)]);
    }

    /// <summary>The new SA takes over once it is answered, unless our own rekey is on its way: then both wait for the decision.</summary>
    private static Action? Place(IkeSa sa, IkeSa made, Collisions.NoncePair nonces, Instant now)
    {
        if (sa.Current is not IkeRekey) return () => IkeSuccessor.TakeOver(sa, made, now);
        made.ContenderFor = sa;
        sa.CollidingRekey = (made, nonces);
        return null;
    }
}
