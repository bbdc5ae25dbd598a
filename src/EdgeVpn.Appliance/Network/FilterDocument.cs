using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using EdgeVpn.Linux;
using EdgeVpn.Model.Configuration;
using static EdgeVpn.Appliance.Network.NetworkNumbers;
using static EdgeVpn.Linux.NftCommands;

namespace EdgeVpn.Appliance.Network;

/// <summary>The table <c>inet edgevpn</c> as one document: applied in one transaction, so that no packet ever meets half of it.</summary>
/// <remarks>
/// Rules are flushed and written anew; chains and counters stay, so no hook is taken away in between and the counts go on. Every chain accepts by
/// default, and the last rule drops: a chain that is being made never drops what the finished one would let pass.
/// </remarks>
public sealed class FilterDocument
{
    private const int EthernetMtu = 1_500;

    // Interfaces, as the rules name them.
    private readonly string[] _wan;
    private readonly string[] _lan;
    private readonly string[] _tunnels;
    private readonly JsonObject[] _outside; // empty: nothing is outside
    private readonly NetworkPlan _plan;
    private readonly ImmutableArray<IPNetwork> _stays;
    private readonly List<(string Chain, string Comment, JsonNode[] Expressions)> _rules = [];

    private FilterDocument(NetworkPlan plan, NetworkFacts facts, ImmutableArray<IPNetwork> stays)
    {
        _plan = plan;
        _stays = Prefixes.Widest(stays);
        _wan = [.. plan.WanInterfaces];
        _lan = [.. plan.LanInterfaces];
        _tunnels = [.. plan.TunnelInterfaces];
        // Managed: outside is whatever is not inside, so that an interface that turns up later needs no new rule.
        // Unmanaged: we cannot know what is inside; outside is where the default routes lead.
        string[] defaults = [.. facts.DefaultInterfaces.Where(i => i.Role == InterfaceUse.Other && i.Name != "lo").Select(i => i.Name).Order(StringComparer.Ordinal)];
        _outside = plan.ManagesMachine ? [Match(Meta("oifname"), Names(["lo", .. _lan, .. _tunnels]), "!=")]
            : defaults.Length > 0 ? [Match(Meta("oifname"), Names(defaults))] : [];

        Guard();
        if (plan.ManagesMachine && _wan.Length > 0) Wan();
        string[] assigned = [.. plan.Tunnels.Where(static t => t.SpeaksFromAssigned).Select(static t => t.Interface).Distinct()];
        if (assigned.Length > 0) Rule("translate", "into tunnels from the address that the peer gave", Match(Meta("oifname"), Names(assigned)), Verdict("masquerade"));
        SegmentSizes(facts);
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', _rules.Select(r => $"{r.Chain} {r.Comment} {string.Join(' ', r.Expressions.Select(e => e.ToJsonString()))}")))))[..16];
    }

    /// <summary>16 hexadecimal digits that name the content; the first rule's comment carries them.</summary>
    public string Hash { get; }

    /// <summary>Chain and comment of every rule, as a listing shows them: how a document is known to be in force.</summary>
    public IEnumerable<(string Chain, string Comment)> Outline => _rules.Select((rule, i) => (rule.Chain, CommentOf(i)));

    /// <summary>The document for a resolved plan; null if there is nothing to guard, close or clamp.</summary>
    internal static FilterDocument? Of(NetworkPlan plan, NetworkFacts facts, ImmutableArray<IPNetwork> stays)
    {
        var document = new FilterDocument(plan, facts, stays);
        return document._rules.Count > 0 ? document : null;
    }

    /// <summary>For <see cref="Nftables.Apply"/>: the table, its chains and counters if missing, no old rule, every new one.</summary>
    public JsonArray ToCommands()
    {
        var nft = new NftCommands(NftFamily, NftTable);
        nft.Commands.Clear(); // not made anew: emptied
        nft.Commands.Add((JsonNode)Command("add", "table", new JsonObject { ["family"] = NftFamily, ["name"] = NftTable }));
        nft.Commands.Add((JsonNode)Command("flush", "table", new JsonObject { ["family"] = NftFamily, ["name"] = NftTable }));
        foreach (var name in FilterCounters.All)
            nft.Commands.Add((JsonNode)Command("add", "counter", new JsonObject { ["family"] = NftFamily, ["table"] = NftTable, ["name"] = name }));
        foreach (var chain in FilterChain.All.Where(c => _rules.Exists(r => r.Chain == c.Name)))
            nft.BaseChain(chain.Name, chain.Type, chain.Hook, chain.Priority);
        foreach (var (rule, i) in _rules.Select((rule, i) => (rule, i)))
            nft.Rule(rule.Chain, CommentOf(i), [.. rule.Expressions.Select(e => e.DeepClone())]);
        return nft.Commands;
    }

    /// <summary>Protected networks do not leave in clear: whoever sends, whatever the routes say.</summary>
    private void Guard()
    {
        foreach (var (family, ip) in Families())
        {
            var narrow = _plan.Protected.Of(family);
            var everything = _plan.ProtectsEverything.Contains(family);
            if (_outside.Length == 0 || (narrow.IsEmpty && !everything)) continue;
            var stays = _stays.Of(family);
            if (_rules.Count == 0) Rule("guard", "our own IKE and ESP", IsMarked(), Verdict("accept"));
            if (!narrow.IsEmpty)
            {
                // An unmanaged machine with one interface has its own network on it, maybe inside a protected one.
                if (!_plan.ManagesMachine && !stays.IsEmpty) Rule("guard", "this end's own networks", [.. _outside, Match(Payload(ip, "daddr"), Networks(stays)), Verdict("accept")]);
                Rule("guard", "protected networks never leave in clear", [.. _outside, Match(Payload(ip, "daddr"), Networks(narrow)), Count(FilterCounters.Clear), Verdict("drop")]);
            }

            if (!everything) continue;
            // Everything is protected for what comes from this end's networks; the box itself reaches names, time and broker.
            var other = stays.IsEmpty ? [] : new JsonNode[] { Match(Payload(ip, "daddr"), Networks(stays), "!=") };
            JsonNode[] from = _plan.ManagesMachine ? [Match(Meta("iifname"), Names([.. _lan, .. _tunnels]))] : [];
            Rule("forward", "the LAN's traffic leaves by the tunnel only", [.. from, .. _outside, Match(Meta("nfproto"), NameOf(family)), .. other, Count(FilterCounters.Clear), Verdict("drop")]);
            if (!stays.IsEmpty)
                Rule("output", "so does the box's when it speaks as one of the LAN", [Match(Meta("mark"), Mark, "!="), .. _outside, Match(Payload(ip, "saddr"), Networks(stays)), .. other, Count(FilterCounters.Clear), Verdict("drop")]);
        }
    }

    /// <summary>The WAN is closed to everything but IKE, ESP, answers, and what a host must hear.</summary>
    private void Wan()
    {
        var fromWan = Match(Meta("iifname"), Names(_wan));
        var toWan = Match(Meta("oifname"), Names(_wan));
        var inside = Match(Meta("iifname"), Names(_lan));

        // Sealed packets need no connection tracking: a look-up saved per packet, and no entry that a flood could exhaust.
        Rule("untracked", "IKE and ESP in UDP", fromWan, Match(Payload("udp", "dport"), Ports(500, 4500)), Verdict("notrack"));
        Rule("untracked", "ESP", fromWan, IsEsp(), Verdict("notrack"));
        Rule("untracked_out", "our own IKE and ESP", IsMarked(), Verdict("notrack"));

        Rule("input", "IKE and ESP in UDP", fromWan, Match(Payload("udp", "dport"), Ports(500, 4500)), Verdict("accept"));
        Rule("input", "ESP", fromWan, IsEsp(), Verdict("accept"));
        Rule("input", "DHCP", fromWan, Match(Payload("udp", "sport"), 67), Match(Payload("udp", "dport"), 68), Verdict("accept"));
        Rule("input", "DHCPv6", fromWan, Match(Payload("ip6", "saddr"), Prefix(IPNetwork.Parse("fe80::/10"))), Match(Payload("udp", "dport"), 546), Verdict("accept"));
        foreach (var chain in new[] { "input", "forward" }) FromOutside(chain, fromWan);
        foreach (var chain in new[] { "input", "forward" })
            Rule(chain, "answers", fromWan, Match(new JsonObject { ["ct"] = new JsonObject { ["key"] = "state" } }, new JsonArray("established", "related"), "in"), Verdict("accept"));
        // Errors about sealed packets cannot be "related", as those are not tracked: they carry the path's MTU.
        Rule("input", "ICMP errors", fromWan, Match(Payload("icmp", "type"), Set("destination-unreachable", "time-exceeded", "parameter-problem")), Limit(100), Verdict("accept"));
        Rule("input", "ping", fromWan, Match(Payload("icmp", "type"), "echo-request"), Limit(10), Verdict("accept"));
        Rule("input", "neighbours and routers", fromWan, Match(Payload("ip6", "hoplimit"), 255),
            Match(Payload("icmpv6", "type"), Set("nd-neighbor-solicit", "nd-neighbor-advert", "nd-router-advert")), Verdict("accept"));
        Rule("input", "ICMPv6 errors", fromWan, Match(Payload("icmpv6", "type"), Set("destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem")), Limit(100), Verdict("accept"));
        Rule("input", "ping6", fromWan, Match(Payload("icmpv6", "type"), "echo-request"), Limit(10), Verdict("accept"));
        Rule("input", "closed", fromWan, Count(FilterCounters.Unasked), Verdict("drop"));
        Rule("forward", "closed", fromWan, Count(FilterCounters.Unasked), Verdict("drop"));
        if (_tunnels.Length > 0) Rule("forward", "tunnels lead into the LAN, not to the internet", Match(Meta("iifname"), Names(_tunnels)), toWan, Count(FilterCounters.Transit), Verdict("drop"));
        if (_lan.Length == 0) return;

        if (_plan.Internet == InternetAccess.Off) Rule("forward", "no internet for the LAN", inside, toWan, Count(FilterCounters.Internet), Verdict("drop"));
        if (_plan.Internet != InternetAccess.Nat) return;
        // A LAN host's own IPsec must not come out of our ports: its answers would be taken for ours.
        Rule("translate", "the LAN's own IPsec clients, away from our ports", inside, toWan, Match(Payload("udp", "sport"), Ports(500, 4500)),
            new JsonObject { ["masquerade"] = new JsonObject { ["port"] = new JsonObject { ["range"] = new JsonArray(10_000, 65_535) } } });
        Rule("translate", "internet for the LAN", inside, toWan, Verdict("masquerade"));
    }

    /// <summary>What should have come sealed and comes in clear is refused (RFC 4301 §5.2), and nobody outside has an address of ours.</summary>
    private void FromOutside(string chain, JsonObject fromWan)
    {
        foreach (var (family, ip) in Families())
        {
            var ours = Prefixes.Widest([.. _plan.Protected.Of(family), .. _stays.Of(family)]);
            if (!ours.IsEmpty) Rule(chain, "protected and own addresses do not come in clear", fromWan, Match(Payload(ip, "saddr"), Networks(ours)), Count(FilterCounters.Spoofed), Verdict("drop"));
        }
    }

    /// <summary>TCP learns the size of a tunnel, and of a WAN that is narrower than the LAN, in its first packet, both ways; only ever lowered.</summary>
    private void SegmentSizes(NetworkFacts facts)
    {
        // Outside many routers never say that a packet was too large for the session: RFC 4459.
        foreach (var wan in _plan.Interfaces.Where(static i => i.Role == InterfaceRole.Wan).Select(i => facts.Find(i.Name)).OfType<InterfaceFacts>().Where(static i => i.Mtu is >= TunnelSize.Least and < EthernetMtu))
            foreach (var (family, _) in Families())
                SegmentSize(wan.Name, family, new TunnelSize(wan.Mtu).Mss(family));

        foreach (var shared in _plan.Tunnels.GroupBy(t => t.Interface))
        {
            var mtu = facts.Find(shared.Key)?.Mtu ?? shared.Min(t => t.Mtu);
            var asked = shared.Min(t => t.MssClamp);
            foreach (var (family, _) in Families())
            {
                var fits = mtu is { } octets ? new TunnelSize(octets).Mss(family) : (int?)null;
                if ((asked is { } a && fits is { } f ? Math.Min(a, f) : asked ?? fits) is not { } mss) continue;
                SegmentSize(shared.Key, family, mss);
            }
        }
    }

    private void SegmentSize(string through, AddressFamily family, int mss)
    {
        foreach (var direction in new[] { "iifname", "oifname" })
        {
            Rule("segments", $"{mss} octets through {through}",
                Match(Meta(direction), through), Match(Meta("nfproto"), NameOf(family)),
                Match(new JsonObject { ["&"] = new JsonArray(Payload("tcp", "flags"), new JsonArray("syn", "rst")) }, "syn"),
                new JsonObject { ["mangle"] = new JsonObject { ["key"] = new JsonObject { ["tcp option"] = new JsonObject { ["name"] = "maxseg", ["field"] = "size" } }, ["value"] = mss } });
        }
    }

    private string CommentOf(int rule) => rule == 0 ? $"{_rules[0].Comment}; document {Hash}" : _rules[rule].Comment;

    private void Rule(string chain, string comment, params JsonNode[] expressions) => _rules.Add((chain, comment, expressions));

    private static JsonObject Command(string verb, string kind, JsonObject what) => new() { [verb] = new JsonObject { [kind] = what } };

    private static IEnumerable<(AddressFamily Family, string Protocol)> Families() => [(AddressFamily.InterNetwork, "ip"), (AddressFamily.InterNetworkV6, "ip6")];

    private static string NameOf(AddressFamily family) => family == AddressFamily.InterNetwork ? "ipv4" : "ipv6";

    private static JsonObject IsMarked() => Match(Meta("mark"), Mark);

    private static JsonObject IsEsp() => Match(Meta("l4proto"), 50);

    private static JsonObject Names(string[] names) => Set([.. names.Select(n => (JsonNode)n)]);

    private static JsonObject Networks(ImmutableArray<IPNetwork> networks) => Set([.. networks.Select(n => (JsonNode)Prefix(n))]);

    private static JsonObject Ports(params int[] ports) => Set([.. ports.Select(p => (JsonNode)p)]);

    private static JsonObject Count(string counter) => new() { ["counter"] = counter };

    private static JsonObject Limit(int perSecond) => new() { ["limit"] = new JsonObject { ["rate"] = perSecond, ["per"] = "second", ["burst"] = 2 * perSecond } };
}

/// <summary>Named counters of the table: what was dropped, and why.</summary>
public static class FilterCounters
{
    /// <summary>Would have left in clear.</summary>
    public const string Clear = "clear";

    /// <summary>Came from the WAN unasked.</summary>
    public const string Unasked = "unasked";

    /// <summary>Came from the WAN with an address of ours or of a protected network.</summary>
    public const string Spoofed = "spoofed";

    /// <summary>Out of a tunnel towards the internet.</summary>
    public const string Transit = "transit";

    /// <summary>From the LAN to the internet where that is off.</summary>
    public const string Internet = "internet";

    public static ImmutableArray<string> All { get; } = [Clear, Unasked, Spoofed, Transit, Internet];
}

/// <summary>Where the table's chains hang: name, type, hook, and priority among others' chains.</summary>
internal sealed record FilterChain(string Name, string Type, string Hook, int Priority)
{
    public static readonly ImmutableArray<FilterChain> All =
    [
        new("guard", "filter", "postrouting", -10), // where forwarded and own packets meet, before translation hides what they were
        new("output", "filter", "output", 0),
        new("forward", "filter", "forward", 0),
        new("input", "filter", "input", 0),
        new("untracked", "filter", "prerouting", -300), // raw: before connection tracking (−200)
        new("untracked_out", "filter", "output", -300),
        new("segments", "filter", "forward", -150), // mangle
        new("translate", "nat", "postrouting", 100), // srcnat
    ];
}
