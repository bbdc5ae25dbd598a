using System.Threading.Channels;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Ipsec;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>The cloud side as status, lights and <c>why</c> show it.</summary>
/// <param name="Broker">Where to.</param>
/// <param name="Connected">A session runs.</param>
/// <param name="Reason">Why none does; null while connected and before the first attempt ended.</param>
/// <param name="Newest">The newest document taken up.</param>
/// <param name="State">How far it came.</param>
/// <param name="InForce">The confirmed document on disk.</param>
/// <param name="Insecure">The newest document was taken unsigned.</param>
/// <param name="Waiting">Messages in the outbox.</param>
public sealed record CloudStatus(
    BrokerAddress Broker, bool Connected, ReportedReason? Reason, DocumentReference? Newest, DocumentState State, DocumentReference? InForce, bool Insecure, int Waiting)
{
    /// <summary>Why the newest document was refused or taken back, or the last message was nobody's whom the box believes; null: neither.</summary>
    public ReportedReason? Document { get; init; }
}

/// <summary>Joins the twin's state machine, the connection and the box: inputs in, outputs performed, one after the other.</summary>
public sealed partial class TwinLoop
{
    /// <summary>Documents that wait; the newest are kept, for only the newest matters.</summary>
    private const int MaxDocuments = 8;

    private const int MaxInputs = 64;

    /// <summary>Events that nobody could take are written down this often, within the budget.</summary>
    private static readonly TimeSpan SnapshotInterval = TimeSpan.FromMinutes(1);

    private readonly ICloudHandler _handler;
    private readonly ITwinStore _store;
    private readonly IEntropy _entropy;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly FlashBudget _budget;
    private readonly TwinSync _sync;
    private readonly Channel<TwinInput> _documents = Channel.CreateBounded<TwinInput>(new BoundedChannelOptions(MaxDocuments) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Channel<TwinInput> _inputs = Channel.CreateBounded<TwinInput>(MaxInputs);
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CommandDesk? _commands;
    private TwinClient? _client;
    private BoxReport? _box;
    private TwinInput.PieceArrived? _piece;
    private CloudOptions _options;
    private volatile bool _moved;
    private volatile ReportedReason? _offline;
    private bool _connected;
    private Instant _snapshotAt;
    private volatile CloudStatus _status;

    /// <param name="options">Where to connect to, and as whom.</param>
    /// <param name="handler">The box.</param>
    /// <param name="store">Where notes survive.</param>
    /// <param name="entropy">Session names, jitter.</param>
    /// <param name="time">Monotonic time and the wall clock.</param>
    /// <param name="verifier">Whose documents are taken; null: unsigned ones, where <see cref="UnsignedVerifier"/> allows them.</param>
    /// <param name="budget">What the box may write to flash by itself; null: a budget of its own.</param>
    /// <param name="commands">Does what the operator orders; null: commands are not listened to.</param>
    public TwinLoop(
        CloudOptions options, ICloudHandler handler, ITwinStore store, IEntropy entropy, TimeProvider time,
        IDesiredVerifier? verifier = null, FlashBudget? budget = null, CommandDesk? commands = null)
    {
        _commands = commands;
        _options = options;
        _handler = handler;
        _store = store;
        _entropy = entropy;
        _time = time;
        _origin = time.GetTimestamp();
        _budget = budget ?? new FlashBudget(time);
        var memory = store.Read(TwinFile.Memory) is { } octets ? TwinMemory.Read(octets.Span) : null;
        _sync = new TwinSync(options.Identity, verifier ?? new UnsignedVerifier(options.Broker, options.Insecure), options.Twin, memory ?? TwinMemory.Empty, handler.InForce);
        Outbox = new Outbox(new OutboxLimits(), Convert.ToHexStringLower(entropy.Octets(8)), time.GetUtcNow, store.Read(TwinFile.Outbox));
        _status = Look();
    }

    /// <summary>Events and telemetry for the operator; any thread may add.</summary>
    public Outbox Outbox { get; }

    /// <summary>A snapshot; any thread.</summary>
    public CloudStatus Status => _status;

    private Instant Now => new(_time.GetElapsedTime(_origin).Ticks);

    /// <summary>What the box says of itself from now on; the last one counts. Any thread.</summary>
    public void Report(BoxReport report)
    {
        Interlocked.Exchange(ref _box, report);
        Ring();
    }

    /// <summary>Leaves the broker and connects as these options say: a document, or its revert, changed them. Any thread.</summary>
    /// <exception cref="ArgumentException">Another fleet or device: that is another twin.</exception>
    public void MoveTo(CloudOptions options)
    {
        if (options.Identity != _options.Identity) throw new ArgumentException("A twin does not change its identity.", nameof(options));
        if (options with { Twin = _options.Twin } == _options) return; // what a trial takes comes with its document
        Volatile.Write(ref _options, options);
        _moved = true;
        Ring();
    }

    /// <summary>Runs until <paramref name="stop"/>; once.</summary>
    /// <remarks>An exception of the handler or the store ends it. The box keeps its tunnels; whoever supervises makes a new loop.</remarks>
    public async Task RunAsync(CancellationToken stop)
    {
        // What a clean stop wrote down goes on once: from here a power cut begins a new stream.
        Snapshot(clean: false);
        var connection = new Connection();
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var desk = _commands?.RunAsync((id, part) => Volatile.Read(ref _client)?.Respond(id, part), _handler.Notice, closing.Token) ?? Task.CompletedTask;
        try
        {
            Open(connection);
            while (!stop.IsCancellationRequested)
            {
                Take();
                // Before the report about a change goes out: it is the new broker that has to take it.
                if (_moved) await ReopenAsync(connection).ConfigureAwait(false);
                _sync.Advance(Now);
                Perform(connection);
                _status = Look();
                if (Outbox.IsDirty && !_connected && Now >= _snapshotAt + SnapshotInterval) Snapshot(clean: false);
                await WaitAsync(connection, stop).ConfigureAwait(false);
            }
        }
        finally
        {
            await closing.CancelAsync().ConfigureAwait(false);
            await CloseAsync(connection).ConfigureAwait(false);
            _status = Look();
            Snapshot(clean: true);
            await desk.ConfigureAwait(false);
            await EndCallAsync().ConfigureAwait(false);
        }
    }

    private void Take()
    {
        while (_inputs.Reader.TryRead(out var input))
        {
            if (input is TwinInput.Connected or TwinInput.Disconnected) _connected = input is TwinInput.Connected;
            _sync.Handle(input, Now);
        }

        if (Interlocked.Exchange(ref _piece, null) is { } piece) _sync.Handle(piece, Now);
        while (_documents.Reader.TryRead(out var document)) _sync.Handle(document, Now);
        if (Interlocked.Exchange(ref _box, null) is { } box) _sync.Handle(new TwinInput.BoxChanged(box), Now);
    }

    private async Task WaitAsync(Connection connection, CancellationToken stop)
    {
        if (connection.Running.IsFaulted) await connection.Running.ConfigureAwait(false);
        if (_call.Running.IsFaulted) await _call.Running.ConfigureAwait(false);
        var until = _sync.NextDeadline ?? Now + SnapshotInterval;
        if (Outbox.IsDirty && !_connected) until = Instant.Min(until, _snapshotAt + SnapshotInterval);
        var span = until - Now;
        if (span <= TimeSpan.Zero) return;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var rung = _bell.Reader.WaitToReadAsync(end.Token).AsTask();
        // A timer counts milliseconds: rounded up, so that the deadline has come when it fires.
        var timer = Task.Delay(span + TimeSpan.FromMilliseconds(1), _time, end.Token);
        await Task.WhenAny(rung, timer).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        _bell.Reader.TryRead(out _);
    }

    private void Ring() => _bell.Writer.TryWrite(true);

    private CloudStatus Look()
    {
        var options = Volatile.Read(ref _options);
        return new CloudStatus(
            options.Broker, _connected, _connected ? null : _offline, _sync.Newest, _sync.NewestState, _sync.InForce, _sync.Insecure, Outbox.Count)
        { Document = _sync.Objection };
    }

    private void Snapshot(bool clean)
    {
        _snapshotAt = Now;
        var octets = Outbox.Snapshot(clean);
        if (_budget.TrySpend(octets.Length)) _store.Write(TwinFile.Outbox, octets);
    }
}
