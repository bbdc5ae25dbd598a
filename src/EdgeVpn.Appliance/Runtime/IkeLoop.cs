using System.Collections.Concurrent;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Linux;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Runtime;

/// <summary>The one thread of the control plane: datagrams, timers and requests go into the engine, and what it says is done.</summary>
/// <remarks>Nothing here blocks but the wait itself. Other threads speak to it through <see cref="InvokeAsync{T}"/>.</remarks>
public sealed class IkeLoop : IDisposable
{
    /// <summary>How often counters are read and connections looked after.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long an ending daemon waits for its peers to acknowledge that it goes. A delete has to wait for its turn when another request is on
    /// its way (RFC 7296 §2.3), and may be lost; a peer that is not told keeps sending into the dark until it finds out by itself.
    /// </summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    /// <summary>Requests of other threads that wait; a command line that finds it full is told so.</summary>
    private const int MaxPosted = 1_024;

    private const int BufferOctets = 65_536;
    private readonly IkeSockets _sockets;
    private readonly IkeEndpoint _engine;
    private readonly IDataPlane _dataPlane;
    private readonly ConnectionManager _connections;
    private readonly Poller _poller = new();
    private readonly ConcurrentQueue<Action<Instant>> _posted = new();
    private readonly ConcurrentQueue<IkeInput> _returned = new();
    private readonly byte[] _buffer = new byte[BufferOctets];
    private readonly Thread _thread;
    private long _beats;
    private bool _isBehind; // messages may wait that no wake-up will tell of again
    private volatile bool _stop;

    public IkeLoop(IkeSockets sockets, IkeEndpoint engine, IDataPlane dataPlane, ConnectionManager connections)
    {
        (_sockets, _engine, _dataPlane, _connections) = (sockets, engine, dataPlane, connections);
        for (var i = 0; i < sockets.All.Count; i++) _poller.Add(sockets.All[i].Handle, i);
        _thread = new Thread(Run) { Name = "ike", IsBackground = true };
    }

    /// <summary>Grows as long as the loop runs: what a watchdog looks at.</summary>
    public long Beats => Volatile.Read(ref _beats);

    /// <summary>What ended the loop, if it was not <see cref="Dispose"/>: the process should end too and be started afresh.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Sees every IKE datagram, before it goes out and as it came, without its non-ESP marker; on the loop's own thread.</summary>
    public DatagramObserver? Observer { get; set; }

    /// <summary>Told on the loop's own thread when <see cref="Fault"/> is set.</summary>
    public event Action<Exception>? Failed;

    public static Instant Now() => new(MonotonicClock.Ticks);

    public void Start() => _thread.Start();

    /// <summary>Makes the loop look at what came in: any thread.</summary>
    public void Wake() => _poller.Wake();

    /// <summary>Runs on the loop's thread and gives its result back.</summary>
    public Task<T> InvokeAsync<T>(Func<Instant, T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_stop || _posted.Count >= MaxPosted)
        {
            done.SetException(new InvalidOperationException("The daemon is stopping or too busy."));
            return done.Task;
        }

        _posted.Enqueue(now =>
        {
            try
            {
                done.SetResult(work(now));
            }
            catch (ArgumentException exception)
            {
                done.SetException(exception); // a caller named what does not exist
            }
        });
        Wake();
        return done.Task;
    }

    /// <summary>Work that left the engine comes back: any thread. Bounded by what the workshop takes.</summary>
    public void Return(IkeInput.Returned result)
    {
        _returned.Enqueue(result);
        Wake();
    }

    public void Dispose()
    {
        _stop = true;
        Wake();
        if (_thread.ThreadState != ThreadState.Unstarted) _thread.Join();
        _poller.Dispose();
    }

    private void Run()
    {
        try
        {
            Span<PollEvent> events = stackalloc PollEvent[8];
            var nextBeat = Now();
            while (!_stop)
            {
                var now = Now();
                while (_posted.TryDequeue(out var work)) work(now);
                if (now >= nextBeat)
                {
                    nextBeat = now + Beat;
                    OnBeat(now);
                }

                Turn(events, nextBeat);
                Volatile.Write(ref _beats, _beats + 1);
            }

            _connections.CloseAll(Now());
            Serve(Now());
            var patience = Now() + Farewell;
            while (_engine.HasOutstandingRequests && Now() < patience) Turn(events, patience);
        }
#pragma warning disable CA1031 // the thread's last line of defence: whatever it is, the process must learn of it and be restarted
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fault = exception;
            Failed?.Invoke(exception);
        }
    }

    /// <summary>Sends what is to be sent, sleeps until something comes or is due, and lets the engine have it.</summary>
    /// <remarks>It sleeps first: what its caller waits for is seen as soon as it happened.</remarks>
    private void Turn(Span<PollEvent> events, Instant latest)
    {
        Serve(Now());
        var wait = _isBehind ? TimeSpan.Zero : Earliest(latest) - Now();
        var count = _poller.Wait(events, wait > TimeSpan.Zero ? wait : TimeSpan.Zero, out _);
        var now = Now();
        for (var i = 0; i < count; i++) Receive(events[i].Tag, now);
        _isBehind = IkeBacklog.Take(_dataPlane, _buffer, (message, path) => Receive(message, path, now));
        while (_returned.TryDequeue(out var result)) _engine.Handle(result, now);
        _engine.Advance(now);
        Serve(now);
    }

    private Instant Earliest(Instant nextBeat) =>
        Instant.Min(Instant.Min(_engine.NextDeadline ?? Instant.Never, _connections.NextPublication), nextBeat);

    private void Receive(int socket, Instant now) =>
        _sockets.Receive(socket, (datagram, path) => Receive(datagram, path, now));

    private void Receive(ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        Observer?.Invoke(datagram, path, sent: false);
        _engine.Receive(datagram, path, now);
    }

    private void OnBeat(Instant now)
    {
        var inputs = new List<IkeInput>();
        _dataPlane.Poll(now, inputs);
        foreach (var input in inputs) _engine.Handle(input, now);
        _connections.Tick(now);
    }

    /// <summary>Does everything the engine asked for.</summary>
    private void Serve(Instant now)
    {
        while (_engine.TryTake(out var output)) _connections.On(output, now);
        while (_engine.TryTransmit(_buffer, out var transmit))
        {
            var message = _buffer.AsSpan(0, transmit.Length);
            Observer?.Invoke(message, transmit.Path, sent: true);
            if (transmit.Path.HasNonEspMarker) _dataPlane.SendIke(transmit.Path, message);
            else _sockets.Send(transmit.Path, message);
        }

        _connections.PublishWhatChanged(now);
    }
}

/// <summary>One IKE datagram, valid only during the call.</summary>
public delegate void DatagramObserver(ReadOnlySpan<byte> datagram, Path path, bool sent);
