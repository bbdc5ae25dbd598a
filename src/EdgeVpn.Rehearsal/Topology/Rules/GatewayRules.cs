using System.Collections.Immutable;
using System.Globalization;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Rehearsal.Topology.Rules;

/// <summary>What many ends have in common: a gateway's places, its size, what falls with it.</summary>
internal static class GatewayRules
{
    public static void Check(TopologyMap map, ImmutableArray<TopologyShape> shapes, ImmutableArray<TopologyLink> links)
    {
        foreach (var group in map.Outward.GroupBy(static o => o.Gateway))
        {
            ImmutableArray<End> ends = [.. group.Select(static o => o.End)];
            Endpoints(map, group.Key, ends);
            PrivateLines(map, ends, group.Key);
            AsNumbers(map, ends, group.Key);
        }

        for (var node = map.FirstGateway; node < map.Nodes.Count; node++) Tunnels(map, node, links);
        foreach (var shape in shapes.Where(static s => s.Centre is not null)) SinglePoint(map, shape);
    }

    private static void Endpoints(TopologyMap map, int gateway, ImmutableArray<End> ends)
    {
        var azure = map.Azure(gateway);
        // Of another gateway only the fullest list tells, and only a list that means several tunnels at a time, or one way for when the other fails.
        var places = azure is { IsActiveActive: true, Addresses.Length: > 1 } ? azure.Addresses.Select(static a => a.ToString()).ToList()
            : azure is null ? map.Nodes[gateway].Addresses.Where(static a => PeerAddress.TryParse(a, out var read) && !PrivateLine.IsPrivate(read)).ToList() : [];
        if (places.Count < 2) return;
        foreach (var site in ends.GroupBy(static e => e.Site))
        {
            var named = site.SelectMany(static e => e.Connection.Remote.Endpoints).Select(static e => e.Address.ToString()).Where(places.Contains).Distinct().ToList();
            var end = site.First();
            var lacking = places.Except(named).ToList();
            if (lacking.Count > 0 && named.Count > 0)
            {
                map.Say(
                    TopologyFindingId.OneEndpoint, FindingSeverity.Warning, end, end.Path["remote"]["endpoints"].Text,
                    $"{map.Nodes[gateway].Name} is active-active at {string.Join(" and ", places)}; this box names {string.Join(" and ", named)} only.",
                    $"add {string.Join(", ", lacking.Select(static l => $"{{ \"address\": \"{l}\" }}"))} and \"strategy\": \"all\" (with BGP) or \"failover\"", gateway);
            }
        }
    }

    private static void PrivateLines(TopologyMap map, ImmutableArray<End> ends, int gateway)
    {
        foreach (var site in ends.GroupBy(static e => e.Site).Where(static s => PrivateLine.IsBeside(s)))
        {
            foreach (var end in site.Where(static e => PrivateLine.IsBeside([e])))
            {
                var endpoints = end.Connection.Remote.Endpoints;
                if (end.Connection.Remote.Strategy == EndpointStrategy.Failover && !PrivateLine.IsPrivate(endpoints[0].Address))
                {
                    map.Say(
                        TopologyFindingId.PrivateLineSecond, FindingSeverity.Warning, end, end.Path["remote"]["endpoints"].Text,
                        $"The internet ({endpoints[0].Address}) comes before the private line: the line stands idle until the internet fails.", "the private address first", gateway);
                }
            }

            var unproved = site.FirstOrDefault(static e => e.Connection.Probes.IsEmpty);
            if (unproved is not null)
            {
                map.Say(
                    TopologyFindingId.PrivateLineUnproved, FindingSeverity.Info, unproved, unproved.Path["probes"].Text,
                    "Without a probe a line that fails behind the gateway is not noticed: IKE still answers.", "\"probes\" with a host behind the gateway", gateway);
            }
        }
    }

    /// <summary>A router drops routes in which it finds its own AS number.</summary>
    private static void AsNumbers(TopologyMap map, ImmutableArray<End> ends, int gateway)
    {
        foreach (var same in ends.Where(static e => e.Connection.Bgp is not null).GroupBy(static e => e.Connection.Bgp!.LocalAsn).Where(static g => g.Select(static e => e.Site).Distinct().Count() > 1))
        {
            var last = same.Last();
            map.Say(
                TopologyFindingId.AsnTwice, FindingSeverity.Warning, last, last.Path["bgp"]["localAsn"].Text,
                string.Create(CultureInfo.InvariantCulture, $"AS {same.Key} is {map.Site(same.First()).Name}'s too: each drops the other's routes as its own."), "an AS number of its own for each site", gateway);
        }
    }

    private static void Tunnels(TopologyMap map, int node, ImmutableArray<TopologyLink> links)
    {
        var azure = map.Azure(node);
        var tunnels = links.Where(l => l.From == node || l.To == node).Sum(static l => l.Tunnels);
        var sku = AzureSku.Find(azure?.Sku ?? map.Parts.Sku ?? "");
        var note = sku?.Outgrown(tunnels) ?? (tunnels > AzureSku.MostTunnels
            ? string.Create(CultureInfo.InvariantCulture, $"{tunnels} tunnels are more than any gateway of Azure's takes ({AzureSku.MostTunnels}): use Virtual WAN, or several gateways.") : null);
        if (note is null) return;
        var first = map.Outward.FirstOrDefault(o => o.Gateway == node);
        map.Say(
            TopologyFindingId.TooManyTunnels, FindingSeverity.Error, node, azure?.Source ?? map.Nodes[node].Name, azure is null ? "--sku" : "sku.name", note,
            tunnels > AzureSku.MostTunnels ? "Virtual WAN: az network vwan create; or half of the boxes at a second gateway" : "az network vnet-gateway update --sku, or fewer tunnels", first.End?.Site);
    }

    private static void SinglePoint(TopologyMap map, TopologyShape shape)
    {
        var centre = shape.Centre!.Value;
        var spokes = shape.Members.Count(m => m != centre && m < map.FirstGateway);
        if (spokes < 2) return;
        if (centre < map.FirstGateway)
        {
            map.Say(
                TopologyFindingId.SinglePoint, FindingSeverity.Warning, centre, map.Nodes[centre].Name, "$.connections",
                $"{spokes} sites hang on this one box: without it, none reaches another.", "a second hub, as a second endpoint of each spoke (\"strategy\": \"failover\")");
        }
        else if (!shape.IsActiveActive && map.Azure(centre) is { } gateway)
        {
            map.Say(
                TopologyFindingId.SinglePoint, FindingSeverity.Info, centre, gateway.Source, "activeActive",
                $"{spokes} sites hang on one public address; Azure's standby takes over in 10 to 15 seconds when planned, in 1 to 3 minutes when not.", "an active-active gateway, and both its addresses in every box");
        }
        else if (!shape.IsActiveActive && map.Outward.First(o => o.Gateway == centre).End is var end && map.Outward.Where(o => o.Gateway == centre).All(static o => o.End.Connection.Remote.Endpoints.Length == 1))
        {
            map.Say(
                TopologyFindingId.SinglePoint, FindingSeverity.Warning, end, end.Path["remote"]["endpoints"].Text,
                $"{spokes} sites hang on {map.Nodes[centre].Name} alone.", "a second endpoint in every box: the gateway's second address, or a second gateway", centre);
        }
    }
}
