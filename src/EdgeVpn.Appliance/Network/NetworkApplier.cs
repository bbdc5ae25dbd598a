using System.Collections.Immutable;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;
using static EdgeVpn.Appliance.Network.NetworkNumbers;

namespace EdgeVpn.Appliance.Network;

/// <summary>What an application changed, one line each, and what it could not do yet. Empty lines: the kernel already held it all.</summary>
/// <param name="Done">Such as <c>+ Unicast 10.20.0.0/16 table 4556 dev evpn-hub</c>.</param>
/// <param name="Missing">Configured interfaces that are not there; applied when they appear and <see cref="NetworkApplier.Refresh"/> is called.</param>
/// <param name="Refused">What the kernel did not do, and why: everything else was done, and this is tried again with the next <see cref="NetworkApplier.Refresh"/>.</param>
public sealed record NetworkChanges(ImmutableArray<string> Done, ImmutableArray<string> Missing, ImmutableArray<string> Refused);

/// <summary>Brings the kernel to what a plan asks for, by difference: what already stands is not touched, what is not ours is not touched.</summary>
/// <remarks>
/// Acts on the network namespace of the thread that made it and calls it (parameters under /proc/sys go by the calling thread).
/// Safe for use from several threads, one application at a time. Needs CAP_NET_ADMIN.
/// The guard is written first, so what was protected stays so; a refusal of any part of it throws <see cref="LinuxException"/>. Everything else is a
/// port's business (a size that it does not take, IPv6 that is off there, an adapter that is just pulled out): a refusal is told, and stops nothing else.
/// </remarks>
public sealed partial class NetworkApplier : IDisposable
{
    private readonly Lock _gate = new();
    private readonly RouteNetlink _netlink;
    private readonly Nftables _filter;
    private readonly List<string> _done = [];
    private readonly List<string> _refused = [];
    private NetworkPlan _plan = NetworkPlan.Nothing;
    private bool _guardsOnly = true;
    private string? _preferred;

    /// <exception cref="LinuxException">No netlink, or libnftables is not installed.</exception>
    public NetworkApplier()
    {
        _filter = new Nftables();
        _netlink = RouteNetlink.Open();
    }

    /// <summary>The plan last given.</summary>
    public NetworkPlan Plan => Volatile.Read(ref _plan);

    /// <summary>Configured interfaces that were not there at the last application.</summary>
    public IReadOnlyList<string> Missing { get; private set; } = [];

    /// <summary>Puts up what protects: packet filter, rules, unreachable routes. No address, no route over an interface, no parameter.</summary>
    /// <remarks>For boot, before the daemon. Beside a running daemon it takes nothing away: tunnels' routes stay.</remarks>
    public NetworkChanges Guard(NetworkPlan plan) => Locked(() =>
    {
        (_plan, _guardsOnly) = (plan, true);
        Perform();
    });

    /// <summary>Brings everything to the plan: additions first, what is no longer asked for last.</summary>
    public NetworkChanges Apply(NetworkPlan plan) => Locked(() =>
    {
        (_plan, _guardsOnly) = (plan, false);
        Perform();
    });

    /// <summary>A TUN now exists, or has another MTU: switched on, routes over it, segment size.</summary>
    public NetworkChanges TunnelReady(string interfaceName) => Locked(() =>
    {
        if (_netlink.Links.TryGet(interfaceName, out var link) && !link.IsUp)
        {
            if (HasIPv6) Set($"net/ipv6/conf/{interfaceName}/addr_gen_mode", "1"); // none: no link-local address, so no solicitations into the tunnel
            Try($"+ {interfaceName} up", () => _netlink.Links.SetUp(link.Index));
        }

        Perform();
    });

    /// <summary>All traffic leaves by this WAN from now on; null: by the one whose default route has the best metric.</summary>
    public NetworkChanges Prefer(string? wan) => Locked(() =>
    {
        _preferred = wan;
        Perform();
    });

    /// <summary>Takes one connection's routes away and lifts its protection; the others' are not touched.</summary>
    public NetworkChanges RemoveConnection(string connection) => Locked(() =>
    {
        _plan = _plan.Without(connection);
        Perform();
    });

    /// <summary>The machine changed (a link, an address, a default route): the same plan against the new facts.</summary>
    public NetworkChanges Refresh() => Locked(Perform);

    /// <summary>Takes everything of ours away, protection too: a laboratory's end, or the product's removal. Parameters and links stay as they are.</summary>
    public NetworkChanges Clear() => Locked(() =>
    {
        (_plan, _guardsOnly) = (NetworkPlan.Nothing, false);
        Perform();
    });

    /// <summary>The machine's network as it is now.</summary>
    public NetworkFacts Facts()
    {
        lock (_gate) return NetworkFacts.Read(_netlink, _plan);
    }

    /// <summary>Packets dropped since the table was made, by <see cref="FilterCounters"/>.</summary>
    public ImmutableDictionary<string, long> Drops()
    {
        lock (_gate) return FilterState.Read(_filter)?.Counters ?? ImmutableDictionary<string, long>.Empty;
    }

    public void Dispose()
    {
        _netlink.Dispose();
        _filter.Dispose();
    }

    private NetworkChanges Locked(Action action)
    {
        lock (_gate)
        {
            _done.Clear();
            _refused.Clear();
            action();
            return new NetworkChanges([.. _done], [.. Missing], [.. _refused.Distinct()]);
        }
    }

    /// <summary>For what guards nothing: done, or refused and told.</summary>
    /// <param name="what">One line, as in <see cref="NetworkChanges.Done"/>.</param>
    private bool Try(string what, Action change)
    {
        try
        {
            change();
            _done.Add(what);
            return true;
        }
        catch (LinuxException refused)
        {
            _refused.Add($"{what}: {refused.Message}");
            return false;
        }
    }

    /// <summary>Guard first, then what it guards.</summary>
    private void Perform()
    {
        var target = Resolve();
        ApplyFilter(target.Filter);
        AddRules(target.Rules);
        ApplyRoutes([.. target.Routes.Where(r => r.InterfaceIndex is null)], removes: false);
        if (!_guardsOnly)
        {
            ApplyLinks();
            ApplyAddresses(target.Addresses);
            ApplyParameters();
            target = Resolve(); // addresses and links as they are now
            ApplyFilter(target.Filter);
            AddRules(target.Rules);
            ApplyRoutes(target.Routes, removes: true);
            RemoveRules(target.Rules);
        }

        Missing = target.Missing;
    }

    private NetworkTarget Resolve()
    {
        var target = NetworkTarget.Of(_plan, NetworkFacts.Read(_netlink, _plan), _preferred);
        return target with
        {
            Rules = [.. target.Rules.Where(r => Families.Contains(r.Family))],
            Routes = [.. target.Routes.Where(r => Families.Contains(r.Destination.BaseAddress.AddressFamily))],
            Addresses = [.. target.Addresses.Where(a => Families.Contains(a.Address.Address.AddressFamily))],
        };
    }

    private void ApplyFilter(FilterDocument? document)
    {
        var inForce = FilterState.Read(_filter);
        if (document is null)
        {
            if (inForce is null) return;
            _filter.Apply(NftCommands.Remove(NftFamily, NftTable));
            _done.Add("- packet filter");
            return;
        }

        if (inForce is not null && inForce.Outline.SequenceEqual(document.Outline.OrderBy(r => r.Chain, StringComparer.Ordinal))) return;
        _filter.Apply(document.ToCommands());
        _done.Add($"+ packet filter, document {document.Hash}");
    }

    private void AddRules(ImmutableArray<Rule> wanted)
    {
        foreach (var rule in wanted.Except(OwnRules()))
        {
            _netlink.Rules.Add(rule);
            _done.Add($"+ rule {Describe(rule)}");
        }
    }

    private void RemoveRules(ImmutableArray<Rule> wanted)
    {
        foreach (var rule in OwnRules().Except(wanted).ToList())
        {
            _netlink.Rules.Delete(rule);
            _done.Add($"- rule {Describe(rule)}");
        }
    }

    private IEnumerable<Rule> OwnRules() => Families.SelectMany(f => _netlink.Rules.List(f))
        .Where(r => r.Priority is >= MarkPriority and <= DefaultPriority && (r.Table is TunnelTable or DefaultTable || r.Mark == Mark));

    private static string Describe(Rule rule) =>
        $"{rule.Priority} {rule.Family}{(rule.Mark is { } mark ? $" fwmark 0x{mark:x}" : "")}{(rule.IsInverted ? " not" : "")}"
        + $"{(rule.InputInterface is { } input ? $" iif {input}" : "")}{(rule.Source is { } source ? $" from {source}" : "")} table {rule.Table}";
}
