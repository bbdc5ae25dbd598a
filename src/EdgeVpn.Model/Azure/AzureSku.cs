using System.Collections.Immutable;

namespace EdgeVpn.Model.Azure;

/// <summary>What a gateway of one SKU can do (Microsoft's "About gateway SKUs", 2026-06).</summary>
/// <param name="Name">As in <c>az network vnet-gateway create --sku</c>.</param>
/// <param name="Generation">1 or 2; the same name exists in both.</param>
/// <param name="Tunnels">Site-to-site tunnels.</param>
/// <param name="AggregateMbps">Of all tunnels together.</param>
/// <param name="TunnelMbps">Of one tunnel with GCMAES256; null: not published.</param>
/// <param name="TunnelKpps">Thousands of packets per second of one tunnel with GCMAES256; null: not published.</param>
public sealed record AzureSku(string Name, int Generation, int Tunnels, int AggregateMbps, int? TunnelMbps, int? TunnelKpps)
{
    /// <summary>Beyond it, Azure's own answer is Virtual WAN.</summary>
    public const int MostTunnels = 100;

    /// <summary>New gateways take an AZ SKU.</summary>
    public static readonly ImmutableArray<AzureSku> All =
    [
        new("Basic", 1, 10, 100, null, null),
        new("VpnGw1", 1, 30, 650, 650, 62), new("VpnGw1AZ", 1, 30, 650, 650, 62),
        new("VpnGw2", 1, 30, 1_000, 1_200, 100), new("VpnGw2AZ", 1, 30, 1_000, 1_200, 110),
        new("VpnGw2", 2, 30, 1_250, 1_250, 120), new("VpnGw2AZ", 2, 30, 1_250, 1_250, 120),
        new("VpnGw3", 1, 30, 1_250, 1_250, 120), new("VpnGw3AZ", 1, 30, 1_250, 1_250, 120),
        new("VpnGw3", 2, 30, 2_500, 1_500, 140), new("VpnGw3AZ", 2, 30, 2_500, 1_500, 140),
        new("VpnGw4", 2, 100, 5_000, 2_300, 220), new("VpnGw4AZ", 2, 100, 5_000, 2_300, 220),
        new("VpnGw5", 2, 100, 10_000, 2_300, 220), new("VpnGw5AZ", 2, 100, 10_000, 2_300, 220),
    ];

    /// <summary>A SKU by its name in any case, of its highest generation; null if there is none.</summary>
    public static AzureSku? Find(string name) => All.LastOrDefault(s => s.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>What a fleet of so many tunnels should know of this gateway; null if it has room.</summary>
    public string? Outgrown(int tunnels)
    {
        if (tunnels <= Tunnels) return null;
        if (tunnels > MostTunnels) return $"{tunnels} tunnels are more than any gateway takes ({MostTunnels}): use Virtual WAN, or several gateways.";
        var next = All.First(s => s.Tunnels >= tunnels && s.Name.EndsWith("AZ", StringComparison.Ordinal));
        return $"{tunnels} tunnels are more than {Name} takes ({Tunnels}): {next.Name} takes {next.Tunnels}.";
    }
}
