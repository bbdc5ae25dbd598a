using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>A token bucket: so many bits per second, and bursts of a tenth of a second. Any thread may take; nothing locks or allocates.</summary>
/// <remarks>
/// Kept as one instant, the one at which all that was taken so far is paid for (the generic cell rate algorithm):
/// <code>
///     now ───── burst ─────► latest         a packet passes if what it costs does not push "paid" beyond "latest"
///          paid ──cost──►
/// </code>
/// </remarks>
public sealed class RateLimit
{
    private const long UnitsPerTick = 1_600; // sixteenths of a nanosecond: at 100 Gbit/s an octet costs 1.28 of them
    private const long UnitsPerSecond = UnitsPerTick * TimeSpan.TicksPerSecond;
    private const long LeastBurstOctets = 2 * 65_536; // else not even one super-packet would pass whole

    private long _bitsPerSecond;
    private long _paid;

    /// <summary>Zero: no limit.</summary>
    public long BitsPerSecond
    {
        get => Volatile.Read(ref _bitsPerSecond);
        set => Volatile.Write(ref _bitsPerSecond, value);
    }

    /// <summary>Takes so many octets, or says that there are none left.</summary>
    public bool TryTake(int octets)
    {
        var rate = BitsPerSecond;
        return rate == 0 || TryTake(octets, rate, MonotonicClock.Ticks);
    }

    internal bool TryTake(int octets, long bitsPerSecond, long ticks)
    {
        var now = ticks * UnitsPerTick;
        var latest = now + Math.Max(UnitsPerSecond / 10, Cost(LeastBurstOctets, bitsPerSecond));
        var cost = Cost(octets, bitsPerSecond);
        while (true)
        {
            var seen = Volatile.Read(ref _paid);
            var paid = Math.Max(seen, now) + cost;
            if (paid > latest) return false;
            if (Interlocked.CompareExchange(ref _paid, paid, seen) == seen) return true;
        }
    }

    private static long Cost(long octets, long bitsPerSecond) => (long)((Int128)octets * 8 * UnitsPerSecond / bitsPerSecond);
}

/// <summary>Both directions of one connection; its tunnels and their successors share it.</summary>
public sealed class ConnectionRate
{
    /// <summary>Towards the peer; octets of inner packets.</summary>
    public RateLimit Out { get; } = new();

    /// <summary>From the peer: counted once a packet is known to be the peer's.</summary>
    public RateLimit In { get; } = new();
}
