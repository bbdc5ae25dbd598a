namespace EdgeVpn.Linux;

/// <summary>Monotonic time since boot.</summary>
/// <remarks>
/// CLOCK_BOOTTIME, not CLOCK_MONOTONIC: it also counts while the machine sleeps. A peer's timers do, so a security association that
/// expired during a suspend must be expired for us too. Neither clock ever steps with the date.
/// </remarks>
public static unsafe class MonotonicClock
{
    private const int CLOCK_BOOTTIME = 7;

    /// <summary>Ticks of 100 ns since boot.</summary>
    public static long Ticks
    {
        get
        {
            Libc.TimeSpec now;
            _ = Libc.clock_gettime(CLOCK_BOOTTIME, &now); // fails only for an unknown clock
            return (now.Seconds * TimeSpan.TicksPerSecond) + (now.Nanoseconds / 100);
        }
    }

    public static TimeSpan SinceBoot => new(Ticks);
}
