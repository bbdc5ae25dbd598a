using System.Text.Json;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Demo.Traffic;

/// <summary>A counter on the internet's router for what must never come out of the box: packets of the protected networks in clear.</summary>
public static class ClearCounter
{
    // Before routing and NAT, so that nothing is dropped or rewritten before it is counted.
    private const string Ruleset = """
        table inet clear {
          chain before {
            type filter hook prerouting priority -300;
            iifname "wb0" ip saddr 10.10.0.0/16 counter comment "clear"
            iifname "wb0" ip daddr { 10.10.0.0/16, 10.20.0.0/16 } counter comment "clear"
          }
        }

        """;

    public static Task StartAsync(Lab lab) => lab.RunAsync(Node.Internet, ["nft", "-f", "-"], Ruleset);

    /// <summary>Packets since the start.</summary>
    public static async Task<long> ReadAsync(Lab lab)
    {
        var listing = await lab.RunAsync(Node.Internet, ["nft", "-j", "list", "table", "inet", "clear"]);
        using var json = JsonDocument.Parse(listing.Output);
        var packets = 0L;
        foreach (var item in json.RootElement.GetProperty("nftables").EnumerateArray())
            if (item.TryGetProperty("rule", out var rule))
                foreach (var expression in rule.GetProperty("expr").EnumerateArray())
                    if (expression.TryGetProperty("counter", out var counter))
                        packets += counter.GetProperty("packets").GetInt64();
        return packets;
    }
}
