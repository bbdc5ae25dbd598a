using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace EdgeVpn.Appliance.Local;

/// <summary>Hands events to everyone who watches. Publishing never waits; who does not keep up loses the stream, not the daemon its memory.</summary>
/// <param name="clock">Stamps the events.</param>
/// <param name="capacity">Events held for one watcher; the next one ends its stream.</param>
public sealed class EventHub(TimeProvider clock, int capacity = 1024)
{
    private readonly Lock _gate = new();
    private ImmutableArray<Channel<BoxEvent>> _watchers = [];
    private long _sequence;

    /// <summary>How many watch now: nobody, and the text need not be made.</summary>
    public int Watchers => _watchers.Length;

    /// <summary>Watchers that lost their stream because they were too slow.</summary>
    public long Dropped { get; private set; }

    /// <param name="kind">A word of <see cref="BoxEventKind"/>.</param>
    /// <param name="connection">Null if it concerns none.</param>
    /// <param name="text">One line for a person.</param>
    /// <param name="data">The same for programs.</param>
    public void Publish(string kind, string? connection, string text, ImmutableSortedDictionary<string, string>? data = null)
    {
        lock (_gate) // the order of sequence numbers is the order in every queue
        {
            var happened = new BoxEvent(clock.GetUtcNow(), ++_sequence, kind, connection, text, data);
            foreach (var watcher in _watchers)
            {
                if (watcher.Writer.TryWrite(happened)) continue;
                watcher.Writer.TryComplete();
                _watchers = _watchers.Remove(watcher);
                Dropped++;
            }
        }
    }

    /// <summary>Events from this call on, until cancelled, or until this watcher is <c>capacity</c> events behind.</summary>
    public IAsyncEnumerable<BoxEvent> Watch(CancellationToken cancel)
    {
        // Joined here, not at the first read: what happens between the two is not lost.
        var watcher = Channel.CreateBounded<BoxEvent>(new BoundedChannelOptions(capacity) { SingleReader = true });
        lock (_gate) _watchers = _watchers.Add(watcher);
        return ReadAsync(watcher, cancel);
    }

    private async IAsyncEnumerable<BoxEvent> ReadAsync(Channel<BoxEvent> watcher, [EnumeratorCancellation] CancellationToken cancel)
    {
        try
        {
            await foreach (var happened in watcher.Reader.ReadAllAsync(cancel).ConfigureAwait(false)) yield return happened;
        }
        finally
        {
            lock (_gate) _watchers = _watchers.Remove(watcher);
        }
    }
}
