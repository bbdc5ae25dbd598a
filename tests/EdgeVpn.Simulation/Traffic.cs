using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Simulation;

/// <summary>
/// The reference model of what must hold at every instant: whoever sends finds a pair of ESP SAs to send on, what it sent still opens when it
/// arrives, and no SA outlives its hard lifetime.
/// </summary>
/// <remarks>Probes are not lost: a lost packet says nothing. They travel as long as anything on the link may.</remarks>
internal sealed class Traffic(Pair pair)
{
    private readonly List<(Instant At, Side To, uint Spi, ImmutableArray<byte> Key)> _probes = [];
    private readonly Dictionary<(Side, ChildSaId), Instant> _children = [];
    private readonly Dictionary<(Side, IkeSaId), Instant> _ikeSas = [];
    private readonly HashSet<Side> _begun = [];

    /// <summary>What did not hold, in words.</summary>
    public List<string> Violations { get; } = [];

    public int Arrived { get; private set; }

    public Instant NextArrival => _probes.Aggregate(Instant.Never, static (next, probe) => Instant.Min(next, probe.At));

    public static Traffic On(Pair pair)
    {
        pair.Traffic = new Traffic(pair);
        return pair.Traffic;
    }

    /// <summary>Traffic may stop from here on: someone closed the connection.</summary>
    public void Stop()
    {
        _begun.Clear();
        _probes.Clear();
        pair.Traffic = null;
    }

    /// <summary>Lets due probes arrive; if something happened at either end, sends new ones.</summary>
    public void Look(bool somethingHappened)
    {
        foreach (var side in pair.Sides)
        {
            Deliver(side);
            if (!somethingHappened) continue;
            Age(side);
            if (side.Outbound is { } outbound)
            {
                _begun.Add(side);
                var link = pair.Leaving(side);
                var slowest = link.DelayAll + TimeSpan.FromSeconds(link.Conditions.MaxDelaySeconds);
                _probes.Add((pair.Now, pair.Other(side), outbound.OutboundSpi, outbound.OutboundKey));
                _probes.Add((pair.Now + slowest, pair.Other(side), outbound.OutboundSpi, outbound.OutboundKey));
            }
            else if (_begun.Contains(side))
            {
                Violations.Add($"{pair.Now}: {side.Name} has nothing to send on");
            }
        }
    }

    private void Deliver(Side to)
    {
        foreach (var probe in _probes.Where(p => p.To == to && p.At <= pair.Now).ToList())
        {
            _probes.Remove(probe);
            if (to.Installed.Exists(c => c.InboundSpi == probe.Spi && c.InboundKey.SequenceEqual(probe.Key))) Arrived++;
            else if (_begun.Contains(to)) Violations.Add($"{pair.Now}: {to.Name} cannot open what was sent to {probe.Spi:x8}");
        }
    }

    private void Age(Side side)
    {
        foreach (var child in side.Installed.Where(static c => !c.Removed))
        {
            if (_children.TryAdd((side, child.Id), pair.Now)) continue;
            if (pair.Now - _children[(side, child.Id)] > side.Connection.ChildLifetime)
                Violations.Add($"{pair.Now}: {side.Name} uses {child.Id} beyond its lifetime");
        }

        foreach (var sa in side.Endpoint.Status().Where(static sa => sa.State is "Established" or "Replaced"))
        {
            if (_ikeSas.TryAdd((side, sa.Id), pair.Now)) continue;
            if (pair.Now - _ikeSas[(side, sa.Id)] > side.Connection.IkeLifetime)
                Violations.Add($"{pair.Now}: {side.Name} uses {sa.Id} beyond its lifetime");
        }
    }
}
