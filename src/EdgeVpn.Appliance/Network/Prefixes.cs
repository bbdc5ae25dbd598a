using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Network;

/// <summary>Sets of prefixes. Two prefixes either are apart or one covers the other.</summary>
internal static class Prefixes
{
    /// <summary>The same addresses in the fewest prefixes that were given: what another one covers is left out; sorted.</summary>
    /// <remarks>An interval set of the packet filter refuses members that overlap.</remarks>
    public static ImmutableArray<IPNetwork> Widest(IEnumerable<IPNetwork> networks)
    {
        var kept = new List<IPNetwork>();
        foreach (var network in Sorted(networks))
            if (kept.Count == 0 || !kept[^1].Covers(network)) kept.Add(network); // sorted: what covers comes right before what it covers
        return [.. kept];
    }

    /// <summary>By family, address, length; without repetition.</summary>
    public static ImmutableArray<IPNetwork> Sorted(IEnumerable<IPNetwork> networks) =>
        [.. networks.Distinct().Order(Comparer<IPNetwork>.Create(Compare))];

    public static ImmutableArray<IPNetwork> Of(this ImmutableArray<IPNetwork> networks, AddressFamily family) =>
        [.. networks.Where(n => n.BaseAddress.AddressFamily == family)];

    private static int Compare(IPNetwork a, IPNetwork b)
    {
        var (x, y) = (a.BaseAddress.GetAddressBytes(), b.BaseAddress.GetAddressBytes());
        if (x.Length != y.Length) return x.Length.CompareTo(y.Length);
        var order = x.AsSpan().SequenceCompareTo(y);
        return order != 0 ? order : a.PrefixLength.CompareTo(b.PrefixLength);
    }
}
