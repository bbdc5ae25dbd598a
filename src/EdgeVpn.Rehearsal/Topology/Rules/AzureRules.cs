using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Topology.Rules;

/// <summary>A box's end against what Azure's own files say of the connection.</summary>
internal static class AzureRules
{
    public static void Check(TopologyMap map, AlgorithmCatalog algorithms)
    {
        foreach (var remark in map.Parts.Azure.Remarks.Where(static r => r.IsFatal))
            map.Say(TopologyFindingId.AzureUnread, FindingSeverity.Error, -1, remark.Subject, "", remark.Sentence, remark.Remedy);
        foreach (var (end, node) in map.Outward)
        {
            if (map.Azure(node) is null) continue;
            var all = map.Parts.Azure.Connections.Where(c => map.FirstGateway + c.Gateway == node && c.OtherGateway is null).ToList();
            if (all.Count == 0) continue; // the gateway alone was printed
            if (Matching(map, end, all) is { } connection) Compare(map, end, node, connection, algorithms);
            else map.Say(TopologyFindingId.OneSided, FindingSeverity.Error, end, end.Path["remote"].Text, $"{map.Nodes[node].Name} has no connection to this box among the files.", "edgevpn export azure prints the commands that make it; az network vpn-connection show prints one that is there", node);
        }
    }

    /// <summary>By the address that Azure calls, else by what it sends, else by its name.</summary>
    private static PictureConnection? Matching(TopologyMap map, End end, List<PictureConnection> all) =>
        all.Find(c => c.SiteAddress is { } address && (map.Site(end).Addresses.Contains(address) || address.ToString() == end.Shows))
        ?? all.Find(c => c.SiteNetworks.Any(n => end.Connection.Local.Networks.Any(l => l.Overlaps(n))))
        ?? all.Find(c => c.Name.Equals(end.Connection.Name, StringComparison.OrdinalIgnoreCase));

    private static void Compare(TopologyMap map, End end, int node, PictureConnection connection, AlgorithmCatalog algorithms)
    {
        var name = $"{map.Nodes[node].Name}/{connection.Name}";
        if (connection.SiteAddress is { } expected && end.Shows is { } shown && shown != expected.ToString())
        {
            map.Say(
                TopologyFindingId.IdentityDiffers, FindingSeverity.Error, end, end.Path["local"]["identity"].Text, $"Azure expects {expected} ({name}), this box shows \"{shown}\".",
                $"\"identity\": \"{expected}\", also behind a NAT", node);
        }

        if (end.Connection.Authentication is not PskAuthentication psk)
        {
            map.Say(TopologyFindingId.AuthenticationDiffers, connection.Key is null ? FindingSeverity.Info : FindingSeverity.Error, end, end.Path["authentication"]["type"].Text, $"{name} has a shared key; this box proves itself by {PairRules.Word(end.Connection.Authentication)}.", "\"psk\" at both ends", node);
        }
        else if (connection.Key is { } key && map.Site(end).Configuration.Secrets.GetValueOrDefault(psk.Secret)?.Psk is { } ours && ours.Reveal() != key.Reveal())
        {
            map.Say(TopologyFindingId.SecretDiffers, FindingSeverity.Error, end, Model.Validation.JsonPath.Root["secrets"][psk.Secret].Text, $"The secret is another one than {name} has.", "az network vpn-connection shared-key show prints Azure's", node);
        }

        var local = end.Connection.Local.Networks;
        foreach (var lacking in local.Where(l => !connection.HasBgp && !connection.SiteNetworks.Any(n => n.Covers(l))))
        {
            map.Say(
                TopologyFindingId.NetworkUnreached, FindingSeverity.Error, end, end.Path["local"]["networks"].Text, $"{lacking} lies behind this box, and Azure sends nothing to it ({name}).",
                $"az network local-gateway update --local-address-prefixes {string.Join(' ', local)}", node);
        }

        var specs = ConnectionSpecs.Of(end.Connection, algorithms);
        if (connection.HasUnknownPolicy || specs.Nothing is not null) return;
        var azure = AzureProposals.Of(connection.Policy);
        var prediction = Prediction.Of(specs, azure);
        var (boxCalls, azureCalls) = (end.MayCall && prediction.BoxMayCall, end.MayAnswer && prediction.AzureMayCall);
        var failed = prediction.IkeWhenBoxCalls is null && prediction.IkeWhenAzureCalls is null ? (TopologyFindingId.NoProposalIke, ReasonCode.NoProposalIke, "ike", "no IKE proposal in common")
            : !boxCalls && !azureCalls ? (TopologyFindingId.NoProposalEsp, ReasonCode.NoProposalEsp, "esp", "no ESP proposal in common")
            : prediction.RekeyByBox is null || prediction.RekeyByAzure is null ? (TopologyFindingId.RekeyRefused, ReasonCode.NoProposalEsp, "esp", "the first child rekey is refused")
            : default;
        if (failed.Item1 is null) return;
        map.Say(
            failed.Item1, FindingSeverity.Error, end, end.Path[failed.Item3]["proposals"].Text,
            $"{failed.Item2}: {failed.Item4} with {azure} of {name}.", "edgevpn lint, with --azure-policy, prints the lines that mend either end", node);
    }
}
