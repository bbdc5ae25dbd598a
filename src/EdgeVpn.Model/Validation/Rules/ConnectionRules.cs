using System.Net;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>Connections: names, endpoints, identities, and whether a caller can be told from another.</summary>
internal static class ConnectionRules
{
    private const int MostConnections = 1000; // what one process is measured with
    private const int MostEndpoints = 8;
    private const int LongestIdentity = 255;

    public static void Check(RuleContext context)
    {
        var connections = context.Connections.ToList();
        if (connections.Count > MostConnections)
            context.Error(ProblemKind.TooMuch, JsonPath.Root["connections"], $"{connections.Count} connections are more than {MostConnections}.");
        context.Unique(connections.Select(c => (c.Item.Name, c.Path["name"])), "connection name");
        foreach (var (connection, path) in connections)
        {
            context.SimpleName(connection.Name, 32, path["name"]);
            Identity(context, connection.Local.Identity, path["local"]["identity"]);
            Endpoints(context, connection, path["remote"]);
            context.Between(connection.Dpd.Timeout, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(3600), path["dpd"]["timeout"]);
            Rates(context, connection.RateLimit, path["rateLimit"]);
        }

        TellApart(context, connections);
    }

    private static void Endpoints(RuleContext context, ConnectionConfig connection, JsonPath path)
    {
        var endpoints = connection.Remote.Endpoints;
        var at = path["endpoints"];
        if (endpoints.IsEmpty) context.Error(ProblemKind.MissingField, at, "A connection needs an endpoint.", "on a responder whose peers have no fixed address: [{ \"address\": \"%any\" }]");
        context.Between(endpoints.Length, 0, MostEndpoints, at);
        foreach (var (endpoint, place) in context.Items(endpoints, at)) Identity(context, endpoint.Identity, place["identity"]);

        var written = context.Items(endpoints, at).Where(e => context.IsSound(e.Path["address"])).ToList();
        context.Unique(written.Select(e => (e.Item.Address.ToString(), e.Path["address"])), "endpoint");
        foreach (var (endpoint, place) in written)
        {
            Address(context, endpoint.Address, place["address"]);
            if (!endpoint.Address.IsAny) continue;
            if (connection.Mode == ConnectionMode.Initiator)
                context.Error(ProblemKind.Contradiction, place["address"], "An initiator must know whom to call.", "\"mode\": \"responder\"");
            if (endpoints.Length > 1)
                context.Error(ProblemKind.Contradiction, place["address"], "\"%any\" includes the other endpoints.", "make it a connection of its own");
        }
    }

    private static void Address(RuleContext context, PeerAddress address, JsonPath path)
    {
        if (address.Address is not { } ip) return;
        if (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            context.Error(ProblemKind.BadValue, path, $"{ip} is nobody's address.", "did you mean \"%any\"?");
        else if (ip.IsIPv6Multicast || (ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && ip.GetAddressBytes()[0] >= 224))
            context.Error(ProblemKind.BadValue, path, $"{ip} is not a host's address.");
    }

    private static void Identity(RuleContext context, string? identity, JsonPath path)
    {
        if (identity is null) return;
        if (identity.Length is 0 or > LongestIdentity || identity.Any(char.IsControl) || identity.Trim() != identity)
            context.Error(ProblemKind.BadValue, path, $"An identity has 1 to {LongestIdentity} characters and no space at its ends.");
        else if (identity.StartsWith("@#", StringComparison.Ordinal)
            && (identity.Length % 2 != 0 || identity.Length == 2 || !identity.AsSpan(2).ToString().All(char.IsAsciiHexDigit)))
            context.Error(ProblemKind.BadValue, path, "After \"@#\" come octets in hexadecimal, two digits each.");
        else if (identity is "%any" or "any" or "*")
            context.Error(ProblemKind.BadValue, path, $"\"{identity}\" is not an identity.", "leave the field out to accept any");
    }

    private static void Rates(RuleContext context, RateLimitConfig? rates, JsonPath path)
    {
        if (rates is null) return;
        if (rates.InMbps is { } inward) context.Between(inward, 1, 100_000, path["inMbps"]);
        if (rates.OutMbps is { } outward) context.Between(outward, 1, 100_000, path["outMbps"]);
    }

    /// <summary>Two connections that answer the same callers must differ in an identity, or nobody can say whose caller it is.</summary>
    private static void TellApart(RuleContext context, List<(ConnectionConfig Item, JsonPath Path)> connections)
    {
        var first = new Dictionary<(string Address, string? Theirs, string? Ours), JsonPath>();
        foreach (var (connection, path) in connections)
        {
            foreach (var (endpoint, place) in context.Items(connection.Remote.Endpoints, path["remote"]["endpoints"]))
            {
                if (!context.IsSound(place["address"]) || !context.IsSound(place["identity"]) || !context.IsSound(path["local"])) continue;
                var key = (endpoint.Address.ToString(), endpoint.Identity, connection.Local.Identity);
                if (first.TryAdd(key, path) || first[key] == path) continue;
                context.Error(
                    ProblemKind.Contradiction,
                    place,
                    endpoint.Address.IsAny
                        ? $"A caller of this connection cannot be told from one of {first[key]}: both take any address and the same identities."
                        : $"{endpoint.Address} with the same identities is already an endpoint of {first[key]}.",
                    "give different \"identity\" values");
            }
        }
    }
}
