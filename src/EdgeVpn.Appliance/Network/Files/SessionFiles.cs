using System.Globalization;
using System.Text;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Network.Files;

/// <summary>Sessions with an access provider: options of pppd(8), and what ModemManager is asked for.</summary>
/// <remarks>Providers' passwords hold what they like: every word is quoted as its reader unquotes it. Validation keeps out what cannot be: control characters, and for a modem both kinds of quotation marks in one word.</remarks>
internal static class SessionFiles
{
    /// <summary>Octets that a session carries: Ethernet's 1500 less six of PPPoE and two of PPP (RFC 2516 §7).</summary>
    internal const int PppoeMtu = 1_492;

    /// <summary>Of the package; pppd runs it, as root, when a session of ours has its address.</summary>
    private const string WhenUp = "/usr/lib/edgevpn/session-up";

    public static IEnumerable<NetworkFile> Of(BoxConfig configuration)
    {
        foreach (var item in configuration.Interfaces)
        {
            if (item.Pppoe is { } pppoe) yield return new NetworkFile($"{NetworkPlaces.Pppoe}/{item.Name}", Peer(item, pppoe, Password(configuration, pppoe.Secret)), IsSecret: true);
            if (item.Lte is { } lte) yield return new NetworkFile($"{NetworkPlaces.Lte}/{item.Name}", Bearer(item, lte, configuration), IsSecret: true);
        }
    }

    private static string Peer(InterfaceConfig item, PppoeConfig pppoe, string? password)
    {
        var mtu = (item.Mtu ?? PppoeMtu).ToString(CultureInfo.InvariantCulture);
        var text = new StringBuilder(NetworkPlaces.Header);
        text.Append("plugin pppoe.so\n");
        if (pppoe.Service is { } service) text.Append(CultureInfo.InvariantCulture, $"rp_pppoe_service {Quoted(service)}\n");
        text.Append(CultureInfo.InvariantCulture, $"nic-{pppoe.Parent}\n");
        text.Append(CultureInfo.InvariantCulture, $"ifname {item.Name}\n");
        text.Append(CultureInfo.InvariantCulture, $"user {Quoted(pppoe.User)}\n");
        if (password is not null) text.Append(CultureInfo.InvariantCulture, $"password {Quoted(password)}\n");
        text.Append("hide-password\nnoauth\nnoipdefault\nnodefaultroute\n"); // the default route is ours: it takes part in the choice between WANs
        if (item.Ipv4.Dns.IsEmpty && item.Ipv6.Dns.IsEmpty) text.Append("usepeerdns\n");
        text.Append(item.Ipv6.Method is Ipv6Method.Auto or Ipv6Method.Dhcp ? "+ipv6\n" : "noipv6\n");
        text.Append(CultureInfo.InvariantCulture, $"mtu {mtu}\nmru {mtu}\n");
        // It ends with its session, and systemd starts it anew: a pppd that persists does not say why a session failed.
        text.Append(CultureInfo.InvariantCulture, $"lcp-echo-interval 10\nlcp-echo-failure 3\nip-up-script {WhenUp}\nnodetach\n");
        return text.ToString();
    }

    /// <summary>One line, as <c>mmcli --simple-connect</c> takes it.</summary>
    private static string Bearer(InterfaceConfig item, LteConfig lte, BoxConfig configuration)
    {
        var both = item.Ipv6.Method is Ipv6Method.Auto or Ipv6Method.Dhcp;
        List<string> words = [$"apn={lte.Apn}", $"ip-type={(both ? "ipv4v6" : "ipv4")}"];
        if (lte.User is { } user) words.Add($"user={Enclosed(user)}");
        if (lte.Secret is { } secret && Password(configuration, secret) is { } password) words.Add($"password={Enclosed(password)}");
        if (lte.Pin is { } pin && Password(configuration, pin) is { } digits) words.Add($"pin={digits}");
        return string.Join(',', words) + "\n";
    }

    /// <summary>A word of an options file (pppd(8)): a backslash quotes what follows it, in quotation marks too.</summary>
    private static string Quoted(string word) => $"\"{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>A value as mmcli(1) reads it: one without quotation marks ends at a space or a comma; within, nothing is special but the mark that ends it.</summary>
    private static string Enclosed(string value) => value.Contains('"', StringComparison.Ordinal) ? $"'{value}'" : $"\"{value}\"";

    private static string? Password(BoxConfig configuration, string name) => configuration.Secrets.GetValueOrDefault(name)?.Password?.Reveal();
}
