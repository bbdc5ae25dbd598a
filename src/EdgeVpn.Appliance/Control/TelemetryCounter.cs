using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Control;

/// <summary>Counters per connection that go on over rekeys: what a child SA counted is added up while it lives. One thread at a time.</summary>
public sealed class TelemetryCounter
{
    private readonly Dictionary<ChildSaId, (ulong PacketsIn, ulong OctetsIn, ulong PacketsOut, ulong OctetsOut, ulong Refused, bool IsRekeyCounted)> _seen = [];
    private readonly SortedDictionary<string, Sums> _sums = new(StringComparer.Ordinal);

    /// <summary>The same of a moment of the box.</summary>
    public void Look(BoxFacts facts)
    {
        var traffic = facts.Traffic.Children.ToDictionary(static child => child.Child);
        Look(
            from view in facts.Connections
            from sa in view.IkeSas
            from child in sa.Children
            where traffic.ContainsKey(child.Id)
            select (view.Plan.Name, traffic[child.Id]));
    }

    /// <summary>The counters of every connection of the box, with what the kernel believes of the way to its peer.</summary>
    public IReadOnlyList<ConnectionCounters> Counters(BoxFacts facts)
    {
        var pathOf = facts.Traffic.Children.ToDictionary(static child => child.Child, static child => child.PathMtu);
        var paths = facts.Connections.ToLookup(
            static view => view.Plan.Name, view => view.IkeSas.SelectMany(static sa => sa.Children).Min(child => pathOf.GetValueOrDefault(child.Id)));
        return
        [
            .. Counters(facts.Connections.Select(view => (view.Plan.Name, (IReadOnlyList<ProbeState>)facts.Probes(view.Plan.Config.Name))))
                .Select(counters => counters with { PathMtu = paths[counters.Name].Min() }),
        ];
    }

    /// <summary>Takes in what the data plane counts now. Often: what a child counts between the last look and its end is not seen.</summary>
    /// <param name="children">Every child of a connection, with the connection's name.</param>
    public void Look(IEnumerable<(string Connection, ChildTraffic Traffic)> children)
    {
        var alive = new HashSet<ChildSaId>();
        foreach (var (connection, now) in children)
        {
            alive.Add(now.Child);
            var refused = now.Refused.Values.Aggregate(0UL, static (sum, one) => sum + one);
            _seen.TryGetValue(now.Child, out var before);
            var sums = _sums.TryGetValue(connection, out var known) ? known : _sums[connection] = new Sums();
            sums.PacketsIn += (long)(now.PacketsIn - before.PacketsIn);
            sums.OctetsIn += (long)(now.OctetsIn - before.OctetsIn);
            sums.PacketsOut += (long)(now.PacketsOut - before.PacketsOut);
            sums.OctetsOut += (long)(now.OctetsOut - before.OctetsOut);
            sums.Dropped += (long)(refused - before.Refused);
            if (now.LostOverRekey is { } lost && !before.IsRekeyCounted)
            {
                sums.Rekeys++;
                sums.LostOverRekeys += (long)lost;
            }

            _seen[now.Child] = (now.PacketsIn, now.OctetsIn, now.PacketsOut, now.OctetsOut, refused, now.LostOverRekey is not null);
        }

        foreach (var gone in _seen.Keys.Where(id => !alive.Contains(id)).ToArray()) _seen.Remove(gone);
    }

    /// <summary>The counters of these connections, in their order; zeros where nothing was ever counted.</summary>
    /// <param name="connections">Names, each with its probes.</param>
    public IReadOnlyList<ConnectionCounters> Counters(IEnumerable<(string Name, IReadOnlyList<ProbeState> Probes)> connections) =>
    [
        .. connections.Take(TwinLimits.MaxConnections).Select(connection =>
        {
            var sums = _sums.GetValueOrDefault(connection.Name) ?? new Sums();
            var (sent, answered) = (connection.Probes.Sum(static p => p.Sent), connection.Probes.Sum(static p => p.Answered));
            return new ConnectionCounters(connection.Name, sums.OctetsIn, sums.OctetsOut, sums.PacketsIn, sums.PacketsOut, sums.Dropped)
            {
                Rekeys = sums.Rekeys,
                PacketsLostOverRekeys = sums.LostOverRekeys,
                LossPercent = sent == 0 ? null : Math.Round(100.0 * (sent - answered) / sent, 2),
                RoundTripMilliseconds = connection.Probes.Select(static p => p.RoundTrip).OfType<TimeSpan>().Select(static t => (double?)Math.Round(t.TotalMilliseconds, 3)).Min(),
            };
        }),
    ];

    private sealed class Sums
    {
        public long PacketsIn { get; set; }

        public long OctetsIn { get; set; }

        public long PacketsOut { get; set; }

        public long OctetsOut { get; set; }

        public long Dropped { get; set; }

        public long Rekeys { get; set; }

        public long LostOverRekeys { get; set; }
    }
}
