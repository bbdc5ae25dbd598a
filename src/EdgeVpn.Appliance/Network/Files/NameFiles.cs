using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Network.Files;

/// <summary>Addresses and names for the LAN's hosts (dnsmasq(8)), and name servers for the box itself (resolved.conf(5)).</summary>
internal static class NameFiles
{
    /// <summary>Whether there is a resolver of ours that names of tunnels can be handed to.</summary>
    public static bool Serves(ImmutableArray<InterfaceConfig> interfaces) => interfaces.Any(IsServed);

    public static IEnumerable<NetworkFile> Of(ImmutableArray<InterfaceConfig> interfaces, ImmutableArray<TunnelNames> names)
    {
        var written = NetworkFiles.WrittenServers(interfaces);
        if (!written.IsEmpty) yield return new NetworkFile(NetworkPlaces.Resolved, $"{NetworkPlaces.Header}\n[Resolve]\nDNS={string.Join(' ', written)}\n");
        var served = interfaces.Where(IsServed).ToList();
        if (served.Count == 0) yield break;
        yield return new NetworkFile(NetworkPlaces.Dnsmasq, Dnsmasq(served, written));
        yield return new NetworkFile(NetworkPlaces.DnsmasqServers, NetworkPlaces.Header + string.Concat(names.SelectMany(static n => n.Lines()).Select(static line => line + "\n")));
    }

    private static bool IsServed(InterfaceConfig item) => item is { Role: InterfaceRole.Lan, Ipv4.DhcpServer: true, Ipv4.Address: not null };

    private static string Dnsmasq(List<InterfaceConfig> served, ImmutableArray<IPAddress> written)
    {
        var text = new StringBuilder(NetworkPlaces.Header);
        text.Append("bind-dynamic\nexcept-interface=lo\nno-hosts\ndomain-needed\nbogus-priv\ncache-size=1000\n");
        var servers = served.SelectMany(static i => i.Ipv4.Dns.Concat(i.Ipv6.Dns)).Distinct().DefaultIfEmpty().OfType<IPAddress>().ToList();
        if (servers.Count == 0) servers.AddRange(written);
        if (servers.Count > 0) text.Append("no-resolv\n");
        else text.Append("resolv-file=/run/systemd/resolve/resolv.conf\n"); // what the WAN's network names
        foreach (var server in servers) text.Append(CultureInfo.InvariantCulture, $"server={server}\n");
        text.Append(CultureInfo.InvariantCulture, $"servers-file=/{NetworkPlaces.DnsmasqServers}\n"); // these come and go with tunnels
        // In memory: what is lent costs no flash; authoritative, so that a host that comes back after our reboot keeps its address.
        text.Append(CultureInfo.InvariantCulture, $"dhcp-leasefile=/{NetworkPlaces.Leases}\ndhcp-authoritative\n");
        foreach (var item in served)
        {
            var own = item.Ipv4.Address!.Value;
            var (first, last) = item.Ipv4.DhcpRange is { } range ? (range.First, range.Last) : Hosts(own);
            var lease = (long)(item.Ipv4.DhcpRange?.Lease ?? new DhcpRangeConfig { First = first, Last = last }.Lease).TotalSeconds;
            text.Append(CultureInfo.InvariantCulture, $"\ninterface={item.Name}\n");
            text.Append(CultureInfo.InvariantCulture, $"dhcp-range=set:{item.Name},{first},{last},{Mask(own.PrefixLength)},{lease}\n");
            text.Append(CultureInfo.InvariantCulture, $"dhcp-option=tag:{item.Name},option:router,{own.Address}\n");
            text.Append(CultureInfo.InvariantCulture, $"dhcp-option=tag:{item.Name},option:dns-server,{own.Address}\n");
        }

        return text.ToString();
    }

    /// <summary>First and last host of a network; dnsmasq leaves out what is its own.</summary>
    private static (IPAddress First, IPAddress Last) Hosts(InterfaceAddress own)
    {
        var network = Number(own.Network.BaseAddress);
        var size = 1ul << (32 - own.PrefixLength);
        return size <= 2 ? (own.Address, own.Address) : (Address(network + 1), Address((uint)(network + size - 2)));
    }

    private static IPAddress Mask(int prefix) => Address(prefix == 0 ? 0 : uint.MaxValue << (32 - prefix));

    private static uint Number(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()) : throw new ArgumentException("IPv4 is wanted.", nameof(address));

    private static IPAddress Address(uint number) => new(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(number));
}
