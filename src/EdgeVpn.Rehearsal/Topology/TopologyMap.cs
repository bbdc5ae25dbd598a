using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Rehearsal.Topology;

/// <summary>Who has a tunnel to whom, and where findings go.</summary>
internal sealed class TopologyMap
{
    private readonly List<TopologyFinding> _findings = [];

    public TopologyMap(TopologyParts parts)
    {
        Parts = parts;
        Nodes = [.. parts.Sites.Select(static s => new TopologyNode(s.Name, TopologyNodeKind.Box, [.. s.Addresses.Select(static a => a.ToString())], s.Networks))];
        FirstGateway = Nodes.Count;
        Nodes.AddRange(parts.Azure.Gateways.Select(static g => new TopologyNode(g.Name, TopologyNodeKind.AzureGateway, [.. g.Addresses.Select(static a => a.ToString())], g.Networks)));
        Pairs = EndMatching.Pairs(parts.Sites, out var lonely);
        Lonely = lonely;
        Outward = OutwardEnds.Find(this);
    }

    public TopologyParts Parts { get; }

    public List<TopologyNode> Nodes { get; }

    /// <summary>Index of the first node that is no box; Azure's known gateways come first, in their order.</summary>
    public int FirstGateway { get; }

    /// <summary>Both ends are ours.</summary>
    public ImmutableArray<EndPair> Pairs { get; }

    /// <summary>Ends without one at the other side.</summary>
    public ImmutableArray<LonelyEnd> Lonely { get; }

    /// <summary>Ends whose other side is a gateway.</summary>
    public ImmutableArray<(End End, int Gateway)> Outward { get; }

    public IEnumerable<TopologyFinding> Findings => _findings;

    public TopologySite Site(End end) => Parts.Sites[end.Site];

    /// <summary>The gateway as Azure's files tell it; null for another one.</summary>
    public PictureGateway? Azure(int node) => node >= FirstGateway && node - FirstGateway < Parts.Azure.Gateways.Length ? Parts.Azure.Gateways[node - FirstGateway] : null;

    public ImmutableArray<TopologyLink> Links()
    {
        var links = ImmutableArray.CreateBuilder<TopologyLink>();
        foreach (var pair in Pairs.GroupBy(static p => (Math.Min(p.A.Site, p.B.Site), Math.Max(p.A.Site, p.B.Site))))
            links.Add(new(pair.Key.Item1, pair.Key.Item2, pair.Sum(static p => Math.Max(p.A.Tunnels, p.B.Tunnels)), true, PrivateLine.IsBeside(pair.SelectMany(static p => new[] { p.A, p.B }))));
        foreach (var lonely in Lonely.Where(static l => l.Towards is not null).DistinctBy(static l => (l.End.Site, l.Towards)))
        {
            var (from, to) = (Math.Min(lonely.End.Site, lonely.Towards!.Value), Math.Max(lonely.End.Site, lonely.Towards.Value));
            if (!links.Any(l => l.From == from && l.To == to)) links.Add(new(from, to, 0, false, false));
        }

        foreach (var outward in Outward.GroupBy(static o => (o.End.Site, o.Gateway)))
            links.Add(new(outward.Key.Site, outward.Key.Gateway, outward.Sum(static o => o.End.Tunnels), true, PrivateLine.IsBeside(outward.Select(static o => o.End))));
        foreach (var between in Parts.Azure.Connections.Where(static c => c.OtherGateway is not null)
            .GroupBy(static c => (Math.Min(c.Gateway, c.OtherGateway!.Value), Math.Max(c.Gateway, c.OtherGateway.Value))))
        {
            var both = between.Any(c => c.Gateway == between.Key.Item1) && between.Any(c => c.Gateway == between.Key.Item2);
            links.Add(new(FirstGateway + between.Key.Item1, FirstGateway + between.Key.Item2, 1, both, false));
        }

        return links.ToImmutable();
    }

    public void Say(string id, FindingSeverity severity, End end, string path, string message, string? mend, int? other = null) =>
        _findings.Add(new(id, severity, Site(end).Name, path, message, mend, end.Site, other));

    public void Say(string id, FindingSeverity severity, int node, string box, string path, string message, string? mend, int? other = null) =>
        _findings.Add(new(id, severity, box, path, message, mend, node, other));
}

/// <summary>Gateways that our configurations name: ends that share an address, or lead one box to the same networks by two ways, lead to one gateway.</summary>
internal static class OutwardEnds
{
    public static ImmutableArray<(End, int)> Find(TopologyMap map)
    {
        var groups = new List<List<End>>();
        foreach (var end in map.Lonely.Where(static l => l.Towards is null && !l.End.TakesAnyCaller).Select(static l => l.End))
        {
            var joined = groups.Where(g => g.Exists(e => IsSameGateway(e, end))).ToList();
            groups.RemoveAll(joined.Contains);
            groups.Add([.. joined.SelectMany(static g => g), end]);
        }

        var found = ImmutableArray.CreateBuilder<(End, int)>();
        foreach (var ends in groups)
        {
            var node = Known(map, ends) ?? Add(map, ends);
            foreach (var end in ends) found.Add((end, node));
        }

        return found.ToImmutable();
    }

    private static int? Known(TopologyMap map, List<End> ends)
    {
        for (var g = 0; g < map.Parts.Azure.Gateways.Length; g++)
            if (map.Parts.Azure.Gateways[g].Addresses.Any(a => ends.Exists(e => Places(e).Contains(a.ToString())))) return map.FirstGateway + g;
        return null;
    }

    private static int Add(TopologyMap map, List<End> ends)
    {
        // In the order in which the fullest list has them: the first one gives the name.
        var addresses = ends.OrderByDescending(static e => e.Connection.Remote.Endpoints.Length).SelectMany(Places).Distinct(StringComparer.OrdinalIgnoreCase)
            .OrderBy(static a => PeerAddress.TryParse(a, out var read) && PrivateLine.IsPrivate(read)).ToImmutableArray();
        map.Nodes.Add(new TopologyNode(addresses[0], TopologyNodeKind.Gateway, addresses, [.. ends.SelectMany(static e => e.Connection.Remote.Networks).Distinct()]));
        return map.Nodes.Count - 1;
    }

    private static bool IsSameGateway(End a, End b) =>
        Places(a).Intersect(Places(b), StringComparer.OrdinalIgnoreCase).Any()
        || (a.Site == b.Site && a.Connection.Remote.Networks.Any(x => x.PrefixLength > 0 && b.Connection.Remote.Networks.Any(y => y.PrefixLength > 0 && x.Overlaps(y))));

    private static IEnumerable<string> Places(End end) => end.Connection.Remote.Endpoints.Select(static e => e.Address.ToString());
}

/// <summary>A private line (ExpressRoute, MPLS): the peer stands at a private address too.</summary>
internal static class PrivateLine
{
    /// <summary>Whether these ends, all towards one place, reach it both by a private and by a public address.</summary>
    public static bool IsBeside(IEnumerable<End> ends)
    {
        var addresses = ends.SelectMany(static e => e.Connection.Remote.Endpoints).Select(static e => e.Address).Where(static a => !a.IsAny).ToList();
        return addresses.Exists(IsPrivate) && addresses.Exists(static a => !IsPrivate(a));
    }

    public static bool IsPrivate(PeerAddress address) => address.Address is { } ip && PrivateAddresses.Contains(ip);
}
