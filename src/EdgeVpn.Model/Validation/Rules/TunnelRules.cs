using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>TUN interfaces and their sizes.</summary>
internal static class TunnelRules
{
    private const int LeastMtu = 1280; // IPv6 needs it (RFC 8200 §5)
    private const int LeastMss = 536; // RFC 9293 §3.7.1
    private const int MostMtu = 9216;

    public static void Check(RuleContext context)
    {
        var interfaces = context.Interfaces.Where(i => i.Item.Name.Length > 0).ToLookup(i => i.Item.Name, i => i.Path);
        var shared = new Dictionary<string, (ConnectionConfig Connection, JsonPath Path)>();
        foreach (var (connection, path) in context.Connections)
        {
            var (tunnel, at) = (connection.Tunnel, path["tunnel"]);
            if (tunnel.Mtu.Octets is { } mtu) context.Between(mtu, LeastMtu, MostMtu, at["mtu"]);
            if (tunnel.MssClamp.Octets is { } mss) context.Between(mss, LeastMss, MostMtu, at["mssClamp"]);
            if (tunnel is { Mtu.Octets: { } size, MssClamp.Octets: { } segment } && segment > size - 40)
                context.Warn(ProblemKind.Doubtful, at["mssClamp"], $"Segments of {segment} octets do not fit an MTU of {size}.", $"{size - 40} for IPv4");
            if (!context.IsSound(path["name"]) || !context.IsSound(at["interface"])) continue;

            var name = EffectiveConfiguration.InterfaceOf(connection);
            if (tunnel.Interface is not null) context.InterfaceName(name, at["interface"]);
            if (interfaces.Contains(name))
                context.Error(ProblemKind.Contradiction, at["interface"], $"\"{name}\" is a network interface of the box ({interfaces[name].First()}).");
            if (!shared.TryAdd(name, (connection, path))) Share(context, name, (connection, path), shared[name]);
        }
    }

    /// <summary>Sharing is meant where both name the interface, or both are open to any caller; else two names happen to meet.</summary>
    private static void Share(RuleContext context, string name, (ConnectionConfig Connection, JsonPath Path) mine, (ConnectionConfig Connection, JsonPath Path) first)
    {
        var at = mine.Path["tunnel"];
        var isMeant = name == EffectiveConfiguration.SharedInterface || (mine.Connection.Tunnel.Interface is not null && first.Connection.Tunnel.Interface is not null);
        if (!isMeant && mine.Connection.Name != first.Connection.Name)
            context.Error(ProblemKind.Contradiction, at["interface"], $"\"{name}\" is also the interface of {first.Path}.", "name another one");
        else if (first.Connection.Tunnel.Mtu != mine.Connection.Tunnel.Mtu)
            context.Error(ProblemKind.Contradiction, at["mtu"], $"\"{name}\" is shared with {first.Path}, which gives it another MTU.");
    }
}
