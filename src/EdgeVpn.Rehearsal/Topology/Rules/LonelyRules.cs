using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Rehearsal.Topology.Rules;

/// <summary>Ends whose other end is nowhere.</summary>
internal static class LonelyRules
{
    public static void Check(TopologyMap map)
    {
        foreach (var (end, towards) in map.Lonely)
        {
            if (towards is { } other)
            {
                var peer = map.Parts.Sites[other];
                var address = map.Site(end).Addresses.Select(static a => a.ToString()).FirstOrDefault() ?? "%any";
                map.Say(
                    TopologyFindingId.OneSided, FindingSeverity.Error, end, end.Path["remote"].Text, $"{peer.Name} has no connection back to this box.",
                    $"on {peer.Name} a connection with \"endpoints\": [{{ \"address\": \"{address}\"{(end.Shows is { } shown ? $", \"identity\": \"{shown}\"" : "")} }}]", other);
            }
            else if (end.TakesAnyCaller)
            {
                map.Say(
                    TopologyFindingId.NobodyCalls, FindingSeverity.Warning, end, end.Path["remote"]["endpoints"].Text,
                    $"None of these configurations calls connection \"{end.Connection.Name}\".", "the caller's configuration among the files, or the connection taken out");
            }
        }
    }
}
