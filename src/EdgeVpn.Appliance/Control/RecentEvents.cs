using System.Collections.Immutable;
using EdgeVpn.Appliance.Local;

namespace EdgeVpn.Appliance.Control;

/// <summary>The newest events, for whoever asks afterwards what happened.</summary>
public sealed class RecentEvents : IDisposable
{
    private readonly BoxEvents _events;
    private readonly int _capacity;
    private readonly Predicate<BoxEvent>? _isWanted;
    private readonly Lock _lock = new();
    private readonly Queue<BoxEvent> _kept = new();

    /// <param name="capacity">How many; the oldest go first.</param>
    /// <param name="isWanted">Which; null: all.</param>
    public RecentEvents(BoxEvents events, int capacity, Predicate<BoxEvent>? isWanted = null)
    {
        (_events, _capacity, _isWanted) = (events, capacity, isWanted);
        events.Happened += Keep;
    }

    /// <summary>Oldest first.</summary>
    public ImmutableArray<BoxEvent> All
    {
        get
        {
            lock (_lock) return [.. _kept];
        }
    }

    public void Dispose() => _events.Happened -= Keep;

    private void Keep(BoxEvent happened)
    {
        if (_isWanted?.Invoke(happened) == false) return;
        lock (_lock)
        {
            if (_kept.Count == _capacity) _kept.Dequeue();
            _kept.Enqueue(happened);
        }
    }
}
