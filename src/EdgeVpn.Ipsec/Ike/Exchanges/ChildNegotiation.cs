using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>Our side of a child SA under negotiation: inbound SPI, offers, selectors (RFC 7296 §1.2, §1.3.1).</summary>
internal sealed class ChildNegotiation
{
    private readonly IkeEndpoint _endpoint;

    public ChildNegotiation(IkeSa sa, IkeConnection connection, bool withKeyExchange)
    {
        _endpoint = sa.Endpoint;
        InboundSpi = sa.Endpoint.AllocateEspSpi();
        Offers = ProposalSelection.Offer(connection.EspProposals, Octets.Of(InboundSpi), withKeyExchange);
        LocalSelectors = sa.LocalSelectors;
        RemoteSelectors = sa.RemoteSelectors;
        WithKeyExchange = withKeyExchange;
    }

    public uint InboundSpi { get; }

    public ImmutableArray<Proposal> Offers { get; }

    public bool WithKeyExchange { get; }

    public ImmutableArray<TrafficSelector> LocalSelectors { get; init; }

    public ImmutableArray<TrafficSelector> RemoteSelectors { get; init; }

    /// <summary>As initiator: TSi is ours, TSr the peer's.</summary>
    public IEnumerable<Payload> Payloads() =>
        [new SaPayload(Offers), new TsPayload(true, LocalSelectors), new TsPayload(false, RemoteSelectors)];

    /// <summary>It came to nothing: the SPI is free again.</summary>
    public void Release() => _endpoint.ReleaseEspSpi(InboundSpi);

    /// <summary>Reads SA, TSi and TSr of the peer's answer; null with the <paramref name="fault"/> if they are not an answer to what we offered.</summary>
    public ChildAgreement? Accept(PayloadList response, out CloseReason? fault)
    {
        fault = null;
        var answer = response.Find<SaPayload>();
        var tsi = response.All<TsPayload>().FirstOrDefault(static ts => ts.IsInitiator);
        var tsr = response.All<TsPayload>().FirstOrDefault(static ts => !ts.IsInitiator);
        if (answer is not { Proposals: [var chosen] } || tsi is null || tsr is null)
        {
            fault = new CloseReason(CloseCause.ProtocolError, Detail: "the answer for a child SA lacks SA, TSi or TSr");
            return null;
        }

        if (!ProposalSelection.IsAnswerTo(Offers, chosen, !WithKeyExchange)
            || chosen.Spi.Length != 4
            || !ProposalSelection.TryReadEspSuite(chosen, out var suite, out var esn))
        {
            fault = new CloseReason(CloseCause.NoEspProposalChosen, Detail: "the peer chose an ESP proposal that was not offered");
            return null;
        }

        if (!TrafficSelectorNarrowing.IsWithin(tsi.Selectors, LocalSelectors)
            || !TrafficSelectorNarrowing.IsWithin(tsr.Selectors, RemoteSelectors))
        {
            fault = new CloseReason(CloseCause.TrafficSelectorsUnacceptable, Detail: "the peer answered with selectors wider than proposed");
            return null;
        }

        return new ChildAgreement(
            InboundSpi,
            System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(chosen.Spi),
            suite,
            esn,
            WithKeyExchange ? ProposalSelection.Method(chosen) : KeyExchangeMethod.None,
            tsi.Selectors,
            tsr.Selectors)
        {
            AdditionalKeyExchanges = WithKeyExchange ? ProposalSelection.AdditionalMethods(chosen) : [],
        };
    }
}
