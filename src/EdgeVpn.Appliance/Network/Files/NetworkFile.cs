namespace EdgeVpn.Appliance.Network.Files;

/// <summary>One file of another daemon's that is made from our configuration, below a root (<c>/</c> on a box).</summary>
/// <param name="Path">Without the leading slash: <c>run/systemd/network/10-edgevpn-wan0.network</c>.</param>
/// <param name="Text">Whole.</param>
/// <param name="IsSecret">Holds a password: mode 0600, and never shown.</param>
public sealed record NetworkFile(string Path, string Text, bool IsSecret = false)
{
    /// <summary>What the text shows to eyes.</summary>
    public string Shown => IsSecret ? "# holds a password: not shown\n" : Text;
}

/// <summary>The only places that files of ours are in. All below /run: made anew at every start, gone after a power cut, and nobody else's names.</summary>
public static class NetworkPlaces
{
    /// <summary>systemd.network(5): the lowest numbers win.</summary>
    public const string Networkd = "run/systemd/network", NetworkdPrefix = "10-edgevpn-";

    public const string Resolved = "run/systemd/resolved.conf.d/edgevpn.conf";

    public const string Dnsmasq = Own + "/dnsmasq.conf", Leases = Own + "/dnsmasq.leases";

    /// <summary>Who is asked for which names, as tunnels come and go: dnsmasq reads it again on SIGHUP.</summary>
    public const string DnsmasqServers = Own + "/dnsmasq.servers";

    public const string Pppoe = Own + "/pppoe", Lte = Own + "/lte";

    /// <summary>How the last try of each PPPoE session ended (<see cref="SessionNote"/>).</summary>
    public const string Sessions = Own + "/sessions";

    internal const string Own = "run/edgevpn-network";

    internal const string Header = "# Made by edgevpn from its configuration: change that, not this.\n";

    internal static string Network(string name) => $"{Networkd}/{NetworkdPrefix}{name}.network";

    internal static string Netdev(string name) => $"{Networkd}/{NetworkdPrefix}{name}.netdev";
}
