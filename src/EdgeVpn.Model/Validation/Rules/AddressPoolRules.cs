using System.Net;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>Addresses inside the tunnel: asked for by one end, given by the other, never both.</summary>
internal static class AddressPoolRules
{
    private const int MostPrefixes = 8;
    private const int MostServers = 8;
    private const int MostDomains = 64;

    public static void Check(RuleContext context, ConnectionConfig connection, JsonPath path)
    {
        var (local, remote) = (path["local"]["requestAddress"], path["remote"]["addressPool"]);
        var pool = context.Items(connection.Remote.AddressPool, remote).ToList();
        if (connection.Local.RequestAddress)
        {
            if (connection.Mode == ConnectionMode.Responder)
                context.Error(ProblemKind.Contradiction, local, "Only who calls can ask for an address.", "\"mode\": \"initiator\"");
            if (!connection.TrafficSelectors.IsAny)
                context.Error(ProblemKind.Contradiction, local, "The address that the peer gives is this end's selector: pairs cannot be named beside it.", "leave \"trafficSelectors\" out");
            if (connection.Remote.Strategy == EndpointStrategy.All && connection.Remote.Endpoints.Length > 1)
                context.Error(ProblemKind.Contradiction, local, "Several tunnels at once would have an address each, and one interface.", "\"strategy\": \"failover\"");
            if (pool.Count > 0)
                context.Error(ProblemKind.Contradiction, remote, "This end asks for an address and gives some: a connection does one of the two.");
        }

        foreach (var (prefix, at) in pool)
        {
            if (prefix.PrefixLength == 0) context.Error(ProblemKind.BadValue, at, "Everything is no pool of addresses.");
            foreach (var (network, place) in context.Items(connection.Local.Networks, path["local"]["networks"]))
                if (network.Covers(prefix) || prefix.Covers(network))
                    context.Error(ProblemKind.Contradiction, at, $"{prefix} would give away addresses of {network} ({place}).", "a network of its own, used nowhere else");
        }

        if (pool.Count > 0 && connection.Mode == ConnectionMode.Initiator)
            context.Error(ProblemKind.Contradiction, remote, "Only who answers gives addresses.", "\"mode\": \"responder\"");
        context.Between(pool.Count, 0, MostPrefixes, remote);
        var (servers, domains) = (connection.Remote.DnsServers, connection.Remote.DnsDomains);
        context.Between(servers.Length, 0, MostServers, path["remote"]["dnsServers"]);
        context.Between(domains.Length, 0, MostDomains, path["remote"]["dnsDomains"]);
        if (pool.Count == 0 && context.IsSound(remote) && (!servers.IsEmpty || !domains.IsEmpty))
            context.Warn(ProblemKind.Doubtful, path["remote"][servers.IsEmpty ? "dnsDomains" : "dnsServers"], "Nobody is told of them: only callers that are given an address are.", "\"addressPool\"");
        foreach (var (domain, at) in context.Items(domains, path["remote"]["dnsDomains"]))
            if (Uri.CheckHostName(domain) != UriHostNameType.Dns)
                context.Error(ProblemKind.BadValue, at, $"\"{domain}\" is no domain name.", "corp.example");
    }
}
