using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Composition;

/// <summary>Gives memory back that a burst of work left behind: a box whose tunnels are up allocates and does too little for it to be given back by itself.</summary>
/// <remarks>
/// A thousand handshakes, or the start of the daemon, make the heap grow by several times what stays, and touch code that is not used again for hours. What is held and has grown
/// is given back once. For the heap that is a pause of some milliseconds for each ten megabytes in use, so it waits until the growth is over; for code it is a hundred
/// page faults of microseconds. Neither happens while so much traffic passes that a queue would overflow meanwhile.
/// </remarks>
/// <param name="held">Octets.</param>
/// <param name="giveBack">What is not in use.</param>
/// <param name="packets">How many passed through the tunnels until now.</param>
/// <param name="still">Growth between two looks that is none, octets.</param>
internal sealed class MemoryTrim(Func<long> held, Action giveBack, Func<long> packets, long still = MemoryTrim.Worthwhile / 4)
{
    /// <summary>Growth that is worth a pause, octets.</summary>
    internal const long Worthwhile = 2 * 1024 * 1024;

    /// <summary>Packets between two looks: more than that does not fit into an interface's queue during the longest pause.</summary>
    internal const long Calm = 50_000;

    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);

    private long _after;
    private long _last;
    private long _passed;

    /// <summary>The collector's heap, and the C library's.</summary>
    public static MemoryTrim OfHeap(Func<long> packets) => new(
        static () => GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes,
        static () =>
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            NativeHeap.Trim();
        },
        packets);

    /// <summary>The executable and its libraries.</summary>
    public static MemoryTrim OfCode(Func<long> packets) => new(static () => MappedCode.Resident, MappedCode.LetGo, packets, still: long.MaxValue);

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
        var (before, now, passed) = (_last, held(), -_passed);
        (_last, _passed) = (now, packets());
        if (_passed + passed > Calm) return;
        if (now - _after < Worthwhile || Math.Abs(now - before) > still) return;
        giveBack();
        _last = _after = held();
    }
}
