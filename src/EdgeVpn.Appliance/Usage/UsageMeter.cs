using System.Globalization;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Usage;

namespace EdgeVpn.Appliance.Usage;

/// <summary>Adds up what tunnels carry, by month and class. Counters of SAs begin at zero with each SA: only what they grew by is added. Any thread.</summary>
/// <remarks>Sampled every few seconds and before a child SA leaves, so a rekey loses nothing; a power cut loses what was not written down yet.</remarks>
public sealed class UsageMeter
{
    /// <summary>A pause longer than this (a suspended machine) is not time in which packets passed.</summary>
    private static readonly TimeSpan s_longestGap = TimeSpan.FromMinutes(2);

    /// <summary>A clock before this was never set: a box without a battery wakes in 1970.</summary>
    private static readonly DateTimeOffset s_plausible = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What a gateway's limits are held against: shorter peaks pass its queues.</summary>
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private const int MaxRows = 2_000;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly SortedDictionary<string, Dictionary<(string Tunnel, TrafficClass Class), TunnelUsage>> _months = new(StringComparer.Ordinal);
    private readonly Dictionary<ChildSaId, (string Connection, string Tunnel, TrafficClass Class)> _owners = [];
    private readonly Dictionary<ChildSaId, Counts> _counted = [];
    private readonly Dictionary<(string Tunnel, TrafficClass Class), Counts> _minute = [];
    private DateTimeOffset _since;
    private long _sampled;
    private long _minuteBegan;

    /// <param name="kept">What was written down before the restart.</param>
    public UsageMeter(TimeProvider time, UsageDocument? kept = null)
    {
        _time = time;
        _sampled = _minuteBegan = time.GetTimestamp();
        _since = kept?.Since ?? time.GetUtcNow();
        foreach (var month in kept?.Months ?? [])
            foreach (var row in month.Tunnels) RowsOf(month.Name)[(row.Tunnel, row.Class)] = row;
    }

    /// <summary>Something was added since the last <see cref="Keep"/>.</summary>
    public bool IsDirty { get; private set; }

    public void Sample(IReadOnlyList<ConnectionView> views, DataPlaneStatus traffic)
    {
        lock (_lock)
        {
            var elapsed = _time.GetElapsedTime(_sampled);
            _sampled = _time.GetTimestamp();
            var now = _time.GetUtcNow();
            var rows = RowsOf(now < s_plausible ? UsageMonth.UnknownName : now.ToString("yyyy-MM", CultureInfo.InvariantCulture));
            foreach (var view in views)
            {
                var owner = (view.Plan.Config.Name, view.Plan.Name, view.Plan.Config.TrafficClass);
                foreach (var child in view.IkeSas.SelectMany(sa => sa.Children)) _owners[child.Id] = owner;
                if (view.State == ConnectionState.Up && elapsed > TimeSpan.Zero && elapsed <= s_longestGap) Add(rows, owner, elapsed.TotalSeconds, 0, 0);
            }

            foreach (var child in traffic.Children) Count(rows, child);
            EndMinute(rows);
            var there = traffic.Children.Select(c => c.Child).ToHashSet();
            foreach (var gone in _counted.Keys.Where(id => !there.Contains(id)).ToList())
            {
                _counted.Remove(gone);
                _owners.Remove(gone);
            }
        }
    }

    /// <summary>Everything up to the last sample.</summary>
    public UsageDocument Snapshot()
    {
        lock (_lock) return new UsageDocument(_since, [.. _months.Where(m => m.Value.Count > 0).Select(m => new UsageMonth(m.Key, [.. m.Value.Values]))]);
    }

    /// <summary>The same, for the disk.</summary>
    public UsageDocument Keep()
    {
        lock (_lock)
        {
            IsDirty = false;
            return Snapshot();
        }
    }

    /// <summary>Begins anew.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _months.Clear();
            _since = _time.GetUtcNow();
            IsDirty = false;
        }
    }

    private void Count(Dictionary<(string, TrafficClass), TunnelUsage> rows, ChildTraffic child)
    {
        if (!_owners.TryGetValue(child.Child, out var owner)) return; // told of with the next sample, and counted from zero then
        var before = _counted.GetValueOrDefault(child.Child);
        var now = _counted[child.Child] = new Counts(child.OctetsIn, child.OctetsOut, child.PacketsIn, child.PacketsOut);
        if (now.OctetsIn <= before.OctetsIn && now.OctetsOut <= before.OctetsOut) return;
        var grown = now.Less(before);
        Add(rows, owner, 0, (long)grown.OctetsIn, (long)grown.OctetsOut);
        _minute[(owner.Tunnel, owner.Class)] = _minute.GetValueOrDefault((owner.Tunnel, owner.Class)).Plus(grown);
    }

    /// <summary>After a minute: what each tunnel carried in it, if that is more than in any before.</summary>
    private void EndMinute(Dictionary<(string Tunnel, TrafficClass Class), TunnelUsage> rows)
    {
        var lasted = _time.GetElapsedTime(_minuteBegan);
        if (lasted < s_minute) return;
        _minuteBegan = _time.GetTimestamp();
        foreach (var (tunnel, carried) in _minute)
        {
            if (lasted > s_longestGap || !rows.TryGetValue(tunnel, out var row)) continue;
            var octets = (long)(Math.Max(carried.OctetsIn, carried.OctetsOut) / lasted.TotalSeconds);
            var packets = (long)(Math.Max(carried.PacketsIn, carried.PacketsOut) / lasted.TotalSeconds);
            rows[tunnel] = row with { PeakOctets = Math.Max(row.PeakOctets, octets), PeakPackets = Math.Max(row.PeakPackets, packets) };
        }

        _minute.Clear();
    }

    private void Add(
        Dictionary<(string Tunnel, TrafficClass Class), TunnelUsage> rows, (string Connection, string Tunnel, TrafficClass Class) owner, double seconds, long octetsIn, long octetsOut)
    {
        var key = (owner.Tunnel, owner.Class);
        if (!rows.TryGetValue(key, out var row))
        {
            if (rows.Count >= MaxRows) return;
            row = new TunnelUsage(owner.Connection, owner.Tunnel, owner.Class, 0, 0, 0);
        }

        rows[key] = row with { Seconds = row.Seconds + seconds, OctetsIn = row.OctetsIn + octetsIn, OctetsOut = row.OctetsOut + octetsOut };
        IsDirty = true;
    }

    private Dictionary<(string Tunnel, TrafficClass Class), TunnelUsage> RowsOf(string month)
    {
        if (_months.TryGetValue(month, out var rows)) return rows;
        _months[month] = rows = [];
        while (_months.Count > UsageDocument.MaxMonths) _months.Remove(_months.Keys.First());
        return rows;
    }

    private readonly record struct Counts(ulong OctetsIn, ulong OctetsOut, ulong PacketsIn, ulong PacketsOut)
    {
        public Counts Plus(Counts more) => new(OctetsIn + more.OctetsIn, OctetsOut + more.OctetsOut, PacketsIn + more.PacketsIn, PacketsOut + more.PacketsOut);

        public Counts Less(Counts before) => new(OctetsIn - before.OctetsIn, OctetsOut - before.OctetsOut, PacketsIn - before.PacketsIn, PacketsOut - before.PacketsOut);
    }
}
