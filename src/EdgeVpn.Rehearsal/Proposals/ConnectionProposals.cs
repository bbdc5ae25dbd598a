using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Rehearsal.Proposals;

/// <summary>What a connection offers, and what it accepts beyond its offers.</summary>
/// <param name="IkeOffer">Offered in IKE_SA_INIT and in IKE rekeys; accepted too.</param>
/// <param name="IkeAccept">Accepted besides.</param>
/// <param name="EspOffer">Offered for child SAs; accepted too.</param>
/// <param name="EspAccept">Accepted besides.</param>
/// <param name="Missing">Keywords the connection names that this engine lacks; they are left out.</param>
public sealed record ConnectionProposals(
    ImmutableArray<Proposal> IkeOffer, ImmutableArray<Proposal> IkeAccept, ImmutableArray<Proposal> EspOffer, ImmutableArray<Proposal> EspAccept, ImmutableArray<string> Missing)
{
    /// <summary>
    /// The proposals of a validated connection. Where it names none, the defaults hold; where it names some, only these: a peer that offers more
    /// gets what was named.
    /// </summary>
    public static ConnectionProposals Of(ConnectionConfig connection, AlgorithmCatalog catalog)
    {
        var (ike, esp) = (connection.Ike.Proposals, connection.Esp.Proposals);
        var ikeOffer = ProposalParser.ParseAll(ike.IsEmpty ? DefaultProposals.Ike : ike, ProposalUse.Ike);
        var espOffer = ProposalParser.ParseAll(esp.IsEmpty ? DefaultProposals.EspOffer : esp, ProposalUse.Esp);
        var espAccept = ProposalParser.ParseAll(esp.IsEmpty ? DefaultProposals.EspAccept : [], ProposalUse.Esp);
        return new ConnectionProposals(
            Wire(ikeOffer),
            [],
            Wire(espOffer),
            Wire(espAccept),
            [.. ikeOffer.Concat(espOffer).SelectMany(s => EngineSupport.Missing(s, catalog)).Distinct()]);

        ImmutableArray<Proposal> Wire(IEnumerable<ProposalSpec> specs) => ProposalTranslator.ToWire(EngineSupport.Keep(specs, catalog));
    }
}
