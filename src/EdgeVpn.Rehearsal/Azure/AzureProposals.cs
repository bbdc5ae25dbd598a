using System.Collections.Immutable;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Rehearsal.Azure;

/// <summary>What a gateway offers and accepts: the default set, or a custom policy and nothing else.</summary>
/// <param name="Policy">The custom policy; null for the default set.</param>
/// <param name="Ike">Offered and accepted, in the gateway's order.</param>
/// <param name="EspOffer">Offered when the gateway asks; accepted too.</param>
/// <param name="EspAccept">Accepted besides.</param>
public sealed record AzureProposals(
    AzurePolicy? Policy, ImmutableArray<ProposalSpec> Ike, ImmutableArray<ProposalSpec> EspOffer, ImmutableArray<ProposalSpec> EspAccept)
{
    /// <summary>A connection without a custom policy.</summary>
    public static AzureProposals Default { get; } = new(
        null,
        AzureTables.Computable(AzureTables.Ike, ProposalUse.Ike),
        AzureTables.Computable(AzureTables.EspOffer, ProposalUse.Esp),
        AzureTables.Computable(AzureTables.EspAccept.Except(AzureTables.EspOffer), ProposalUse.Esp));

    /// <summary>A connection with a custom policy: exactly one combination, both ways.</summary>
    /// <exception cref="FormatException">The policy has a <see cref="AzurePolicy.Problem"/>.</exception>
    public static AzureProposals Of(AzurePolicy? policy) => policy is null
        ? Default
        : new(policy, ProposalParser.ParseAll([policy.IkeProposal], ProposalUse.Ike), ProposalParser.ParseAll([policy.EspProposal], ProposalUse.Esp), []);

    /// <summary>All that is accepted for a child SA.</summary>
    public IEnumerable<ProposalSpec> Esp => EspOffer.Concat(EspAccept);

    public override string ToString() => Policy is null ? "the default set" : $"the custom policy {Policy}";
}
