using System.Collections.Immutable;
using System.Threading.Channels;

namespace EdgeVpn.Appliance.Control;

/// <summary>Something that happened, as a line for a person and as fields for a program.</summary>
/// <param name="Time">Wall clock, UTC: for logs only.</param>
/// <param name="Sequence">Grows by one; a gap means that the listener was too slow.</param>
/// <param name="Kind">Stable word: <c>ike.message</c>, <c>ike.up</c>, <c>child.up</c>, <c>connection</c>, <c>cloud</c> …</param>
/// <param name="Connection">Which connection; empty where none is concerned.</param>
public sealed record BoxEvent(
    DateTimeOffset Time, long Sequence, string Kind, string Connection, string Text, ImmutableDictionary<string, string> Data);

/// <summary>Events on their way to whoever listens: watchers, the log, the cloud. A slow listener loses events, never holds up the box.</summary>
public sealed class BoxEvents(TimeProvider time)
{
    /// <summary>Events a listener may fall behind.</summary>
    private const int MaxBehind = 1_000;

    /// <summary>Recent events kept for a support bundle and for late watchers.</summary>
    private const int MaxKept = 500;

    private readonly Lock _lock = new();
    private readonly Queue<BoxEvent> _kept = new();
    private readonly List<Channel<BoxEvent>> _listeners = [];
    private long _sequence;

    /// <summary>Tells everybody. Any thread.</summary>
    public void Add(string kind, string connection, string text, params ReadOnlySpan<(string Name, string Value)> data)
    {
        var fields = ImmutableDictionary<string, string>.Empty;
        foreach (var (name, value) in data) fields = fields.SetItem(name, value);
        lock (_lock)
        {
            var happened = new BoxEvent(time.GetUtcNow(), ++_sequence, kind, connection, text, fields);
            if (_kept.Count == MaxKept) _kept.Dequeue();
            _kept.Enqueue(happened);
            foreach (var listener in _listeners) listener.Writer.TryWrite(happened);
        }
    }

    public ImmutableArray<BoxEvent> Recent()
    {
        lock (_lock) return [.. _kept];
    }

    /// <summary>Everything from now on, until <paramref name="cancel"/>.</summary>
    public async IAsyncEnumerable<BoxEvent> Listen([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var channel = Channel.CreateBounded<BoxEvent>(new BoundedChannelOptions(MaxBehind) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock) _listeners.Add(channel);
        try
        {
            await foreach (var happened in channel.Reader.ReadAllAsync(cancel).ConfigureAwait(false)) yield return happened;
        }
        finally
        {
            lock (_lock) _listeners.Remove(channel);
        }
    }
}
