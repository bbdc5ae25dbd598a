using EdgeVpn.Model.Azure;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Rehearsal.Topology.Rules;

/// <summary>From virtual network to virtual network: a connection at each of the two gateways, with the same key and policy.</summary>
internal static class VnetRules
{
    public static void Check(TopologyMap map)
    {
        var all = map.Parts.Azure.Connections;
        foreach (var connection in all.Where(static c => c.OtherGateway is not null))
        {
            var (here, there) = (map.FirstGateway + connection.Gateway, map.FirstGateway + connection.OtherGateway!.Value);
            var back = all.FirstOrDefault(c => c.Gateway == connection.OtherGateway && c.OtherGateway == connection.Gateway);
            if (back is null)
            {
                Say(
                    TopologyFindingId.OneSided, FindingSeverity.Error, "virtualNetworkGateway2", $"{map.Nodes[there].Name} has no connection back to {map.Nodes[here].Name}: Azure needs one at each gateway.",
                    $"az network vpn-connection create --name {map.Nodes[there].Name}-to-{map.Nodes[here].Name} --vnet-gateway1 {map.Nodes[there].Name} --vnet-gateway2 {map.Nodes[here].Name} --shared-key KEY");
                continue;
            }

            if (connection.Gateway > back.Gateway) continue; // each pair once
            if (connection.Key is { } key && back.Key is { } other && key.Reveal() != other.Reveal())
                Say(TopologyFindingId.SecretDiffers, FindingSeverity.Error, "sharedKey", $"The key is another one than {back.Name} has.", $"az network vpn-connection shared-key update --connection-name {back.Name} --value KEY, at both");
            if (connection.Policy?.ToString() != back.Policy?.ToString() && !connection.HasUnknownPolicy && !back.HasUnknownPolicy)
                Say(TopologyFindingId.NoProposalIke, FindingSeverity.Error, "ipsecPolicies", $"{Policy(connection)} here, {Policy(back)} at {back.Name}: a custom policy is used exclusively.", (connection.Policy ?? back.Policy)!.AzCommand(connection.Policy is null ? connection.Name : back.Name));
            if (connection.HasBgp && back.HasBgp && map.Azure(here)!.Asn is { } asn && map.Azure(there)!.Asn == asn)
                Say(TopologyFindingId.AsnTwice, FindingSeverity.Error, "enableBgp", $"Both gateways are AS {asn}: BGP between them needs two numbers.", "az network vnet-gateway update --asn");
            if (connection.HasBgp != back.HasBgp)
                Say(TopologyFindingId.BgpDiffers, FindingSeverity.Error, "enableBgp", $"BGP is {(connection.HasBgp ? "on" : "off")} here and {(back.HasBgp ? "on" : "off")} at {back.Name}.", "the same at both");

            void Say(string id, FindingSeverity severity, string path, string message, string mend) => map.Say(id, severity, here, connection.Source, path, $"{connection.Name}: {message}", mend, there);
        }
    }

    private static string Policy(PictureConnection connection) => connection.Policy is { } policy ? $"the custom policy {policy}" : "the default set";
}
