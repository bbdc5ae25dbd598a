using System.Collections.Immutable;
using System.Text.Json.Nodes;
using EdgeVpn.Linux;
using static EdgeVpn.Appliance.Network.NetworkNumbers;

namespace EdgeVpn.Appliance.Network;

/// <summary>Our table as the kernel holds it.</summary>
/// <param name="Outline">Chain and comment of every rule, chains by name, rules in order.</param>
/// <param name="Counters">Packets by counter.</param>
internal sealed record FilterState(ImmutableArray<(string Chain, string Comment)> Outline, ImmutableDictionary<string, long> Counters)
{
    /// <summary>Null if there is no such table.</summary>
    public static FilterState? Read(Nftables filter)
    {
        if (filter.ListTable(NftFamily, NftTable) is not { } entries) return null;
        var rules = entries.Select(e => e?["rule"]).OfType<JsonNode>().Select(r => ((string?)r["chain"] ?? "", (string?)r["comment"] ?? ""));
        var counters = entries.Select(e => e?["counter"]).OfType<JsonNode>()
            .ToImmutableDictionary(c => (string?)c["name"] ?? "", c => (long?)c["packets"] ?? 0);
        return new FilterState([.. rules.OrderBy(r => r.Item1, StringComparer.Ordinal)], counters); // a stable sort: rules of a chain keep their order
    }
}
