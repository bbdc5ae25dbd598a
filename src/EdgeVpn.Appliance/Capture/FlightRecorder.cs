using System.Buffers.Binary;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Registry;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Capture;

/// <summary>The last IKE messages and events, so that a fault can be read after it happened.</summary>
/// <remarks>
/// A bounded ring: <see cref="MaxRecords"/> records, <see cref="MaxOctets"/> octets of datagrams, <see cref="MaxDatagramOctets"/> of each. Datagrams that no SA
/// took are at most <see cref="MaxUnclaimed"/>: a stranger's flood cannot push out what matters. What a message is, the engine says before it goes
/// out and after it came in; the two are joined by path, exchange, message number and direction. Any thread.
/// </remarks>
public sealed class FlightRecorder(TimeProvider time, FlightLog? kept = null)
{
    public const int MaxRecords = 1_024;
    public const int MaxOctets = 256 * 1_024;
    public const int MaxDatagramOctets = 4_096;
    public const int MaxUnclaimed = 64;

    /// <summary>What the newest records may have in octets when they are written to flash: base64 and text make some 100 KB of it.</summary>
    public const int MaxKeptOctets = 48 * 1_024;

    private const int MaxKeptRecords = 256;

    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _ring = new((kept?.Records ?? []).TakeLast(MaxRecords / 2).Select(record => new Entry(record)));
    private readonly Queue<LinkedListNode<Entry>> _strangers = []; // received, and not claimed when they came
    private readonly Dictionary<MessageKey, string> _leaving = []; // what the engine said of messages that are about to go out
    private int _octets = kept?.Records.TakeLast(MaxRecords / 2).Sum(r => r.Octets?.Length ?? 0) ?? 0;

    /// <summary>Something was recorded since the last <see cref="Keep"/>.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>Something was recorded that a person will look for: an SA is gone, a peer was refused.</summary>
    public bool IsUrgent { get; private set; }

    /// <summary>A datagram passed the shell.</summary>
    /// <param name="datagram">Without the non-ESP marker.</param>
    public void Datagram(ReadOnlySpan<byte> datagram, Path path, bool sent)
    {
        var entry = new Entry(time.GetUtcNow(), path, sent, datagram, MessageKey.Of(datagram, path, sent));
        lock (_lock)
        {
            if (sent && _leaving.TryGetValue(entry.Key, out var text)) entry.Claim(text); // stays for the message's other fragments
            Add(entry);
        }
    }

    /// <summary>What the engine thought of a message.</summary>
    public void Message(IkeOutput.MessageSeen seen, string text)
    {
        var key = new MessageKey(seen.Path, seen.Sent, seen.Exchange, seen.IsResponse, seen.MessageId);
        lock (_lock)
        {
            if (seen.Sent)
            {
                if (_leaving.Count >= MaxUnclaimed) _leaving.Clear();
                _leaving[key] = text;
                return;
            }

            for (var node = _ring.Last; node is not null && !(node.Value.IsClaimed && node.Value.Key == key); node = node.Previous)
                if (!node.Value.IsClaimed && node.Value.Key == key) node.Value.Claim(text);
        }
    }

    /// <summary>Something happened. Messages come by <see cref="Message"/>.</summary>
    public void Event(BoxEvent happened)
    {
        if (happened.Kind is BoxEventKind.IkeMessage or BoxEventKind.Light) return;
        var text = happened.Connection is null ? $"{happened.Kind}: {happened.Text}" : $"{happened.Kind} {happened.Connection}: {happened.Text}";
        lock (_lock)
        {
            Add(new Entry(new FlightRecord(happened.Time, FlightKind.Event, null, null, null, 0, Cut(text))));
            IsUrgent |= happened.Kind is BoxEventKind.IkeDown or BoxEventKind.ChildDown or "ike.refused";
        }
    }

    /// <summary>Everything, the oldest first.</summary>
    public FlightLog Snapshot()
    {
        lock (_lock) return new FlightLog([.. _ring.Select(e => e.ToRecord())]);
    }

    /// <summary>The newest part, for the disk.</summary>
    public FlightLog Keep()
    {
        lock (_lock)
        {
            (IsDirty, IsUrgent) = (false, false);
            var (octets, count) = (0, 0);
            for (var node = _ring.Last; node is not null && count < MaxKeptRecords; node = node.Previous)
            {
                octets += node.Value.OctetCount;
                if (octets > MaxKeptOctets) break;
                count++;
            }

            return new FlightLog([.. _ring.Skip(_ring.Count - count).Select(e => e.ToRecord())]);
        }
    }

    /// <summary>Nothing is remembered any more.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _ring.Clear();
            _leaving.Clear();
            _strangers.Clear();
            (_octets, IsDirty, IsUrgent) = (0, false, false);
        }
    }

    private void Add(Entry entry)
    {
        var node = _ring.AddLast(entry);
        _octets += entry.OctetCount;
        if (!entry.IsClaimed) _strangers.Enqueue(node);
        // Those claimed meanwhile, or gone, only leave the queue.
        while (_strangers.Count > MaxUnclaimed)
            if (_strangers.Dequeue() is { List: not null, Value.IsClaimed: false } oldest) Remove(oldest);
        while (_ring.Count > MaxRecords || _octets > MaxOctets) Remove(_ring.First!);
        IsDirty = true;
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _octets -= node.Value.OctetCount;
        _ring.Remove(node);
    }

    private static string Cut(string text) => text.Length <= 500 ? text : text[..497] + "...";

    /// <summary>What makes two sightings the same message. The default is none.</summary>
    private readonly record struct MessageKey(Path Path, bool Sent, ExchangeType Exchange, bool IsResponse, uint MessageId)
    {
        public static MessageKey Of(ReadOnlySpan<byte> datagram, Path path, bool sent) => datagram.Length < IkeHeader.Size ? default
            : new(path, sent, (ExchangeType)datagram[18], ((IkeHeaderFlags)datagram[19] & IkeHeaderFlags.Response) != 0, BinaryPrimitives.ReadUInt32BigEndian(datagram[20..]));
    }

    /// <summary>A record in the making; its texts are made when somebody reads it, for a flood has no reader.</summary>
    private sealed class Entry
    {
        private readonly FlightRecord? _record;
        private readonly DateTimeOffset _at;
        private readonly Path _path;
        private readonly bool _isSent;
        private readonly byte[] _octets;
        private readonly int _length;
        private string? _text;

        public Entry(FlightRecord record) => (_record, _octets, IsClaimed) = (record, record.Octets ?? [], true);

        public Entry(DateTimeOffset at, Path path, bool sent, ReadOnlySpan<byte> datagram, MessageKey key)
        {
            (_at, _path, _isSent, _length, Key) = (at, path, sent, datagram.Length, key);
            _octets = datagram[..Math.Min(datagram.Length, MaxDatagramOctets)].ToArray();
            IsClaimed = sent; // what we send is no stranger's
        }

        public MessageKey Key { get; }

        /// <summary>Ours, or the engine said what it is.</summary>
        public bool IsClaimed { get; private set; }

        public int OctetCount => _octets.Length;

        public void Claim(string text) => (_text, IsClaimed) = (text, true);

        public FlightRecord ToRecord() => _record
            ?? new FlightRecord(_at, _isSent ? FlightKind.Sent : FlightKind.Received, _path.Local.ToString(), _path.Remote.ToString(), _octets, _length, _text);
    }
}
