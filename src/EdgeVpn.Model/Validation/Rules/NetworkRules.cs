using System.Net;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>Who owns which address: LANs, protected networks, selectors, probes.</summary>
internal static class NetworkRules
{
    private const int MostNetworks = 1000;

    public static void Check(RuleContext context)
    {
        var lans = Lans(context).ToList();
        var claimed = new Dictionary<IPNetwork, JsonPath>();
        foreach (var (connection, path) in context.Connections)
        {
            var local = context.Items(connection.Local.Networks, path["local"]["networks"]).ToList();
            var remote = context.Items(connection.Remote.Networks, path["remote"]["networks"]).ToList();
            context.Between(local.Count, 0, MostNetworks, path["local"]["networks"]);
            context.Between(remote.Count, 0, MostNetworks, path["remote"]["networks"]);
            foreach (var (network, at) in local.Concat(remote)) Plausible(context, network, at);
            Overlap(context, local, remote, lans);
            Claim(context, remote, claimed);
            AddressPoolRules.Check(context, connection, path);
            Claim(context, [.. context.Items(connection.Remote.AddressPool, path["remote"]["addressPool"])], claimed);
            Selectors(context, connection, path);
            Probes(context, connection, path);
            if (remote.Count == 0 && connection.Remote.Networks.IsEmpty && connection.Bgp is null && connection.Mode != ConnectionMode.Responder)
                context.Warn(ProblemKind.Doubtful, path["remote"]["networks"], "No network lies behind the peer: nothing will be routed into the tunnel.");
        }
    }

    private static IEnumerable<(IPNetwork Network, JsonPath Path)> Lans(RuleContext context)
    {
        foreach (var (item, path) in context.Interfaces)
        {
            if (item.Role != InterfaceRole.Lan) continue;
            if (item.Ipv4.Address is { } v4 && context.IsSound(path["ipv4"]["address"])) yield return (v4.Network, path["ipv4"]["address"]);
            if (item.Ipv6.Address is { } v6 && context.IsSound(path["ipv6"]["address"])) yield return (v6.Network, path["ipv6"]["address"]);
        }
    }

    private static void Plausible(RuleContext context, IPNetwork network, JsonPath path)
    {
        if (network.PrefixLength == 0) return;
        var octets = network.BaseAddress.GetAddressBytes();
        var reserved = network.IsIpv4() ? octets[0] is 127 or 0 or >= 224 : IPAddress.IsLoopback(network.BaseAddress) || octets[0] == 0xff || network.BaseAddress.IsIPv6LinkLocal;
        if (reserved) context.Error(ProblemKind.BadValue, path, $"The network {network} is loopback, link-local, multicast or reserved: it cannot be routed.");
    }

    private static void Overlap(
        RuleContext context, List<(IPNetwork Item, JsonPath Path)> local, List<(IPNetwork Item, JsonPath Path)> remote, List<(IPNetwork Network, JsonPath Path)> lans)
    {
        foreach (var (network, at) in remote)
        {
            foreach (var (own, place) in local)
            {
                if (own.Covers(network)) context.Error(ProblemKind.Contradiction, at, $"{network} is at both ends: {place} has {own}.");
                else if (network.PrefixLength > 0 && network.Covers(own)) context.Warn(ProblemKind.Doubtful, at, $"{network} includes {own} at this end ({place}), which stays here.");
            }

            foreach (var (lan, place) in lans)
            {
                if (lan.Covers(network)) context.Error(ProblemKind.Contradiction, at, $"{network} would be taken away from the LAN {lan} ({place}).");
                else if (network.PrefixLength > 0 && network.Covers(lan) && !local.Any(l => network.Covers(l.Item)))
                    context.Warn(ProblemKind.Doubtful, at, $"{network} includes the LAN {lan} ({place}), which stays here.");
            }
        }
    }

    /// <summary>A network leads to one connection; longer prefixes inside it may lead elsewhere.</summary>
    private static void Claim(RuleContext context, List<(IPNetwork Item, JsonPath Path)> remote, Dictionary<IPNetwork, JsonPath> claimed)
    {
        foreach (var (network, at) in remote)
            if (!claimed.TryAdd(network, at))
                context.Error(ProblemKind.Contradiction, at, $"{network} already leads elsewhere: {claimed[network]}.");
    }

    private static void Selectors(RuleContext context, ConnectionConfig connection, JsonPath path)
    {
        var at = path["trafficSelectors"];
        var pairs = context.Items(connection.TrafficSelectors.Pairs, at).ToList();
        const int most = 255; // the number of selectors is one octet (RFC 7296 §3.13)
        context.Between(pairs.Count, 0, most, at);
        foreach (var (pair, place) in pairs)
        {
            if (pair.Local.IsIpv4() != pair.Remote.IsIpv4() && context.IsSound(place["local"]) && context.IsSound(place["remote"]))
                context.Error(ProblemKind.Contradiction, place, $"{pair.Local} and {pair.Remote} are of different families.");
            if (pair.Protocol is { } protocol) context.Between(protocol, 1, 255, place["protocol"]);
        }

        if (connection.TrafficSelectors.IsAny || pairs.Any(p => !context.IsSound(p.Path["remote"]))) return;
        foreach (var (network, place) in context.Items(connection.Remote.Networks, path["remote"]["networks"]))
            if (!pairs.Any(p => p.Item.Remote.Overlaps(network)))
                context.Warn(ProblemKind.Doubtful, place, $"No traffic selector covers {network}: its packets will be dropped.");
    }

    private static void Probes(RuleContext context, ConnectionConfig connection, JsonPath path)
    {
        foreach (var (probe, at) in context.Items(connection.Probes, path["probes"]))
        {
            if (probe.Kind == ProbeKind.Tcp && probe.Port is null) context.Error(ProblemKind.MissingField, at["port"], "A tcp probe needs a port.");
            if (probe.Kind == ProbeKind.Icmp && probe.Port is not null) context.Warn(ProblemKind.Doubtful, at["port"], "An icmp probe has no port.", "\"kind\": \"tcp\"");
            if (probe.Port is { } port) context.Between(port, 1, 65_535, at["port"]);
            context.Between(probe.Interval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), at["interval"]);
            var networks = connection.Remote.Networks;
            if (!networks.IsEmpty && context.Items(networks, path["remote"]["networks"]).Count() == networks.Length && !networks.Any(n => n.Contains(probe.Address)))
                context.Warn(ProblemKind.Doubtful, at["address"], $"{probe.Address} is not behind the peer: the probe would not go through the tunnel.");
        }
    }
}
