using System.Globalization;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Configuration;

/// <summary>The configuration with everything filled in that the box decides by itself: what <c>config show</c> prints.</summary>
public static class EffectiveConfiguration
{
    /// <summary>The TUN interface that connections with <c>%any</c> endpoints share: a gateway has one, however many branches call.</summary>
    public const string SharedInterface = "evpn-shared";

    private const string Prefix = "evpn-";
    private const int LongestInterface = 15; // IFNAMSIZ - 1

    /// <summary>Fills methods of addressing, default proposals and TUN names. Filling twice changes nothing.</summary>
    public static BoxConfig Of(BoxConfig config) => config with
    {
        Interfaces = [.. config.Interfaces.Select(Of)],
        Connections = [.. config.Connections.Select(Of)],
    };

    /// <summary>The name of a connection's TUN interface: what was written, else a stable one made from the connection's name.</summary>
    public static string InterfaceOf(ConnectionConfig connection)
    {
        if (connection.Tunnel.Interface is { } written) return written;
        if (connection.Remote.Endpoints.Any(e => e.Address.IsAny)) return SharedInterface;
        var name = connection.Name;
        if (Prefix.Length + name.Length <= LongestInterface) return Prefix + name;
        // The beginning for people, a hash for difference; neither depends on the other connections.
        var hash = Fnv1a(name).ToString("x4", CultureInfo.InvariantCulture);
        return $"{Prefix}{name[..(LongestInterface - Prefix.Length - hash.Length - 1)]}-{hash}";
    }

    private static InterfaceConfig Of(InterfaceConfig item) => item with
    {
        Ipv4 = item.Ipv4 with { Method = item.Ipv4.EffectiveMethod },
        Ipv6 = item.Ipv6 with { Method = item.Ipv6.EffectiveMethod },
    };

    private static ConnectionConfig Of(ConnectionConfig connection) => connection with
    {
        Ike = connection.Ike.Proposals.IsEmpty ? connection.Ike with { Proposals = DefaultProposals.Ike } : connection.Ike,
        Esp = connection.Esp.Proposals.IsEmpty ? connection.Esp with { Proposals = DefaultProposals.EspOffer } : connection.Esp,
        Tunnel = connection.Tunnel with { Interface = InterfaceOf(connection) },
    };

    /// <summary>FNV-1a, folded to 16 bits.</summary>
    private static ushort Fnv1a(string text)
    {
        var hash = 2_166_136_261u;
        foreach (var c in text) hash = (hash ^ c) * 16_777_619u;
        return (ushort)(hash ^ (hash >> 16));
    }
}
