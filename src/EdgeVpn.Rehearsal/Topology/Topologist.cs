using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Rehearsal.Topology.Rules;

namespace EdgeVpn.Rehearsal.Topology;

/// <summary>Looks at configurations of several boxes, and what Azure says of its own, as one picture.</summary>
public static class Topologist
{
    public static TopologyReport Check(TopologyParts parts, AlgorithmCatalog algorithms)
    {
        var map = new TopologyMap(parts);
        var links = map.Links();
        var shapes = ShapeRecognition.Of(map, links);
        foreach (var pair in map.Pairs)
        {
            PairRules.Check(map, pair);
            PairProposalRules.Check(map, pair, algorithms);
        }

        LonelyRules.Check(map);
        AzureRules.Check(map, algorithms);
        VnetRules.Check(map);
        OverlapRules.Check(map, links);
        GatewayRules.Check(map, shapes, links);
        SpokeRules.Check(map, shapes, links);
        ImmutableArray<TopologyFinding> findings = [.. map.Findings.OrderByDescending(static f => f.Severity)];
        return new TopologyReport(shapes, [.. map.Nodes], links, findings);
    }
}
