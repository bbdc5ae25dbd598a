using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Which child SA carries a packet of one tunnel. Immutable; swapped whole by the IKE thread.</summary>
/// <remarks>
/// A child in use hides those it replaces and those that it covers whole; what is left is told apart by the most specific selectors, and by age where
/// they are equal (<see cref="SelectorTable"/>). When a child is removed, what it hid comes back: nothing but the list of children in use decides.
/// </remarks>
internal sealed class OutboundRoutes
{
    private readonly Child[] _children;
    private readonly SelectorTable _table;

    private OutboundRoutes(Child[] children, SelectorTable table) => (_children, _table) = (children, table);

    public static OutboundRoutes Empty { get; } = new([], SelectorTable.Empty);

    /// <summary>Those that may be chosen, the newest first.</summary>
    public ReadOnlySpan<Child> Children => _children;

    /// <param name="children">All children of the tunnel, in any order; those not in use are left out.</param>
    public static OutboundRoutes Of(IEnumerable<Child> children)
    {
        var all = children.Where(child => child.CarriesOutbound).OrderByDescending(child => child.UsedSince).ToArray();
        if (all.Length == 0) return Empty;
        var table = TableOf(all);
        var chosen = new List<Child>(all.Length);
        var isChosen = new bool[all.Length];
        var replaced = new HashSet<ChildSaId>();
        for (var i = 0; i < all.Length; i++)
        {
            var child = all[i];
            if (child.Replaces is { } old) replaced.Add(old);
            if (replaced.Contains(child.Id) || IsCovered(i)) continue;
            isChosen[i] = true;
            chosen.Add(child);
        }

        return chosen.Count == all.Length ? new OutboundRoutes(all, table) : new OutboundRoutes([.. chosen], TableOf(chosen));

        // Who covers it holds the first of its addresses too; among a thousand that is one or two.
        bool IsCovered(int slot) => !all[slot].Selectors.Remote.IsEmpty
            && table.SlotsTowards(all[slot].Selectors.Remote[0].Start).Any(newer => newer < slot && isChosen[newer] && Covers(all[newer].Selectors, all[slot].Selectors));
    }

    private static SelectorTable TableOf(IReadOnlyList<Child> children) => new([.. children.Select(child => child.Selectors)]);

    /// <summary>The child for a packet; null if none carries it, and then it must not leave.</summary>
    public Child? Find(in InnerPacket packet)
    {
        var slot = _table.Find(packet);
        return slot == SelectorTable.None ? null : _children[slot];
    }

    internal static bool Covers(EspSelectors wide, EspSelectors narrow) =>
        narrow.Local.All(inside => wide.Local.Any(outside => Covers(outside, inside)))
        && narrow.Remote.All(inside => wide.Remote.Any(outside => Covers(outside, inside)));

    private static bool Covers(TrafficSelector outside, TrafficSelector inside) =>
        outside.IsIPv6 == inside.IsIPv6
        && outside.Start.Value <= inside.Start.Value && inside.End.Value <= outside.End.Value
        && (outside.IpProtocol == 0 || outside.IpProtocol == inside.IpProtocol)
        && (outside is { StartPort: 0, EndPort: ushort.MaxValue }
            || (outside.StartPort <= inside.StartPort && inside.EndPort <= outside.EndPort && inside.StartPort <= inside.EndPort)
            || (outside.StartPort == inside.StartPort && outside.EndPort == inside.EndPort));
}
