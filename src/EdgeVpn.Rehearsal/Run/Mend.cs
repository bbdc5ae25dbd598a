using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Run;

/// <summary>What to write, at either end, so that proposals meet.</summary>
public static class Mend
{
    /// <summary>For IKE proposals that do not meet.</summary>
    public static string Ike(string connection, ConnectionSpecs box, AzureProposals azure) => Either(
        azure.Policy is { } policy
            ? $"name the policy's own: \"ike\": {{ \"proposals\": [\"{policy.IkeProposal}\"] }}"
            : "leave \"ike.proposals\" out: the box's defaults meet the default set",
        connection, box, azure);

    /// <summary>For ESP proposals that do not meet, at once or at the first rekey.</summary>
    public static string Esp(string connection, ConnectionSpecs box, AzureProposals azure) => Either(
        azure.Policy is { } policy
            ? $"name the policy's own: \"esp\": {{ \"proposals\": [\"{policy.EspProposal}\"] }}"
            : "leave \"esp.proposals\" out: the box's defaults meet the default set with and without PFS",
        connection, box, azure);

    private static string Either(string here, string connection, ConnectionSpecs box, AzureProposals azure) =>
        AzureAssumption.PolicyNamedBy(box) is { } wanted && wanted != azure.Policy
            ? $"{here}; or give Azure's connection what the box names: {wanted.AzCommand(connection)}"
            : here;
}
