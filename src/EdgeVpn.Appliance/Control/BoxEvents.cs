using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using EdgeVpn.Appliance.Local;

namespace EdgeVpn.Appliance.Control;

/// <summary>Events on their way to whoever listens: watchers, the log, the cloud. A slow listener loses events, never holds up the box.</summary>
public sealed class BoxEvents(TimeProvider time)
{
    /// <summary>Events a listener may fall behind.</summary>
    private const int MaxBehind = 1_000;

    private readonly Lock _lock = new();
    private ImmutableArray<Channel<BoxEvent>> _listeners = [];
    private long _sequence;

    /// <summary>Told of every event, on the thread that caused it: must return at once.</summary>
    public event Action<BoxEvent>? Happened;

    /// <param name="kind">A word of <see cref="BoxEventKind"/>.</param>
    /// <param name="connection">Null if it concerns none.</param>
    /// <param name="text">One line for a person.</param>
    /// <param name="data">The same for programs.</param>
    public void Add(string kind, string? connection, string text, params ReadOnlySpan<(string Name, string Value)> data)
    {
        var fields = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in data) fields[name] = value;
        BoxEvent happened;
        lock (_lock)
        {
            happened = new BoxEvent(time.GetUtcNow(), ++_sequence, kind, connection, text, fields.ToImmutable());
            foreach (var listener in _listeners) listener.Writer.TryWrite(happened);
        }

        Happened?.Invoke(happened);
    }

    /// <summary>Everything from this call on, until <paramref name="cancel"/>.</summary>
    public IAsyncEnumerable<BoxEvent> Listen(CancellationToken cancel)
    {
        // Joined here, not at the first read: what happens between the two is not lost.
        var channel = Channel.CreateBounded<BoxEvent>(new BoundedChannelOptions(MaxBehind) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock) _listeners = _listeners.Add(channel);
        return ReadAsync(channel, cancel);
    }

    private async IAsyncEnumerable<BoxEvent> ReadAsync(Channel<BoxEvent> channel, [EnumeratorCancellation] CancellationToken cancel)
    {
        try
        {
            await foreach (var happened in channel.Reader.ReadAllAsync(cancel).ConfigureAwait(false)) yield return happened;
        }
        finally
        {
            lock (_lock) _listeners = _listeners.Remove(channel);
        }
    }
}
