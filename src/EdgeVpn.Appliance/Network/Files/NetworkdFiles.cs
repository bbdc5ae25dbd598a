using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Network.Files;

/// <summary>systemd.network(5) and systemd.netdev(5): one file per port, and one per VLAN.</summary>
internal static class NetworkdFiles
{
    public static IEnumerable<NetworkFile> Of(ImmutableArray<InterfaceConfig> interfaces)
    {
        var tagged = interfaces.Where(static i => i.Vlan is not null).ToLookup(static i => i.Vlan!.Parent, static i => i.Name);
        var carriers = tagged.Select(static g => g.Key).Concat(interfaces.Select(static i => i.Pppoe?.Parent).OfType<string>()).Distinct(StringComparer.Ordinal);
        foreach (var (index, item) in interfaces.Index())
        {
            if (item.Vlan is { } vlan) yield return Netdev(item, vlan);
            yield return new NetworkFile(NetworkPlaces.Network(item.Name), Port(item, [.. tagged[item.Name]], NetworkFiles.GivenMetric + (uint)index));
        }

        // Ports that only carry what stands on them: switched on, and otherwise deaf.
        foreach (var carrier in carriers.Where(name => !interfaces.Any(i => i.Name == name)))
            yield return new NetworkFile(NetworkPlaces.Network(carrier), Carrier(carrier, [.. tagged[carrier]]));
    }

    private static NetworkFile Netdev(InterfaceConfig item, VlanConfig vlan)
    {
        var text = Begin("NetDev", $"Name={item.Name}", "Kind=vlan");
        if (item.Mtu is { } mtu) text.Append(CultureInfo.InvariantCulture, $"MTUBytes={mtu}\n");
        Section(text, "VLAN", $"Id={vlan.Id.ToString(CultureInfo.InvariantCulture)}");
        return new NetworkFile(NetworkPlaces.Netdev(item.Name), text.ToString());
    }

    private static string Port(InterfaceConfig item, ImmutableArray<string> vlans, uint metric)
    {
        var text = Begin("Match", $"Name={item.Name}");
        var (v4, v6) = (item.Ipv4.Method == Ipv4Method.Dhcp && item.Pppoe is null, item.Pppoe is null ? item.Ipv6.Method : Ipv6Method.None);
        var isGiven = v4 || v6 is Ipv6Method.Auto or Ipv6Method.Dhcp;
        if (!isGiven && vlans.IsEmpty)
        {
            Section(text, "Link", "Unmanaged=yes"); // ours, or pppd's
            return text.ToString();
        }

        if (item.Mtu is { } mtu) Section(text, "Link", $"MTUBytes={mtu.ToString(CultureInfo.InvariantCulture)}");
        var isStatic = item.Ipv4.Method == Ipv4Method.Static || v6 == Ipv6Method.Static;
        string[] network =
        [
            $"DHCP={(v4, v6 is Ipv6Method.Dhcp) switch { (true, true) => "yes", (true, false) => "ipv4", (false, true) => "ipv6", _ => "no" }}",
            $"IPv6AcceptRA={YesNo(v6 is Ipv6Method.Auto or Ipv6Method.Dhcp)}",
            $"LinkLocalAddressing={(v6 == Ipv6Method.None ? "no" : "ipv6")}",
            .. isStatic ? ["KeepConfiguration=yes"] : Array.Empty<string>(), // addresses that are ours
            .. vlans.Select(static vlan => $"VLAN={vlan}"),
            .. item.Ipv4.Dns.Concat(item.Ipv6.Dns).Select(static server => $"DNS={server}"),
            "LLDP=no", "LLMNR=no", "MulticastDNS=no",
        ];
        Section(text, "Network", network);
        if (v4) Section(text, "DHCPv4", $"RouteMetric={metric}", $"UseGateway={YesNo(item.Role == InterfaceRole.Wan)}", $"UseDNS={YesNo(item.Ipv4.Dns.IsEmpty)}", "UseHostname=no", "SendHostname=no");
        if (v6 is Ipv6Method.Auto or Ipv6Method.Dhcp) Section(text, "IPv6AcceptRA", $"RouteMetric={metric}", $"UseDNS={YesNo(item.Ipv6.Dns.IsEmpty)}");
        if (v6 == Ipv6Method.Dhcp) Section(text, "DHCPv6", "WithoutRA=solicit", $"UseDNS={YesNo(item.Ipv6.Dns.IsEmpty)}");
        return text.ToString();
    }

    private static string Carrier(string name, ImmutableArray<string> vlans)
    {
        var text = Begin("Match", $"Name={name}");
        Section(text, "Network", (string[])["DHCP=no", "IPv6AcceptRA=no", "LinkLocalAddressing=no", .. vlans.Select(static vlan => $"VLAN={vlan}"), "LLDP=no"]);
        return text.ToString();
    }

    private static StringBuilder Begin(string section, params ReadOnlySpan<string> lines)
    {
        var text = new StringBuilder(NetworkPlaces.Header);
        Section(text, section, lines);
        return text;
    }

    private static void Section(StringBuilder text, string name, params ReadOnlySpan<string> lines)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n[{name}]\n");
        foreach (var line in lines) text.Append(line).Append('\n');
    }

    private static string YesNo(bool yes) => yes ? "yes" : "no";
}
