namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Tells whether a worker may still hold something that was taken out of a snapshot.</summary>
/// <remarks>
/// Odd while the worker is busy with a batch, even while it waits. Something taken out of the snapshots is out of the worker's hands once the worker
/// waits, or is busy with another batch:
/// <code>
///     worker:      Enter (odd), load snapshots, work, Leave (even), block
///     IKE thread:  swap the snapshot, Mark, … later … HasPassed(mark)? dispose
/// </code>
/// Enter is a full fence, and Mark is: either the worker sees the new snapshot, or Mark sees it busy.
/// </remarks>
internal sealed class WorkerEpoch
{
    private long _value;

    /// <summary>Worker: about to load snapshots.</summary>
    public void Enter() => Interlocked.Increment(ref _value);

    /// <summary>Worker: holds nothing any more.</summary>
    public void Leave() => Interlocked.Increment(ref _value);

    /// <summary>IKE thread: after the snapshot was swapped.</summary>
    public long Mark()
    {
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _value);
    }

    /// <summary>Any thread: moves with every batch.</summary>
    public long Value => Volatile.Read(ref _value);

    /// <summary>Whether a worker with this value waits for work, and so may stand still.</summary>
    public static bool IsWaiting(long value) => (value & 1) == 0;

    public bool HasPassed(long mark) => (mark & 1) == 0 || Volatile.Read(ref _value) != mark;
}
