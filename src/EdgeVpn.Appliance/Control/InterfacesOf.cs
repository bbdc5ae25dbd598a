using System.Collections.Immutable;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Appliance.Network.Files;
using EdgeVpn.Linux;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Control;

/// <summary>What the configuration and the kernel say of the box's interfaces, together.</summary>
public static class InterfacesOf
{
    private const int EthernetMtu = 1_500;

    /// <summary>Every interface there is but loopback, then those that are configured and missing.</summary>
    /// <param name="leads">As <see cref="WanWatch.Leads"/>.</param>
    /// <param name="refused">As <see cref="SessionNote.SaysRefused"/>, by the session's name.</param>
    public static ImmutableArray<InterfaceStatus> Statuses(BoxConfig configuration, NetworkFacts facts, Func<string, bool?> leads, Func<string, bool> refused)
    {
        var tunnels = ConnectionPlan.Of(configuration).Select(static plan => plan.Interface).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. facts.Interfaces.Where(static i => i.Name != "lo").Select(i =>
            {
                var written = Written(i.Name);
                return new InterfaceStatus
                {
                    Name = i.Name, Role = RoleOf(written) ?? (tunnels.Contains(i.Name) ? "tunnel" : null), State = i.State.ToString().ToLowerInvariant(),
                    Addresses = [.. i.Addresses.Select(static a => a.ToString())], Mtu = i.Mtu, GatewayAnswers = i.GatewayAnswers, Leads = leads(i.Name),
                    Carrier = written?.Pppoe is null ? i.HasCarrier : PortOf(written) is { HasCarrier: true }, Refused = i.Addresses.IsEmpty && IsRefused(written),
                };
            }),
            .. configuration.Interfaces.Where(c => facts.Find(c.Name) is null).Select(c => new InterfaceStatus
            {
                // What stands on a port is not missing while the port is there: it is not made yet, or not again.
                Name = c.Name, Role = RoleOf(c), State = PortOf(c) is null ? InterfaceStatus.Missing : "down", Carrier = PortOf(c) is { HasCarrier: true }, Refused = IsRefused(c),
            }),
        ];

        InterfaceConfig? Written(string name) => configuration.Interfaces.FirstOrDefault(c => c.Name == name);
        static string? RoleOf(InterfaceConfig? written) => written?.Role.ToString().ToLowerInvariant();
        bool IsRefused(InterfaceConfig? written) => written?.Pppoe is not null && refused(written.Name);

        // A session comes and goes with every try, and a VLAN may not be made yet: the cable is the port's.
        InterfaceFacts? PortOf(InterfaceConfig written)
        {
            for (var (parent, left) = (ParentOf(written), configuration.Interfaces.Length); parent is not null && left >= 0; left--)
            {
                if (facts.Find(parent) is { } port) return port;
                parent = Written(parent) is { } below ? ParentOf(below) : null;
            }

            return null;
        }
    }

    /// <summary>The same with what port and driver say: asked only when somebody wants to read it.</summary>
    public static ImmutableArray<InterfaceStatus> Measured(ImmutableArray<InterfaceStatus> statuses, NetworkFacts facts) =>
    [
        .. statuses.Select(one =>
        {
            if (facts.Find(one.Name) is not { } seen) return one;
            var (link, counted) = (LinkFacts.Read(one.Name), seen.Counters);
            return one with
            {
                Driver = link.Driver, SpeedMegabits = one.Carrier ? link.SpeedMegabits : null, FullDuplex = one.Carrier ? link.IsFullDuplex : null, Offloads = Ethtool.Offloads(one.Name),
                Counters = new InterfaceCounters(
                    counted.ReceivedPackets, counted.SentPackets, counted.ReceivedOctets, counted.SentOctets, counted.ReceiveErrors, counted.SendErrors, counted.ReceiveDrops, counted.SendDrops),
            };
        }),
    ];

    /// <summary>The largest packet that every way out carries, in octets, as far as this end knows.</summary>
    /// <remarks>A PPPoE session that does not stand yet, or is being made and has Ethernet's size for a moment, counts with the size it will have.</remarks>
    public static int OuterMtu(BoxConfig configuration, NetworkFacts facts)
    {
        return configuration.Interfaces.Where(static i => i.Role == InterfaceRole.Wan).Select(Size).Concat(facts.DefaultInterfaces.Select(static i => i.Mtu)).DefaultIfEmpty(EthernetMtu).Min();

        int Size(InterfaceConfig wan)
        {
            var link = facts.Find(wan.Name)?.Mtu;
            if (wan.Pppoe is null) return link ?? wan.Mtu ?? EthernetMtu;
            var session = wan.Mtu ?? SessionFiles.PppoeMtu;
            return Math.Min(link ?? session, session);
        }
    }

    private static string? ParentOf(InterfaceConfig item) => item.Pppoe?.Parent ?? item.Vlan?.Parent;
}
