using System.Collections.Immutable;
using System.Globalization;
using EdgeVpn.Model.Usage;

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

    /// <summary>A minute at this part of a limit had seconds beyond it: nobody can measure more than the gateway lets through.</summary>
    private const double Full = 0.8;

    /// <summary>What a fleet should know of this gateway, from what its tunnels carried: too many of them, one too fast, all together too fast. Empty: it has room.</summary>
    public ImmutableArray<string> Outgrown(IReadOnlyCollection<TunnelUsage> usage)
    {
        var notes = ImmutableArray.CreateBuilder<string>();
        var tunnels = usage.GroupBy(static u => u.Tunnel, StringComparer.Ordinal)
            .Select(static g => (Name: g.Key, Mbps: g.Max(static u => u.PeakOctets) * 8 / 1e6, Kpps: g.Max(static u => u.PeakPackets) / 1e3)).ToList();
        if (Outgrown(tunnels.Count) is { } many) notes.Add(many);
        foreach (var (name, mbps, kpps) in tunnels)
        {
            if (mbps >= TunnelMbps * Full) notes.Add(Text($"{name} carried {mbps:0} Mbit/s in its busiest minute: {Name} takes {TunnelMbps} in one tunnel with GCMAES256, and less with other suites."));
            if (kpps >= TunnelKpps * Full) notes.Add(Text($"{name} carried {kpps * 1_000:0} packets a second in its busiest minute: {Name} takes {TunnelKpps * 1_000} in one tunnel with GCMAES256, and less with other suites."));
        }

        var all = tunnels.Sum(static t => t.Mbps);
        if (all >= AggregateMbps * Full && tunnels.Count > 1) notes.Add(Text($"The busiest minutes of {tunnels.Count} tunnels come to {all:0} Mbit/s if they fall together: {Name} takes {AggregateMbps} in all."));
        return notes.ToImmutable();

        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What a fleet of so many tunnels should know of this gateway; null if it has room.</summary>
    public string? Outgrown(int tunnels)
    {
        if (tunnels <= Tunnels) return null;
        if (tunnels > MostTunnels) return $"{tunnels} tunnels are more than any gateway takes ({MostTunnels}): use Virtual WAN, or several gateways.";
        var next = All.First(s => s.Tunnels >= tunnels && s.Name.EndsWith("AZ", StringComparison.Ordinal));
        return $"{tunnels} tunnels are more than {Name} takes ({Tunnels}): {next.Name} takes {next.Tunnels}.";
    }
}
