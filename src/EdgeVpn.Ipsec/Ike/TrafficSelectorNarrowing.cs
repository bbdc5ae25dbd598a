using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Narrowing of traffic selectors (RFC 7296 §2.9).</summary>
internal static class TrafficSelectorNarrowing
{
    /// <summary>Everything that both want, without duplicates, in the order of <paramref name="configured"/>; empty is TS_UNACCEPTABLE.</summary>
    public static ImmutableArray<TrafficSelector> Narrow(
        ImmutableArray<TrafficSelector> proposed, ImmutableArray<TrafficSelector> configured)
    {
        var common = ImmutableArray.CreateBuilder<TrafficSelector>();
        foreach (var ours in configured)
        {
            foreach (var theirs in proposed)
            {
                if (common.Count == TsPayload.MaxSelectors) return common.ToImmutable(); // any part of what is common will do
                if (Intersect(ours, theirs) is { } both && !common.Any(c => Contains(c, both))) common.Add(both);
            }
        }

        return common.ToImmutable();
    }

    /// <summary>Whether a responder's answer stays within what we proposed.</summary>
    public static bool IsWithin(ImmutableArray<TrafficSelector> answer, ImmutableArray<TrafficSelector> proposed) =>
        !answer.IsEmpty && answer.All(a => proposed.Any(p => Contains(p, a)));

    private static bool Contains(TrafficSelector outer, TrafficSelector inner) =>
        outer.IsIPv6 == inner.IsIPv6
        && (outer.IpProtocol == 0 || outer.IpProtocol == inner.IpProtocol)
        && outer.Start.Value <= inner.Start.Value && inner.End.Value <= outer.End.Value
        && outer.StartPort <= inner.StartPort && inner.EndPort <= outer.EndPort;

    private static TrafficSelector? Intersect(TrafficSelector a, TrafficSelector b)
    {
        if (a.IsIPv6 != b.IsIPv6) return null;
        if (a.IpProtocol != 0 && b.IpProtocol != 0 && a.IpProtocol != b.IpProtocol) return null;
        var start = UInt128.Max(a.Start.Value, b.Start.Value);
        var end = UInt128.Min(a.End.Value, b.End.Value);
        var startPort = Math.Max(a.StartPort, b.StartPort);
        var endPort = Math.Min(a.EndPort, b.EndPort);
        if (start > end || startPort > endPort) return null;
        return new TrafficSelector(
            Math.Max(a.IpProtocol, b.IpProtocol), startPort, endPort, new IpAddress(start, a.IsIPv6), new IpAddress(end, a.IsIPv6));
    }
}
