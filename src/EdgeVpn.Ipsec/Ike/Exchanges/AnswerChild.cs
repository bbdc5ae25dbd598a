using System.Buffers.Binary;
using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>A child SA as responder: one proposal chosen, selectors narrowed, a key exchange if one was agreed.</summary>
internal static class AnswerChild
{
    private static readonly ImmutableArray<TrafficSelector> s_any = [TrafficSelector.AnyIPv4, TrafficSelector.AnyIPv6];

    public static Result Negotiate(IkeSa sa, PayloadList request, bool withKeyExchange, Instant now)
    {
        var connection = sa.Connection;
        var tsi = request.All<TsPayload>().FirstOrDefault(static ts => ts.IsInitiator);
        var tsr = request.All<TsPayload>().FirstOrDefault(static ts => !ts.IsInitiator);
        if (request.Find<SaPayload>() is not { } offered || tsi is null || tsr is null)
            return Refuse(ErrorNotify.Of(NotifyType.InvalidSyntax), CloseCause.ProtocolError, "a child SA was asked for without SA, TSi or TSr");
        if (sa.Children.All.Count >= sa.Endpoint.Options.MaxChildrenPerIkeSa)
            return Refuse(ErrorNotify.Of(NotifyType.NoAdditionalSas), CloseCause.ChildRefused, "too many child SAs");

        var ke = withKeyExchange ? request.Find<KePayload>() : null;
        var chosen = ProposalSelection.Choose(
            connection.EspProposals.Concat(connection.AcceptedEspProposals),
            offered.Proposals,
            ignoreKeyExchange: !withKeyExchange,
            ke?.Method ?? KeyExchangeMethod.None);
        if (chosen is null || chosen.Spi.Length != 4
            || !ProposalSelection.TryReadEspSuite(chosen, out var suite, out var esn))
            return Refuse(ErrorNotify.Of(NotifyType.NoProposalChosen), CloseCause.NoEspProposalChosen, ProposalText.Of(offered.Proposals));

        var remote = TrafficSelectorNarrowing.Narrow(tsi.Selectors, connection.AcceptsAnySelectors ? s_any : sa.RemoteSelectors);
        var local = TrafficSelectorNarrowing.Narrow(tsr.Selectors, connection.AcceptsAnySelectors ? s_any : sa.LocalSelectors);
        if (remote.IsEmpty || local.IsEmpty)
        {
            return Refuse(
                ErrorNotify.Of(NotifyType.TsUnacceptable),
                CloseCause.TrafficSelectorsUnacceptable,
                $"the peer proposes {string.Join(", ", tsi.Selectors)} <-> {string.Join(", ", tsr.Selectors)}");
        }

        var method = withKeyExchange ? ProposalSelection.Method(chosen) : KeyExchangeMethod.None;
        Secret? shared = null;
        byte[]? publicValue = null;
        if (method != KeyExchangeMethod.None)
        {
            if (ke is null || ke.Method != method)
                return Refuse(ErrorNotify.InvalidKePayload(method), CloseCause.InvalidKeyExchange, $"{method} wanted");
            var agreed = sa.ForAnswer.Respond(ke, now, out publicValue, out shared);
            if (agreed == KeyAnswer.Later) return Later;
            if (agreed == KeyAnswer.Refused)
                return Refuse(ErrorNotify.Of(NotifyType.InvalidSyntax), CloseCause.InvalidKeyExchange, $"the public value for {method} is not valid");
        }

        var spi = sa.Endpoint.AllocateEspSpi();
        var agreement = new ChildAgreement(
            spi, BinaryPrimitives.ReadUInt32BigEndian(chosen.Spi), suite, esn, method, local, remote)
        {
            AdditionalKeyExchanges = withKeyExchange ? ProposalSelection.AdditionalMethods(chosen) : [],
        };
        return new Result(null, new Made(agreement, chosen with { Spi = Octets.Of(spi) }, shared, publicValue, remote, local));
    }

    /// <summary>Neither made nor refused yet: the shell works on the key exchange.</summary>
    private static Result Later => new(null, null);

    private static Result Refuse(NotifyPayload notify, CloseCause cause, string detail) =>
        new(new Refusal(notify, new CloseReason(cause, notify.NotifyType, detail)), null);

    internal readonly record struct Result(Refusal? Error, Made? Made)
    {
        public bool IsLater => Error is null && Made is null;
    }

    internal sealed record Refusal(NotifyPayload Notify, CloseReason Reason);

    internal sealed record Made(
        ChildAgreement Agreement,
        Proposal Chosen,
        Secret? Shared,
        byte[]? PublicValue,
        ImmutableArray<TrafficSelector> InitiatorSelectors,
        ImmutableArray<TrafficSelector> ResponderSelectors)
    {
        /// <summary>SA, [Nr, KEr,] TSi, TSr.</summary>
        public IEnumerable<Payload> Payloads(byte[]? nr = null)
        {
            yield return new SaPayload([Chosen]);
            if (nr is not null) yield return new NoncePayload(nr);
            if (PublicValue is not null) yield return new KePayload(Agreement.KeyExchange, PublicValue);
            yield return new TsPayload(true, InitiatorSelectors);
            yield return new TsPayload(false, ResponderSelectors);
        }
    }
}
