using System.Collections.Immutable;
using System.Text;

namespace EdgeVpn.Interop.Net;

/// <summary>What the router in the middle does to packets that pass it; the whole of it becomes one nftables transaction.</summary>
public sealed record InternetState
{
    /// <summary>The branch is masqueraded: the gateway only sees the router.</summary>
    public bool Nat { get; init; }

    /// <summary>Of a hundred packets, either way, this many vanish at random.</summary>
    public int LossPercent { get; init; }

    /// <summary>UDP destination ports that are dropped either way.</summary>
    public ImmutableArray<int> BlockedUdpPorts { get; init; } = [];

    /// <summary>Protocol 50 is dropped either way, as many access networks do.</summary>
    public bool EspBlocked { get; init; }

    /// <summary>An address that nothing reaches any more.</summary>
    public string? DeadAddress { get; init; }

    /// <summary>The ruleset, for <c>nft -f -</c>. Counters start at zero with every change.</summary>
    public string Ruleset()
    {
        // One statement per line, and no chain called fwd: nft 1.0.6 is particular.
        var rules = new StringBuilder();
        rules.Append("flush ruleset\ntable inet lab {\n  chain through {\n    type filter hook forward priority 0;\n");
        if (EspBlocked) rules.Append("    meta l4proto 50 counter drop comment \"blocked\"\n");
        foreach (var port in BlockedUdpPorts) rules.Append($"    udp dport {port} counter drop comment \"blocked\"\n");
        if (DeadAddress is not null) rules.Append($"    ip daddr {DeadAddress} counter drop comment \"blocked\"\n    ip saddr {DeadAddress} counter drop comment \"blocked\"\n");
        if (LossPercent > 0) rules.Append($"    numgen random mod 100 < {LossPercent} counter drop comment \"loss\"\n");
        rules.Append("  }\n}\n");
        if (Nat)
            rules.Append("table ip nat {\n  chain post {\n    type nat hook postrouting priority srcnat;\n    oifname \"wc0\" ip saddr 192.0.2.0/24 masquerade\n  }\n}\n");
        return rules.ToString();
    }
}
