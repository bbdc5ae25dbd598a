using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike.Configuration;

namespace EdgeVpn.Appliance.Network.Files;

/// <summary>Names that a gateway wants to be asked for itself (RFC 8598), while its tunnel stands.</summary>
/// <param name="Connection">Whose.</param>
/// <param name="Servers">Each behind the tunnel, and after an @ the address that asks it: ours inside the tunnel.</param>
/// <param name="Domains">Never empty: who names no domain would be asked for everything, and no tunnel's end would leave the LAN a name.</param>
public sealed record TunnelNames(string Connection, ImmutableArray<string> Servers, ImmutableArray<string> Domains)
{
    private const int MaxDomainLength = 253; // RFC 1035 §2.3.4, as text

    /// <summary>What the tunnels that stand at this moment brought.</summary>
    internal static ImmutableArray<TunnelNames> Of(IEnumerable<ConnectionView> connections) =>
    [
        .. from view in connections
           let assigned = view.IkeSas.Where(static sa => sa.State == "Established").Select(static sa => sa.Assigned).LastOrDefault(static given => given is not null)
           where assigned is { Domains.IsEmpty: false }
           let servers = ServersOf(assigned)
           where !servers.IsEmpty
           select new TunnelNames(view.Plan.Name, servers, assigned.Domains),
    ];

    /// <summary>Lines of dnsmasq's servers-file (dnsmasq(8), <c>--server</c>). Read again here, where root's rights are: what is not an address or a domain is left out.</summary>
    internal IEnumerable<string> Lines()
    {
        var domains = Domains.Where(IsDomain).ToList();
        if (domains.Count == 0) yield break;
        foreach (var server in Servers)
        {
            var parts = server.Split('@');
            if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out var there) || !IPAddress.TryParse(parts[1], out var here)) continue;
            yield return $"server=/{string.Join('/', domains)}/{there}@{here}";
        }
    }

    private static ImmutableArray<string> ServersOf(AssignedConfiguration assigned) =>
    [
        .. from server in assigned.DnsServers
           from own in assigned.Addresses
           where own.IsIPv6 == server.IsIPv6
           select $"{server}@{own}",
    ];

    private static bool IsDomain(string text) => text.Length is > 0 and <= MaxDomainLength
        && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.') && !text.Contains("..", StringComparison.Ordinal) && text[0] != '.';
}
