using System.Collections.Concurrent;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime;

/// <summary>A few threads that do pieces of work in the order in which they came; a bounded number waits.</summary>
/// <remarks>A piece must not throw: what can go wrong is part of its result.</remarks>
public sealed class WorkQueue : IDisposable
{
    private readonly BlockingCollection<Action> _waiting;
    private readonly Thread[] _threads;

    public WorkQueue(string name, int threads, int maxWaiting)
    {
        _waiting = new BlockingCollection<Action>(maxWaiting);
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(Run) { Name = $"{name}-{i}", IsBackground = true })];
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>Pieces that no thread took up yet.</summary>
    public int Waiting => _waiting.Count;

    /// <returns>False if too much waits.</returns>
    public bool TryAdd(Action piece) => !_waiting.IsAddingCompleted && _waiting.TryAdd(piece);

    /// <summary>What waits is dropped; what is being done is finished.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        while (_waiting.TryTake(out _))
        {
        }

        foreach (var thread in _threads) thread.Join();
        _waiting.Dispose();
    }

    private void Run()
    {
        _ = ProcessIdentity.YieldThread(); // to the data plane: a handshake may be late by milliseconds, a packet's queue is full by then
        foreach (var piece in _waiting.GetConsumingEnumerable()) piece();
    }
}
