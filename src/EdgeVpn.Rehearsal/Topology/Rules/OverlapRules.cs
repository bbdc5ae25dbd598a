using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Rehearsal.Topology.Rules;

/// <summary>The same addresses at two places.</summary>
internal static class OverlapRules
{
    private const string Mend = "another network at one of them, or a \"nat\" rule that shows it as another";

    public static void Check(TopologyMap map, ImmutableArray<TopologyLink> links)
    {
        for (var b = 1; b < map.Nodes.Count; b++)
        {
            for (var a = 0; a < b; a++)
            {
                // What a gateway is said to have was taken from the boxes that reach it.
                if (map.Nodes[a].Kind == TopologyNodeKind.Gateway || map.Nodes[b].Kind == TopologyNodeKind.Gateway) continue;
                var (first, second) = Visible(map, a).SelectMany(_ => Visible(map, b), static (x, y) => (x, y)).FirstOrDefault(static p => p.x.Seen.Overlaps(p.y.Seen));
                if (first is not null) Say(map, links, a, b, first, second);
            }
        }
    }

    private static void Say(TopologyMap map, ImmutableArray<TopologyLink> links, int a, int b, Place first, Place second)
    {
        var meet = Neighbours(links, a).Append(a).Intersect(Neighbours(links, b).Append(b)).ToList();
        var where = meet.Count == 0 ? "they do not meet, yet" : meet.Contains(a) || meet.Contains(b) ? "the two are connected" : $"they meet at {map.Nodes[meet[0]].Name}";
        map.Say(
            TopologyFindingId.PrefixOverlap, meet.Count == 0 ? FindingSeverity.Warning : FindingSeverity.Error, b, Source(map, b), second.Path,
            $"{second.Seen} overlaps {first.Seen} of {map.Nodes[a].Name} ({first.Path}): {where}.", Mend, a);
    }

    private static IEnumerable<int> Neighbours(ImmutableArray<TopologyLink> links, int node) =>
        links.Where(l => l.From == node || l.To == node).Select(l => l.From == node ? l.To : l.From);

    /// <summary>Networks of a place as others see them: behind a translation, its outside.</summary>
    private static IEnumerable<Place> Visible(TopologyMap map, int node)
    {
        if (map.Azure(node) is { } gateway)
        {
            foreach (var network in gateway.Networks) yield return new Place(network, "addressSpace");
            yield break;
        }

        var connections = map.Parts.Sites[node].Configuration.Connections;
        for (var c = 0; c < connections.Length; c++)
        {
            for (var n = 0; n < connections[c].Local.Networks.Length; n++)
            {
                var network = connections[c].Local.Networks[n];
                var rule = connections[c].Nat.FirstOrDefault(r => r.Side == NatSide.Local && r.Internal.Covers(network));
                yield return new Place(rule?.External ?? network, JsonPath.Root["connections"][c]["local"]["networks"][n].Text);
            }
        }
    }

    private static string Source(TopologyMap map, int node) => map.Azure(node)?.Source ?? map.Nodes[node].Name;

    private sealed record Place(IPNetwork Seen, string Path);
}
