using System.Collections.Immutable;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Rehearsal.Topology.Rules;

/// <summary>Who is left out: a box without tunnels, a spoke that the others do not send to, a pair missing in a mesh.</summary>
internal static class SpokeRules
{
    private const double NearlyAll = 0.7; // of the pairs of a mesh

    public static void Check(TopologyMap map, ImmutableArray<TopologyShape> shapes, ImmutableArray<TopologyLink> links)
    {
        foreach (var shape in shapes)
        {
            switch (shape.Kind)
            {
                case TopologyKind.Alone when shape.Members[0] < map.FirstGateway && map.Nodes.Count > 1:
                    Isolated(map, shape.Members[0]);
                    break;
                case TopologyKind.HubAndSpoke:
                    Spokes(map, shape.Centre!.Value);
                    break;
                case TopologyKind.PartialMesh:
                    Mesh(map, shape, links);
                    break;
                default:
                    break;
            }
        }
    }

    private static void Isolated(TopologyMap map, int node) => map.Say(
        TopologyFindingId.Isolated, FindingSeverity.Error, node, map.Nodes[node].Name, "$.connections", "This box has no tunnel to any of the others, nor to a gateway.",
        "a connection whose endpoint is another's address, and one there for it");

    /// <summary>Where one spoke sends to another through the hub, all are meant to; who is forgotten is named at the spoke that forgot.</summary>
    private static void Spokes(TopologyMap map, int hub)
    {
        List<(End End, ImmutableArray<System.Net.IPNetwork> Sent)> spokes = [.. Ends(map, hub).Select(static e => (e, e.Connection.Remote.Networks))];
        var through = spokes.Exists(s => spokes.Exists(o => o.End.Site != s.End.Site && Reaches(s.Sent, o.End)));
        if (!through) return;
        foreach (var (end, sent) in spokes)
        {
            var lacking = spokes.Where(o => o.End.Site != end.Site && !o.End.Connection.Local.Networks.IsEmpty && !Reaches(sent, o.End)).Select(static o => o.End).ToList();
            if (lacking.Count == 0) continue;
            map.Say(
                TopologyFindingId.MissingSpoke, FindingSeverity.Warning, end, end.Path["remote"]["networks"].Text,
                $"Others reach each other through {map.Nodes[hub].Name}; nothing sends from here to {string.Join(", ", lacking.Select(e => map.Site(e).Name).Distinct())}.",
                $"add {string.Join(", ", lacking.SelectMany(static e => e.Connection.Local.Networks).Distinct().Select(static n => $"\"{n}\""))}", hub);
        }
    }

    private static IEnumerable<End> Ends(TopologyMap map, int hub) => hub >= map.FirstGateway
        ? map.Outward.Where(o => o.Gateway == hub).Select(static o => o.End)
        : map.Pairs.Where(p => p.A.Site == hub || p.B.Site == hub).Select(p => p.A.Site == hub ? p.B : p.A);

    private static bool Reaches(ImmutableArray<System.Net.IPNetwork> sent, End other) =>
        other.Connection.Local.Networks.Any(l => sent.Any(s => s.Covers(l)));

    private static void Mesh(TopologyMap map, TopologyShape shape, ImmutableArray<TopologyLink> links)
    {
        var boxes = shape.Members.Where(m => m < map.FirstGateway).ToList();
        var pairs = boxes.SelectMany(a => boxes.Where(b => b > a), static (a, b) => (a, b)).ToList();
        var missing = pairs.Where(p => !links.Any(l => l.From == p.a && l.To == p.b)).ToList();
        if (boxes.Count < 4 || missing.Count == 0 || missing.Count > pairs.Count * (1 - NearlyAll)) return;
        foreach (var (a, b) in missing)
        {
            map.Say(
                TopologyFindingId.MissingLink, FindingSeverity.Warning, a, map.Nodes[a].Name, "$.connections",
                $"Nearly every box here has a tunnel to every other; this one has none to {map.Nodes[b].Name}.", "a connection at both ends, if it is meant to be a full mesh", b);
        }
    }
}
