using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Lint;

/// <summary>What a connection and a gateway will agree on, at each moment where they have to; null is NO_PROPOSAL_CHOSEN.</summary>
/// <param name="IkeWhenBoxCalls">IKE_SA_INIT from the box; its IKE rekeys come to the same.</param>
/// <param name="EspWhenBoxCalls">The first child SA, made in IKE_AUTH: PFS does not count yet.</param>
/// <param name="IkeWhenAzureCalls">IKE_SA_INIT from Azure, and its IKE rekeys.</param>
/// <param name="EspWhenAzureCalls">The first child SA of a call from Azure.</param>
/// <param name="RekeyByBox">The first child rekey if the box starts it: now PFS counts.</param>
/// <param name="RekeyByAzure">The same if Azure starts it.</param>
public sealed record Prediction(
    ProposalSpec? IkeWhenBoxCalls,
    ProposalSpec? EspWhenBoxCalls,
    ProposalSpec? IkeWhenAzureCalls,
    ProposalSpec? EspWhenAzureCalls,
    ProposalSpec? RekeyByBox,
    ProposalSpec? RekeyByAzure)
{
    /// <summary>Whether a tunnel comes up if the box calls.</summary>
    public bool BoxMayCall => IkeWhenBoxCalls is not null && EspWhenBoxCalls is not null;

    /// <summary>Whether a tunnel comes up if Azure calls.</summary>
    public bool AzureMayCall => IkeWhenAzureCalls is not null && EspWhenAzureCalls is not null;

    public static Prediction Of(ConnectionSpecs box, AzureProposals azure) => new(
        Agreement.Of(azure.Ike, box.Ike),
        Agreement.Of(azure.Esp, box.EspOffer, withKeyExchange: false),
        Agreement.Of(box.Ike, azure.Ike),
        Agreement.Of(box.Esp, azure.EspOffer, withKeyExchange: false),
        Agreement.Of(azure.Esp, box.EspOffer),
        Agreement.Of(box.Esp, azure.EspOffer));
}
