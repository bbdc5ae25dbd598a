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
        var links = context.Interfaces.Where(i => i.Item.Name.Length > 0).ToLookup(i => i.Item.Name, i => i.Path);
        var shared = new Dictionary<string, (TunnelConfig Tunnel, JsonPath Path)>();
        foreach (var (connection, path) in context.Connections)
        {
            var (tunnel, at) = (connection.Tunnel, path["tunnel"]);
            if (tunnel.Mtu.Octets is { } mtu) context.Between(mtu, LeastMtu, MostMtu, at["mtu"]);
            if (tunnel.MssClamp.Octets is { } mss) context.Between(mss, LeastMss, MostMtu, at["mssClamp"]);
            if (tunnel is { Mtu.Octets: { } size, MssClamp.Octets: { } segment } && segment > size - 40)
                context.Warn(ProblemKind.Doubtful, at["mssClamp"], $"Segments of {segment} octets do not fit an MTU of {size}.", $"{size - 40} for IPv4");
            if (tunnel.Interface is not { } name) continue;

            context.InterfaceName(name, at["interface"]);
            if (links.Contains(name))
                context.Error(ProblemKind.Contradiction, at["interface"], $"\"{name}\" is a network interface of the box ({links[name].First()}).");
            if (shared.TryAdd(name, (tunnel, path))) continue;
            if (shared[name].Tunnel.Mtu != tunnel.Mtu)
                context.Error(ProblemKind.Contradiction, at["mtu"], $"\"{name}\" is shared with {shared[name].Path}, which gives it another MTU.");
        }
    }
}
