using System.Collections.Immutable;
using System.Globalization;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Usage;

/// <summary>One line of an estimate.</summary>
/// <param name="What">Words for a person.</param>
/// <param name="Quantity">How many hours or gigabytes.</param>
/// <param name="Unit"><c>h</c> or <c>GB</c> (10^9 octets).</param>
/// <param name="Price">Of one unit.</param>
/// <param name="SoFar">Until now.</param>
/// <param name="Month">At the month's end, if it goes on like this.</param>
public sealed record EstimateLine(string What, double Quantity, string Unit, decimal Price, decimal SoFar, decimal Month);

/// <summary>What a month of a gateway costs, as far as tunnels can know it.</summary>
/// <remarks>
/// A gateway costs by the hour from its creation to its deletion, connected or not: its hours are the month's. Egress is what leaves the cloud, so what the
/// box received; inner octets, for how a provider counts ESP's own is not published. An estimate, not a bill.
/// </remarks>
/// <param name="Month">Its name.</param>
/// <param name="Currency">Of all amounts.</param>
/// <param name="Lines">Gateway, tunnels beyond the included ones, egress by class.</param>
public sealed record UsageEstimate(string Month, string Currency, ImmutableArray<EstimateLine> Lines)
{
    private const double OctetsPerGigabyte = 1e9;

    public decimal SoFar => Lines.Sum(l => l.SoFar);

    public decimal AtMonthEnd => Lines.Sum(l => l.Month);

    /// <summary>The estimate of one month; null if the sheet does not know the SKU, or the month is not a calendar month.</summary>
    /// <param name="usage">The month's tunnels, of one box or of all behind one gateway.</param>
    /// <param name="month"><c>2026-11</c>.</param>
    /// <param name="sku">The gateway's SKU, in any case.</param>
    /// <param name="sheet">Prices.</param>
    /// <param name="now">Until when was counted.</param>
    public static UsageEstimate? Of(IReadOnlyCollection<TunnelUsage> usage, string month, string sku, PriceSheet sheet, DateTimeOffset now)
    {
        if (!DateTimeOffset.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var begin)) return null;
        if (sheet.GatewayHour.FirstOrDefault(g => g.Key.Equals(sku, StringComparison.OrdinalIgnoreCase)) is not { Key: { } name } gateway) return null;
        var end = begin.AddMonths(1);
        var until = now < begin ? begin : now > end ? end : now;
        var (whole, passed) = ((end - begin).TotalHours, (until - begin).TotalHours);
        // A quantity that grows evenly; a month that has only begun says little, and says so by its own small numbers.
        var grows = passed >= 1 ? whole / passed : 1;

        var lines = ImmutableArray.CreateBuilder<EstimateLine>();
        lines.Add(new EstimateLine($"gateway {name}", passed, "h", gateway.Value, Cost(passed, gateway.Value), Cost(whole, gateway.Value)));
        var beyond = Math.Max(0, usage.Select(u => u.Tunnel).Distinct(StringComparer.Ordinal).Count() - sheet.TunnelsIncluded);
        if (beyond > 0 && sheet.TunnelHour > 0)
        {
            // Which tunnels are the included ones, nobody says: the hours of the shortest-lived count as extra.
            var hours = usage.GroupBy(u => u.Tunnel, StringComparer.Ordinal).Select(g => g.Sum(u => u.Seconds) / 3_600).Order().Take(beyond).Sum();
            lines.Add(new EstimateLine($"{beyond} tunnels beyond {sheet.TunnelsIncluded}", hours, "h", sheet.TunnelHour, Cost(hours, sheet.TunnelHour), Cost(hours * grows, sheet.TunnelHour)));
        }

        foreach (var kind in Enum.GetValues<TrafficClass>())
        {
            var gigabytes = usage.Where(u => u.Class == kind).Sum(u => (double)u.OctetsIn) / OctetsPerGigabyte;
            var price = sheet.EgressPerGigabyte.GetValueOrDefault(kind);
            if (gigabytes > 0) lines.Add(new EstimateLine(Words(kind), gigabytes, "GB", price, Cost(gigabytes, price), Cost(gigabytes * grows, price)));
        }

        return new UsageEstimate(month, sheet.Currency, lines.ToImmutable());
    }

    /// <summary>A class in words.</summary>
    public static string Words(TrafficClass kind) => kind switch
    {
        TrafficClass.BetweenRegions => "egress between regions",
        TrafficClass.SameRegion => "egress in the same region",
        _ => "egress to the internet",
    };

    private static decimal Cost(double quantity, decimal price) => Math.Round((decimal)quantity * price, 4);
}
