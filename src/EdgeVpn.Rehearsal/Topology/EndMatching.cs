using System.Collections.Immutable;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Rehearsal.Topology;

/// <summary>The two ends of one tunnel.</summary>
internal sealed record EndPair(End A, End B);

/// <summary>An end that no configuration answers.</summary>
/// <param name="Towards">The box that it names, where it is one of ours.</param>
internal sealed record LonelyEnd(End End, int? Towards);

/// <summary>Finds out which connections of which boxes are the two ends of one tunnel, although they may not agree.</summary>
/// <remarks>
/// Each sign counts: where one looks for the other, whom it expects, what it sends there. The strongest pairs are taken first, so that a hub with thirty
/// connections for callers from anywhere gives each spoke its own, and the one spoke whose identity has a slip gets what is left.
/// </remarks>
internal static class EndMatching
{
    private const int Address = 4;
    private const int Identity = 3;
    private const int Network = 2;
    private const int Caller = 1;

    public static ImmutableArray<EndPair> Pairs(ImmutableArray<TopologySite> sites, out ImmutableArray<LonelyEnd> lonely)
    {
        var ends = new List<End>();
        for (var s = 0; s < sites.Length; s++)
        {
            var connections = sites[s].Configuration.Connections;
            for (var c = 0; c < connections.Length; c++) ends.Add(new End(s, connections[c], JsonPath.Root["connections"][c]));
        }

        var candidates = new List<(int Score, int A, int B)>();
        for (var a = 0; a < ends.Count; a++)
        {
            for (var b = a + 1; b < ends.Count; b++)
                if (ends[a].Site != ends[b].Site && Score(sites, ends[a], ends[b]) is > 0 and var score) candidates.Add((score, a, b));
        }

        var taken = new HashSet<int>();
        var pairs = ImmutableArray.CreateBuilder<EndPair>();
        foreach (var (_, a, b) in candidates.OrderByDescending(static c => c.Score).ThenBy(static c => c.A).ThenBy(static c => c.B))
        {
            if ((taken.Contains(a) && !ends[a].IsOpen) || (taken.Contains(b) && !ends[b].IsOpen)) continue;
            taken.Add(a);
            taken.Add(b);
            pairs.Add(new EndPair(ends[a], ends[b]));
        }

        lonely = [.. Enumerable.Range(0, ends.Count).Where(e => !taken.Contains(e)).Select(e => new LonelyEnd(ends[e], Named(sites, ends, ends[e])))];
        return pairs.ToImmutable();
    }

    /// <summary>How much speaks for these two; 0: they have nothing to do with each other.</summary>
    private static int Score(ImmutableArray<TopologySite> sites, End a, End b)
    {
        var (there, back) = (Signs(sites, a, b), Signs(sites, b, a));
        if (there.Way == 0 || back.Way == 0) return 0; // one of them looks elsewhere
        var named = there.Way > Caller || back.Way > Caller;
        return named || (there.Networks > 0 && back.Networks > 0) ? there.Way + there.Networks + back.Way + back.Networks : 0;
    }

    private static (int Way, int Networks) Signs(ImmutableArray<TopologySite> sites, End from, End to)
    {
        var way = 0;
        if (LooksAt(sites[to.Site], from)) way += Address;
        else if (from.TakesAnyCaller) way += Caller;
        var networks = from.Connection.Remote.Networks.Any(r => r.PrefixLength > 0 && to.Connection.Local.Networks.Any(l => l.Overlaps(r))) ? Network : 0;
        var expects = from.Expects.ToList();
        if (expects.Count == 0 || to.Shows is not { } shown) return (way, networks);
        if (expects.Contains(shown)) return (way + Identity, networks);
        // Whoever takes callers from anywhere tells them apart by their identities alone; only what they send can excuse a wrong one.
        return (from.TakesAnyCaller && networks == 0 ? 0 : way, networks);
    }

    private static bool LooksAt(TopologySite site, End from) => from.Connection.Remote.Endpoints.Any(e =>
        (e.Address.Address is { } address && site.Addresses.Contains(address))
        || (e.Address.HostName is { } host && (Same(host, site.Name) || Same(host, site.Configuration.Device.Name)
            || site.Configuration.Connections.Any(c => Same(host, c.Local.Identity)))));

    /// <summary>The box that an end names, by its address or by an identity that only one box shows.</summary>
    private static int? Named(ImmutableArray<TopologySite> sites, List<End> ends, End end)
    {
        for (var s = 0; s < sites.Length; s++)
            if (s != end.Site && LooksAt(sites[s], end)) return s;
        var showing = ends.Where(e => e.Site != end.Site && e.Shows is { } shown && end.Expects.Contains(shown)).Select(static e => e.Site).Distinct().ToList();
        return showing.Count == 1 ? showing[0] : null;
    }

    private static bool Same(string a, string? b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}
