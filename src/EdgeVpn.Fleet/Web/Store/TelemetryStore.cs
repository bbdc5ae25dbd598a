using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web.Store;

/// <summary>One connection over one stretch of time.</summary>
/// <param name="At">Where the stretch begins.</param>
/// <param name="Seconds">For how long there are counters.</param>
/// <param name="OctetsIn">Received in it.</param>
/// <param name="OctetsOut">Sent in it.</param>
/// <param name="LossPercent">Mean of what was measured; null if nothing was.</param>
/// <param name="RoundTripMilliseconds">Mean; null if nothing was measured.</param>
/// <param name="RoundTripMost">The longest of it.</param>
public sealed record TelemetryPoint(DateTimeOffset At, double Seconds, long OctetsIn, long OctetsOut, long Dropped, double? LossPercent, double? RoundTripMilliseconds, double? RoundTripMost)
{
    public double BitsPerSecondIn => Seconds > 0 ? OctetsIn * 8 / Seconds : 0;

    public double BitsPerSecondOut => Seconds > 0 ? OctetsOut * 8 / Seconds : 0;
}

/// <summary>Counters over time: minutes for a week, hours for a year.</summary>
public sealed class TelemetryStore(Sqlite database)
{
    public static readonly TimeSpan MinutesFor = TimeSpan.FromDays(7);
    public static readonly TimeSpan HoursFor = TimeSpan.FromDays(366);

    /// <summary>A box that was away tells what it measured then; a clock further off than this is not believed.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    private static readonly string[] s_tables = ["minute", "hour"];

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Device, string Connection), (ConnectionCounters Counters, double Uptime)> _last = [];

    /// <summary>Takes what one box measured; what it grew by since its last word is what counts.</summary>
    public void Take(string device, TelemetryDocument said, DateTimeOffset now)
    {
        var at = said.At > now + Ahead || said.At < now - MinutesFor ? now : said.At;
        lock (_lock)
        {
            database.Together(() =>
            {
                foreach (var counters in said.Connections.Take(TwinLimits.MaxConnections)) Take(device, counters with { Name = TwinLimits.Text(counters.Name) }, said.UptimeSeconds, at);
            });
        }
    }

    /// <summary>Points of one connection, oldest first; in minutes as long as those are kept.</summary>
    public IReadOnlyList<TelemetryPoint> Read(string device, string connection, DateTimeOffset from, DateTimeOffset to, bool hours) => database.Read(
        $"""
        SELECT at, seconds, octets_in, octets_out, dropped, loss_sum, loss_count, rtt_sum, rtt_count, rtt_most FROM {(hours ? "hour" : "minute")}
        WHERE device = $device AND connection = $connection AND at >= $from AND at < $to ORDER BY at
        """,
        static row => new TelemetryPoint(
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(0)), row.GetDouble(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4),
            row.GetInt64(6) > 0 ? row.GetDouble(5) / row.GetInt64(6) : null, row.GetInt64(8) > 0 ? row.GetDouble(7) / row.GetInt64(8) : null, row.GetInt64(8) > 0 ? row.GetDouble(9) : null),
        ("$device", device), ("$connection", connection), ("$from", from.ToUnixTimeMilliseconds()), ("$to", to.ToUnixTimeMilliseconds()));

    /// <summary>Connections that there are counters of, in order.</summary>
    public IReadOnlyList<string> Connections(string device, DateTimeOffset from) => database.Read(
        "SELECT DISTINCT connection FROM hour WHERE device = $device AND at >= $from ORDER BY connection LIMIT 64", static row => row.GetString(0), ("$device", device), ("$from", from.ToUnixTimeMilliseconds() - 3_600_000));

    public void Forget(DateTimeOffset now)
    {
        database.Run("DELETE FROM minute WHERE at < $old", ("$old", (now - MinutesFor).ToUnixTimeMilliseconds()));
        database.Run("DELETE FROM hour WHERE at < $old", ("$old", (now - HoursFor).ToUnixTimeMilliseconds()));
    }

    private void Take(string device, ConnectionCounters now, double uptime, DateTimeOffset at)
    {
        var key = (device, now.Name);
        var known = _last.TryGetValue(key, out var last);
        _last[key] = (now, uptime);
        if (!known || !double.IsFinite(uptime)) return; // what it counted before anybody looked is nobody's minute
        // Counters begin anew with the daemon.
        var anew = uptime < last.Uptime || now.OctetsIn < last.Counters.OctetsIn || now.OctetsOut < last.Counters.OctetsOut;
        var before = anew ? new ConnectionCounters(now.Name, 0, 0, 0, 0, 0) : last.Counters;
        var seconds = Math.Clamp(anew ? uptime : uptime - last.Uptime, 0, 3_600);
        if (seconds == 0) return;
        var loss = now.LossPercent is { } l && l is >= 0 and <= 100 ? l : (double?)null;
        var roundTrip = now.RoundTripMilliseconds is { } r && r is >= 0 and < 1e6 ? r : (double?)null;
        foreach (var table in s_tables)
        {
            var length = table == "minute" ? 60_000L : 3_600_000L;
            database.Run(
                $"""
                INSERT INTO {table} (device, connection, at, seconds, octets_in, octets_out, packets_in, packets_out, dropped, loss_sum, loss_count, rtt_sum, rtt_count, rtt_most, mtu)
                VALUES ($device, $connection, $at, $seconds, $in, $out, $pin, $pout, $dropped, $loss, $losses, $rtt, $rtts, $rtt, $mtu)
                ON CONFLICT DO UPDATE SET seconds = seconds + $seconds, octets_in = octets_in + $in, octets_out = octets_out + $out, packets_in = packets_in + $pin,
                    packets_out = packets_out + $pout, dropped = dropped + $dropped, loss_sum = loss_sum + $loss, loss_count = loss_count + $losses, rtt_sum = rtt_sum + $rtt,
                    rtt_count = rtt_count + $rtts, rtt_most = max(rtt_most, $rtt), mtu = coalesce($mtu, mtu)
                """,
                ("$device", device), ("$connection", now.Name), ("$at", at.ToUnixTimeMilliseconds() / length * length), ("$seconds", seconds), ("$in", Grown(now.OctetsIn, before.OctetsIn)),
                ("$out", Grown(now.OctetsOut, before.OctetsOut)), ("$pin", Grown(now.PacketsIn, before.PacketsIn)), ("$pout", Grown(now.PacketsOut, before.PacketsOut)),
                ("$dropped", Grown(now.PacketsDropped, before.PacketsDropped)), ("$loss", loss ?? 0.0), ("$losses", loss is null ? 0 : 1), ("$rtt", roundTrip ?? 0.0), ("$rtts", roundTrip is null ? 0 : 1), ("$mtu", now.PathMtu));
        }
    }

    private static long Grown(long now, long before) => Math.Clamp(now - before, 0, 1L << 50);
}
