using System.Net;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;
using InterfaceAddress = EdgeVpn.Model.Configuration.InterfaceAddress;

namespace EdgeVpn.Appliance.Control;

/// <summary>What is wrong with the way out itself, from the cable on: it explains whatever does not work behind it.</summary>
public static class WayOut
{
    /// <summary>Hosts that must be silent before the line is blamed and not the host.</summary>
    private const int SilentHosts = 2;

    /// <summary>What no tunnel can come up over; null: there is a way.</summary>
    /// <param name="answers">Somebody beyond answers: then there is a way, whatever the ports say of their next hops.</param>
    public static (Reason Reason, string? Detail)? Trouble(BoxFacts facts, bool answers)
    {
        var wan = facts.Wan;
        if (!wan.HaveCarrier) return (wan.All.Any() && wan.All.All(static i => i.IsMissing) ? ReasonCode.InterfaceMissing : ReasonCode.NoCarrier, wan.Names);
        if (!wan.HaveAddress) return (wan.All.Any(static i => i.Refused) ? ReasonCode.SessionRefused : ReasonCode.NoAddress, wan.Names);
        if (answers || !wan.All.Any()) return null;
        if (!facts.HasGateway) return (ReasonCode.NoGateway, "no default route");
        if (wan.All.All(static i => i.GatewayAnswers != true) && wan.All.Any(static i => i.GatewayAnswers == false)) return (ReasonCode.NoGateway, $"the next hop by {wan.Names} is silent");
        var silent = Silent(facts).Distinct(StringComparer.Ordinal).ToList();
        return wan.All.Any(static i => i.GatewayAnswers == true) && silent.Count >= SilentHosts && facts.Connections.All(IsSilent)
            ? (ReasonCode.NoInternet, $"the next hop answers, {string.Join(" and ", silent)} do not") : null;
    }

    /// <summary>What tunnels may come up in spite of: a port that is not there, networks that are at two places; null: nothing.</summary>
    public static (Reason Reason, string? Detail)? Flaw(BoxFacts facts)
    {
        // A second WAN may come and go with a modem; what nobody plugs in every day is missed.
        var missing = facts.Interfaces.Where(static i => i is { IsMissing: true, Role: "lan" }).Select(static i => i.Name).ToList();
        if (missing.Count > 0) return (ReasonCode.InterfaceMissing, string.Join(", ", missing));
        foreach (var wan in facts.Wan.All)
        {
            foreach (var received in wan.Addresses.Select(NetworkOf).OfType<IPNetwork>())
            {
                foreach (var (ours, whose, isWideAllowed) in Protected(facts))
                {
                    if (ours.Overlaps(received) && !(isWideAllowed && ours.PrefixLength < received.PrefixLength)) return (ReasonCode.AddressConflict, $"{received} of {wan.Name} overlaps {ours} of {whose}");
                }
            }
        }

        return null;
    }

    private static IEnumerable<string> Silent(BoxFacts facts)
    {
        foreach (var view in facts.Connections.Where(IsSilent))
            foreach (var endpoint in view.Plan.Endpoints) yield return endpoint.Address.ToString();
        if (facts.Cloud is { Connected: false, Reason: { } reason } cloud && (reason.Code == ReasonCode.BrokerUnreachable.Digits || reason.Code == ReasonCode.NameNotResolved.Digits)) yield return cloud.Broker.Host;
    }

    private static bool IsSilent(ConnectionView view) =>
        view.State == ConnectionState.Off || !view.Plan.MayInitiate
        || view.Reason == ReasonCode.PeerSilent || view.Reason == ReasonCode.PeerUnreachable || view.Reason == ReasonCode.PeerGone || view.Reason == ReasonCode.NameNotResolved;

    /// <summary>Networks and whose they are. A tunnel for all of 10.0.0.0/8 may begin behind a modem that is in it: the longer prefix wins, and the rest arrives.</summary>
    private static IEnumerable<(IPNetwork Network, string Whose, bool IsWideAllowed)> Protected(BoxFacts facts) =>
    [
        .. facts.Interfaces.Where(static i => i.Role == "lan").SelectMany(static lan => lan.Addresses.Select(NetworkOf).OfType<IPNetwork>().Select(network => (network, lan.Name, false))),
        .. facts.Configuration.Connections.SelectMany(static c => c.Local.Networks.Where(static n => !IsHost(n)).Select(network => (network, c.Name, false))),
        .. facts.Configuration.Connections.SelectMany(static c => c.Remote.Networks.Where(static n => !IsHost(n)).Select(network => (network, c.Name, true))),
    ];

    /// <summary>Null for a host alone: it can be inside another network without taking anything of it.</summary>
    private static IPNetwork? NetworkOf(string address) =>
        InterfaceAddress.TryParse(address, out var own) && !IsHost(own.Network) && !own.Address.IsIPv6LinkLocal ? own.Network : null;

    private static bool IsHost(IPNetwork network) => network.PrefixLength == network.BaseAddress.GetAddressBytes().Length * 8;
}
