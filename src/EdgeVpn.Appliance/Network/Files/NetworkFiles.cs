using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Network.Files;

/// <summary>What a configuration asks of the machine's own network daemons, as their files. Pure; nobody else's file is read or written.</summary>
/// <remarks>
/// Who does what, each port having one master:
/// <code>
///   static addresses, default routes over them, MTU     this daemon, over netlink: at once, and without any other daemon
///   DHCP, router advertisements, VLAN interfaces        systemd-networkd
///   PPPoE                                               pppd (its default route is ours)
///   LTE                                                 ModemManager connects, systemd-networkd asks for the address
///   DHCP server and name forwarder of the LAN           dnsmasq
/// </code>
/// </remarks>
public static class NetworkFiles
{
    /// <summary>Metric of the first interface's routes that are given by the network; those after count up. Above our own static ones.</summary>
    internal const uint GivenMetric = 1_045;

    /// <param name="configuration">Validated.</param>
    /// <param name="names">What tunnels brought.</param>
    public static ImmutableArray<NetworkFile> Of(BoxConfig configuration, ImmutableArray<TunnelNames> names)
    {
        var effective = EffectiveConfiguration.Of(configuration);
        return
        [
            .. NetworkdFiles.Of(effective.Interfaces).Concat(SessionFiles.Of(effective)).Concat(NameFiles.Of(effective.Interfaces, names)).OrderBy(static file => file.Path, StringComparer.Ordinal),
        ];
    }

    /// <summary>What a helper with more rights needs of a configuration to make the same files, and no more: ports, and the secrets they name.</summary>
    public static BoxConfig Needed(BoxConfig configuration)
    {
        var named = configuration.Interfaces.SelectMany(static i => new[] { i.Pppoe?.Secret, i.Lte?.Secret, i.Lte?.Pin }).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return new BoxConfig
        {
            Interfaces = configuration.Interfaces,
            Secrets = configuration.Secrets.Where(secret => named.Contains(secret.Key)).ToImmutableDictionary(),
            Lab = configuration.Lab,
        };
    }

    /// <summary>Name servers that a person wrote for the WANs.</summary>
    internal static ImmutableArray<IPAddress> WrittenServers(ImmutableArray<InterfaceConfig> interfaces) =>
        [.. interfaces.Where(static i => i.Role == InterfaceRole.Wan).SelectMany(static i => i.Ipv4.Dns.Concat(i.Ipv6.Dns)).Distinct()];
}
