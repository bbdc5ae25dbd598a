using System.Collections.Immutable;
using System.Text;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Usage;

namespace EdgeVpn.Model.Tests.Usage;

public class UsageEstimateTests
{
    private const string Sheet = """
        { "currency": "EUR", "gatewayHour": { "VpnGw1AZ": 0.36, "VpnGw2AZ": 0.9 }, "tunnelHour": 0.015, "tunnelsIncluded": 1,
          "egressPerGigabyte": { "internetEgress": 0.08, "betweenRegions": 0.02 } }
        """;

    private static readonly DateTimeOffset s_middle = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    private static PriceSheet Prices => PriceSheet.Read(Encoding.UTF8.GetBytes(Sheet), out _)!;

    private static TunnelUsage Tunnel(string name, TrafficClass kind, double hours, double gigabytes) => new("hub", name, kind, hours * 3_600, (long)(gigabytes * 1e9), 1_000_000);

    [Fact]
    public void A_month_is_gateway_hours_extra_tunnels_and_egress_by_class()
    {
        var estimate = UsageEstimate.Of(
            [Tunnel("hub.1", TrafficClass.InternetEgress, 360, 100), Tunnel("hub.2", TrafficClass.InternetEgress, 100, 50), Tunnel("lab", TrafficClass.BetweenRegions, 10, 10)],
            "2026-11", "vpngw1az", Prices, s_middle)!;
        Assert.Equal(["gateway VpnGw1AZ", "2 tunnels beyond 1", "egress to the internet", "egress between regions"], estimate.Lines.Select(l => l.What));
        Assert.Equal([360m * 0.36m, 110m * 0.015m, 150m * 0.08m, 10m * 0.02m], estimate.Lines.Select(l => l.SoFar));
        Assert.Equal([720m * 0.36m, 220m * 0.015m, 300m * 0.08m, 20m * 0.02m], estimate.Lines.Select(l => l.Month)); // half of the month is over
        Assert.Equal(estimate.Lines.Sum(l => l.SoFar), estimate.SoFar);
    }

    [Fact]
    public void A_month_that_is_over_does_not_grow_and_one_that_has_begun_does_not_explode()
    {
        var over = UsageEstimate.Of([Tunnel("hub", TrafficClass.InternetEgress, 720, 10)], "2026-11", "VpnGw1AZ", Prices, s_middle.AddYears(1))!;
        Assert.Equal(over.SoFar, over.AtMonthEnd);
        var begun = UsageEstimate.Of([Tunnel("hub", TrafficClass.InternetEgress, 0.1, 1)], "2026-11", "VpnGw1AZ", Prices, new DateTimeOffset(2026, 11, 1, 0, 5, 0, TimeSpan.Zero))!;
        Assert.Equal(0.08m, begun.Lines[^1].Month);
    }

    [Fact]
    public void A_sku_the_sheet_lacks_and_a_month_without_a_name_have_no_estimate()
    {
        Assert.Null(UsageEstimate.Of([], "2026-11", "VpnGw9", Prices, s_middle));
        Assert.Null(UsageEstimate.Of([], UsageMonth.UnknownName, "VpnGw1AZ", Prices, s_middle));
        Assert.Single(UsageEstimate.Of([], "2026-11", "VpnGw1AZ", Prices, s_middle)!.Lines);
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("{}", "with \"currency\"")]
    [InlineData("""{ "currency": "EUR", "gatewayHour": { "x": -1 } }""", "negative")]
    [InlineData("""{ "currency": "EUR", "gatewayHour": {}, "egress": {} }""", "cannot be read")]
    [InlineData("""{ "currency": "EUR", "gatewayHour": {}, "egressPerGigabyte": { "moon": 1 } }""", "cannot be read")]
    public void A_sheet_that_is_not_understood_is_refused(string text, string says)
    {
        Assert.Null(PriceSheet.Read(Encoding.UTF8.GetBytes(text), out var problem));
        Assert.Contains(says, problem);
    }

    [Fact]
    public void Usage_reads_back_the_same_and_broken_files_do_not()
    {
        var document = new UsageDocument(s_middle, [new UsageMonth("2026-11", [Tunnel("hub", TrafficClass.SameRegion, 1, 2)])]);
        Assert.Equal(Encoding.UTF8.GetString(document.ToJson()), Encoding.UTF8.GetString(UsageDocument.Read(document.ToJson())!.ToJson()));
        foreach (var text in new[] { "", "{}", "[]", """{ "since": "2026-11-01T00:00:00Z", "months": [{ "name": "x", "tunnels": [null] }] }""", Encoding.UTF8.GetString(document.ToJson()).Replace("2000000000", "-1", StringComparison.Ordinal) })
            Assert.Null(UsageDocument.Read(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Skus_say_when_a_fleet_outgrows_them()
    {
        Assert.Equal((30, 650, 62), (AzureSku.Find("vpngw1az")!.Tunnels, AzureSku.Find("VpnGw1AZ")!.AggregateMbps, AzureSku.Find("VpnGw1AZ")!.TunnelKpps));
        Assert.Equal(2, AzureSku.Find("VpnGw2AZ")!.Generation);
        Assert.Null(AzureSku.Find("VpnGw1AZ")!.Outgrown(30));
        Assert.Contains("VpnGw4AZ", AzureSku.Find("VpnGw1AZ")!.Outgrown(31));
        Assert.Contains("Virtual WAN", AzureSku.Find("VpnGw5AZ")!.Outgrown(101));
        Assert.Null(AzureSku.Find("ErGw1AZ"));
    }

    [Fact]
    public void Skus_say_when_what_a_tunnel_carries_comes_near_their_limits()
    {
        static TunnelUsage Peak(string name, double mbps, long packets) => Tunnel(name, TrafficClass.InternetEgress, 1, 2) with { PeakOctets = (long)(mbps * 1e6 / 8), PeakPackets = packets };

        var sku = AzureSku.Find("VpnGw1AZ")!; // 650 Mbit/s, 62,000 packets a second; 650 in all
        Assert.Empty(sku.Outgrown([Peak("a", 300, 49_000), Peak("b", 200, 1_000)]));
        Assert.Contains("a carried 520 Mbit/s", Assert.Single(sku.Outgrown([Peak("a", 520, 49_000)])), StringComparison.Ordinal);
        Assert.Contains("50000 packets a second in its busiest minute: VpnGw1AZ takes 62000", Assert.Single(sku.Outgrown([Peak("a", 300, 50_000)])), StringComparison.Ordinal);
        Assert.Contains("of 3 tunnels come to 600 Mbit/s", Assert.Single(sku.Outgrown([.. "abc".Select(n => Peak($"{n}", 200, 1_000))])), StringComparison.Ordinal);
        Assert.Contains("Virtual WAN", Assert.Single(sku.Outgrown([.. Enumerable.Range(0, 101).Select(n => Peak($"{n}", 1, 1))])), StringComparison.Ordinal);
        Assert.Single(AzureSku.Find("Basic")!.Outgrown([Peak("a", 60, 90_000), Peak("b", 30, 90_000)])); // no limit per tunnel is published
    }
}
