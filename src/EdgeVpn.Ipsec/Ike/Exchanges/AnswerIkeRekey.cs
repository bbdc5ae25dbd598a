using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>CREATE_CHILD_SA for a new IKE SA, as responder (RFC 7296 §1.3.2, §2.25.2).</summary>
internal static class AnswerIkeRekey
{
    // <-- HDR, SK { SA, Nr, KEr }
    public static Answer To(IkeSa sa, PayloadList request, byte[] ni, Instant now)
    {
        if (sa.Current is ChildExchange or ChildDelete or ExpiredChildDelete || sa.CollidingRekey is not null)
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

        using (shared)
        {
            var nr = sa.Endpoint.NewNonce();
            var spi = sa.Endpoint.NewIkeSpi();
            var made = IkeSuccessor.Make(
                sa, weInitiated: false, initiatorSpi, spi, suite, shared!, ni, nr);
            var payloads = new Payload[]
            {
                new SaPayload([chosen with { Spi = Octets.Of(spi) }]), new NoncePayload(nr), new KePayload(suite.KeyExchange, publicValue!),
            };
            if (sa.Current is not IkeRekey) return new Answer(payloads, () => IkeSuccessor.TakeOver(sa, made, now));
            made.ContenderFor = sa;
            sa.CollidingRekey = (made, new Collisions.NoncePair(ni, nr));
            return new Answer(payloads);
        }
    }
}
