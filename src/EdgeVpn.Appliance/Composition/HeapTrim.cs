using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Composition;

/// <summary>Gives memory back that a burst of work left with the collector: a box whose tunnels are up allocates too little for it to do so by itself.</summary>
/// <remarks>
/// A thousand handshakes, or the start of the daemon, make the heap grow by several times what stays. When what the heap holds has grown and then stood still for a while,
/// everything is collected and compacted once, and the pages of code and constants that the burst needed are let go. It costs a pause of some milliseconds for each ten megabytes in use, so it happens once after each growth, not by the clock.
/// </remarks>
/// <param name="committed">Octets that the collector holds from the system.</param>
/// <param name="compact">Collects everything and returns what is free.</param>
internal sealed class HeapTrim(Func<long> committed, Action compact)
{
    /// <summary>Growth that is worth a pause, octets.</summary>
    private const long Worthwhile = 2 * 1024 * 1024;

    /// <summary>Between two looks that see the same, octets.</summary>
    private const long Still = Worthwhile / 4;

    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(15);

    private long _after;
    private long _last;

    /// <summary>Of this process.</summary>
    public HeapTrim()
        : this(
            static () => GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes,
            static () =>
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                _ = MappedCode.LetGo(); // after it, as the collector's own code is among what comes back
            })
    {
    }

    public async Task RunAsync(TimeProvider time, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Pace, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false)) Look();
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    /// <summary>One look; compacts if there is something to gain.</summary>
    public void Look()
    {
        var (before, now) = (_last, committed());
        _last = now;
        if (now - _after < Worthwhile || Math.Abs(now - before) > Still) return;
        compact();
        _last = _after = committed();
    }
}
