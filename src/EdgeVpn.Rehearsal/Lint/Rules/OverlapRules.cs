using System.Net;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Rehearsal.Lint.Rules;

/// <summary>Prefixes that two places claim. Longest prefix decides on the box; Azure's routes may decide otherwise.</summary>
internal static class OverlapRules
{
    public static void Check(BoxConfig configuration, List<Finding> findings)
    {
        var here = new List<(IPNetwork Network, JsonPath Path)>();
        var there = new List<(IPNetwork Network, JsonPath Path, int Connection)>();
        for (var i = 0; i < configuration.Connections.Length; i++)
        {
            var (connection, path) = (configuration.Connections[i], JsonPath.Root["connections"][i]);
            for (var n = 0; n < connection.Local.Networks.Length; n++) here.Add((connection.Local.Networks[n], path["local"]["networks"][n]));
            for (var n = 0; n < connection.Remote.Networks.Length; n++) there.Add((connection.Remote.Networks[n], path["remote"]["networks"][n], i));
        }

        foreach (var remote in there.Where(static r => r.Network.PrefixLength > 0))
        {
            foreach (var local in here.Where(l => l.Network.Overlaps(remote.Network)))
            {
                Say(remote.Path, $"{remote.Network} behind Azure overlaps {local.Network} at this end ({local.Path}): hosts in both are reached at this end only.");
                break;
            }

            foreach (var other in there.Where(o => o.Connection < remote.Connection && o.Network.PrefixLength > 0 && o.Network.Overlaps(remote.Network)))
                Say(remote.Path, $"{remote.Network} overlaps {other.Network} ({other.Path}): the longer prefix wins here, and the other end may answer by another way.");
        }

        void Say(JsonPath path, string message) =>
            findings.Add(new Finding(FindingId.PrefixOverlap, FindingSeverity.Warning, path.Text, message, "networks that do not overlap, or address translation at Azure (VpnGw2 and larger)"));
    }
}
