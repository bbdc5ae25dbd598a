using System.Collections.Immutable;

namespace EdgeVpn.Rehearsal.Topology;

/// <summary>Gives each part of the picture that hangs together its name.</summary>
internal static class ShapeRecognition
{
    public static ImmutableArray<TopologyShape> Of(TopologyMap map, ImmutableArray<TopologyLink> links)
    {
        var shapes = new List<TopologyShape>();
        var seen = new HashSet<int>();
        for (var node = 0; node < map.Nodes.Count; node++)
        {
            if (!seen.Add(node)) continue;
            var members = new List<int> { node };
            for (var i = 0; i < members.Count; i++)
            {
                foreach (var next in links.Where(l => l.From == members[i] || l.To == members[i]).Select(l => l.From == members[i] ? l.To : l.From))
                    if (seen.Add(next)) members.Add(next);
            }

            members.Sort();
            shapes.Add(Shape(map, members, [.. links.Where(l => members.Contains(l.From))]));
        }

        return [.. shapes.OrderByDescending(static s => s.Members.Length)];
    }

    private static TopologyShape Shape(TopologyMap map, List<int> members, ImmutableArray<TopologyLink> links)
    {
        var boxes = members.Count(m => map.Nodes[m].Kind == TopologyNodeKind.Box);
        var pairs = members.Count * (members.Count - 1) / 2;
        var centre = members.Count < 3 ? null : members.Cast<int?>().FirstOrDefault(m => links.Length == members.Count - 1 && links.All(l => l.From == m || l.To == m));
        var kind = (members.Count, boxes) switch
        {
            (1, _) => TopologyKind.Alone,
            (_, 0) => TopologyKind.VnetToVnet,
            (2, 1) => TopologyKind.SiteToSite,
            (2, _) => TopologyKind.BoxToBox,
            _ when centre is not null => TopologyKind.HubAndSpoke,
            _ when links.Length == pairs => TopologyKind.FullMesh,
            _ => TopologyKind.PartialMesh,
        };
        return new TopologyShape(kind, centre, [.. members], IsActiveActive(map, members), links.Any(static l => l.IsBesidePrivateLine));
    }

    private static bool IsActiveActive(TopologyMap map, List<int> members) =>
        members.Exists(m => map.Azure(m)?.IsActiveActive ?? false)
        || map.Outward.Any(o => members.Contains(o.Gateway) && o.End.Tunnels > 1)
        || map.Pairs.Any(p => members.Contains(p.A.Site) && (p.A.Tunnels > 1 || p.B.Tunnels > 1));
}
