namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Child SAs out of every snapshot, whose keys are erased once no worker can hold them any more. IKE thread only.</summary>
internal sealed class Retirement : IDisposable
{
    private readonly List<(Child Child, (WorkerEpoch Epoch, long Mark)[] Workers)> _waiting = [];

    /// <param name="child">Taken out of every snapshot before.</param>
    /// <param name="workers">All that may hold it.</param>
    public void Add(Child child, IEnumerable<WorkerEpoch> workers) =>
        _waiting.Add((child, [.. workers.Select(epoch => (epoch, epoch.Mark()))]));

    /// <summary>Erases what has waited long enough.</summary>
    public void Collect() => _waiting.RemoveAll(entry =>
    {
        if (!entry.Workers.All(worker => worker.Epoch.HasPassed(worker.Mark))) return false;
        entry.Child.Dispose();
        return true;
    });

    /// <summary>Erases all: the workers have ended.</summary>
    public void Dispose()
    {
        foreach (var (child, _) in _waiting) child.Dispose();
        _waiting.Clear();
    }
}
