using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Azure;

/// <summary>What the gateway of a connection is taken to have, where nobody says.</summary>
/// <remarks>
/// The default set, if a tunnel would come up with it at all. If it would not, a custom policy must have been agreed on, and it can only be the one that
/// the connection names, since a policy allows one combination. A connection that comes up with the default set and fails at its first rekey is judged by
/// the default set: that is the trap to be told of.
/// </remarks>
public static class AzureAssumption
{
    public static AzurePolicy? PolicyFor(ConnectionSpecs box)
    {
        var prediction = Prediction.Of(box, AzureProposals.Default);
        return prediction.BoxMayCall || prediction.AzureMayCall ? null : PolicyNamedBy(box);
    }

    /// <summary>The custom policy that fits the connection's own proposals, best first; null where Azure has no names for any.</summary>
    public static AzurePolicy? PolicyNamedBy(ConnectionSpecs box) => box.Ike
        .SelectMany(_ => box.EspOffer, static (ike, esp) => AzurePolicy.From(ike, esp))
        .FirstOrDefault(static policy => policy is not null);
}
