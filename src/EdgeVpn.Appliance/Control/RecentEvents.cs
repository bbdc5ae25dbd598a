using System.Collections.Immutable;
using EdgeVpn.Appliance.Local;

namespace EdgeVpn.Appliance.Control;

/// <summary>The newest events, for whoever asks afterwards what happened.</summary>
public sealed class RecentEvents : IDisposable
{
    public const int Kept = 1_000;

    private readonly BoxEvents _events;
    private readonly Lock _lock = new();
    private readonly Queue<BoxEvent> _kept = new(Kept);

    public RecentEvents(BoxEvents events)
    {
        _events = events;
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
        lock (_lock)
        {
            if (_kept.Count == Kept) _kept.Dequeue();
            _kept.Enqueue(happened);
        }
    }
}
