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
        var specs = ConnectionSpecs.Of(connection, catalog);
        return new ConnectionProposals(
            ProposalTranslator.ToWire(specs.Ike), [], ProposalTranslator.ToWire(specs.EspOffer), ProposalTranslator.ToWire(specs.EspAccept), specs.Missing);
    }
}

/// <summary>The same before it is put as IKE carries it.</summary>
/// <param name="Ike">Offered and accepted.</param>
/// <param name="EspOffer">Offered for child SAs; accepted too.</param>
/// <param name="EspAccept">Accepted besides.</param>
/// <param name="Missing">Keywords the connection names that this engine lacks; they are left out.</param>
public sealed record ConnectionSpecs(
    ImmutableArray<ProposalSpec> Ike, ImmutableArray<ProposalSpec> EspOffer, ImmutableArray<ProposalSpec> EspAccept, ImmutableArray<string> Missing)
{
    public static ConnectionSpecs Of(ConnectionConfig connection, AlgorithmCatalog catalog)
    {
        var (ike, esp) = (connection.Ike.Proposals, connection.Esp.Proposals);
        var ikeOffer = ProposalParser.ParseAll(ike.IsEmpty ? DefaultProposals.Ike : ike, ProposalUse.Ike);
        var espOffer = ProposalParser.ParseAll(esp.IsEmpty ? DefaultProposals.EspOffer : esp, ProposalUse.Esp);
        var espAccept = ProposalParser.ParseAll(esp.IsEmpty ? DefaultProposals.EspAccept : [], ProposalUse.Esp);
        return new ConnectionSpecs(
            EngineSupport.Keep(ikeOffer, catalog),
            EngineSupport.Keep(espOffer, catalog),
            EngineSupport.Keep(espAccept, catalog),
            [.. ikeOffer.Concat(espOffer).SelectMany(s => EngineSupport.Missing(s, catalog)).Distinct()]);
    }

    /// <summary>The field, <c>ike</c> or <c>esp</c>, of whose proposals nothing is left; null if a connection can be tried.</summary>
    public string? Nothing => Ike.IsEmpty ? "ike" : EspOffer.IsEmpty ? "esp" : null;

    /// <summary>That, as a sentence.</summary>
    public static string Lacking(string field) => $"This version can compute none of the proposals that \"{field}\" names: nothing is offered.";

    /// <summary>All that is accepted for a child SA.</summary>
    public IEnumerable<ProposalSpec> Esp => EspOffer.Concat(EspAccept);
}
