using System.Collections.Immutable;
using System.Globalization;

namespace EdgeVpn.Appliance.Runtime;

/// <summary>A loop that should advance.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Count">Read at every look; it moves as long as the loop does.</param>
/// <param name="MayRest">True if a loop with this count may stand still: it waits for work. Null: it never does.</param>
public sealed record Pulse(string Name, Func<long> Count, Func<long, bool>? MayRest = null);

/// <summary>Feeds the service manager's watchdog (sd_watchdog_enabled(3)) as long as every loop advances; one that stands still is enough to starve it.</summary>
/// <remarks>
/// A watchdog fed by a timer proves that the timer runs. This one looks at the counters that only the loops themselves move, and runs on the thread
/// pool, so that a pool without a free thread starves it too. systemd then aborts the process and starts it anew; the guard of protected networks
/// is the kernel's and stays.
/// </remarks>
/// <param name="pulses">Asked anew at every look: workers come and go with tunnels.</param>
/// <param name="feed">Tells the service manager that we are well.</param>
/// <param name="starving">Told once, when a loop is first seen standing: which ones.</param>
public sealed class LoopWatch(Func<ImmutableArray<Pulse>> pulses, Action feed, Action<string> starving)
{
    /// <summary>Looks per watchdog period: one may be late, and the next is still in time.</summary>
    private const int LooksPerPeriod = 3;

    private Dictionary<string, long> _last = [];
    private bool _starving;

    /// <summary>The period that the service manager set for this process; null: it watches nothing, or another process.</summary>
    /// <param name="period">WATCHDOG_USEC.</param>
    /// <param name="process">WATCHDOG_PID; null: whoever reads it.</param>
    /// <param name="own">Our process id.</param>
    public static TimeSpan? PeriodOf(string? period, string? process, int own)
    {
        if (process is { Length: > 0 } && process != own.ToString(CultureInfo.InvariantCulture)) return null;
        return long.TryParse(period, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0 ? TimeSpan.FromMicroseconds(microseconds) : null;
    }

    /// <summary>One look: feeds if every loop advanced since the one before, or rests.</summary>
    public void Look()
    {
        var seen = new Dictionary<string, long>();
        var standing = new List<string>();
        foreach (var pulse in pulses())
        {
            var count = pulse.Count();
            seen[pulse.Name] = count;
            if (_last.TryGetValue(pulse.Name, out var before) && before == count && !(pulse.MayRest?.Invoke(count) ?? false)) standing.Add(pulse.Name);
        }

        _last = seen;
        if (standing.Count == 0) feed();
        else if (!_starving) starving(string.Join(", ", standing));
        _starving = standing.Count > 0;
    }

    /// <summary>Looks three times per period until <paramref name="stop"/>.</summary>
    public async Task RunAsync(TimeSpan period, TimeProvider time, CancellationToken stop)
    {
        using var ticks = new PeriodicTimer(period / LooksPerPeriod, time);
        try
        {
            do Look();
            while (await ticks.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}
