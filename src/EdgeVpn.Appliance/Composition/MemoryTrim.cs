using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Composition;

/// <summary>Gives memory back that a burst of work left behind: a box whose tunnels are up allocates and does too little for it to be given back by itself.</summary>
/// <remarks>
/// A thousand handshakes, or the start of the daemon, make the heap grow by several times what stays, and touch code that is not used again for hours. When what is held
/// has grown and then stood still for a while, it is given back once. For the heap that is a pause of some milliseconds for each ten megabytes in use, for code a hundred
/// page faults of microseconds: hence once after each growth, not by the clock.
/// </remarks>
/// <param name="held">Octets.</param>
/// <param name="giveBack">What is not in use.</param>
internal sealed class MemoryTrim(Func<long> held, Action giveBack)
{
    /// <summary>Growth that is worth a pause, octets.</summary>
    private const long Worthwhile = 2 * 1024 * 1024;

    /// <summary>Between two looks that see the same, octets.</summary>
    private const long Still = Worthwhile / 4;

    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(15);

    private long _after;
    private long _last;

    /// <summary>The collector's heap, and the C library's.</summary>
    public static MemoryTrim OfHeap() => new(
        static () => GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes,
        static () =>
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            NativeHeap.Trim();
        });

    /// <summary>The executable and its libraries.</summary>
    public static MemoryTrim OfCode() => new(static () => MappedCode.Resident, static () => MappedCode.LetGo());

    /// <summary>Looks at all of them until it is stopped.</summary>
    public static async Task RunAsync(TimeProvider time, CancellationToken stop, params IReadOnlyList<MemoryTrim> trims)
    {
        using var timer = new PeriodicTimer(Pace, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
                foreach (var trim in trims) trim.Look();
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    /// <summary>One look; gives back if there is something to gain.</summary>
    public void Look()
    {
        var (before, now) = (_last, held());
        _last = now;
        if (now - _after < Worthwhile || Math.Abs(now - before) > Still) return;
        giveBack();
        _last = _after = held();
    }
}
