using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Rehearsal.Run;

/// <summary>A box, one gateway per endpoint, one clock, and a line that loses nothing unless it is cut: hours pass in milliseconds.</summary>
/// <remarks>The engines are the real ones with the real algorithms; only time and line are not.</remarks>
public sealed class Stage : IDisposable
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);
    private readonly PriorityQueue<(StageEnd To, byte[] Datagram, Path Path), (Instant At, long Order)> _onTheWay = new();
    private readonly byte[] _buffer = new byte[65_535];
    private readonly ImmutableArray<StageEnd> _ends;
    private readonly IpAddress? _translated;
    private long _order;

    /// <param name="box">The end that the configuration describes.</param>
    /// <param name="gateways">One per endpoint.</param>
    /// <param name="translated">The box is behind a NAT that shows this address; null: it is not.</param>
    public Stage(StageEnd box, ImmutableArray<StageEnd> gateways, IpAddress? translated = null)
    {
        (Box, Gateways, _translated) = (box, gateways, translated);
        _ends = [box, .. gateways];
    }

    public StageEnd Box { get; }

    public ImmutableArray<StageEnd> Gateways { get; }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerHour);

    /// <summary>Runs until then, calling <paramref name="look"/> with every output of every end as it comes.</summary>
    public void RunUntil(Instant until, Action<StageEnd, IkeOutput> look)
    {
        Serve(look);
        while (Next is var next && next <= until)
        {
            if (next > Now) Now = next;
            while (_onTheWay.TryPeek(out var arriving, out var due) && due.At <= Now)
            {
                _onTheWay.Dequeue();
                if (!arriving.To.IsCut) arriving.To.Endpoint.Receive(arriving.Datagram, arriving.Path, Now);
            }

            foreach (var end in _ends) end.Advance(Now);
            Serve(look);
        }

        Now = until;
    }

    public void Dispose()
    {
        foreach (var end in _ends) end.Dispose();
    }

    private Instant Next => _ends.Aggregate(
        _onTheWay.TryPeek(out _, out var due) ? due.At : Instant.Never, static (next, end) => Instant.Min(next, end.NextDeadline));

    private void Serve(Action<StageEnd, IkeOutput> look)
    {
        foreach (var end in _ends)
        {
            while (end.Endpoint.TryTransmit(_buffer, out var transmit))
            {
                if (!end.IsCut) Send(end, _buffer.AsSpan(0, transmit.Length).ToArray(), transmit.Path);
            }

            while (end.Endpoint.TryTake(out var output)) look(end, output);
        }
    }

    private void Send(StageEnd from, byte[] datagram, Path path)
    {
        var (source, target) = (path.Local, path.Remote);
        if (from == Box && _translated is { } shown) source = source with { Address = shown };
        if (_translated is { } seen && target.Address == seen) target = target with { Address = Box.Address };
        if (_ends.FirstOrDefault(end => end.Address == target.Address) is not { } to) return;
        _onTheWay.Enqueue((to, datagram, new Path(target, source)), (Now + s_delay, _order++));
    }
}

/// <summary>One end of a rehearsal: an engine, where it is, and when it is to call.</summary>
public sealed class StageEnd : IDisposable
{
    /// <param name="name">As the story calls it.</param>
    /// <param name="address">Its own; behind a NAT not the one the other sees.</param>
    /// <param name="seed">Of its entropy: the same story for the same seed.</param>
    public StageEnd(string name, IpAddress address, ulong seed, IkeEndpointOptions options, IkeConnection connection)
    {
        (Name, Address) = (name, address);
        Entropy = new RehearsalEntropy(seed);
        Endpoint = new IkeEndpoint(Entropy, options);
        Connection = connection;
        Configure(connection, Instant.Zero);
    }

    public string Name { get; }

    public IpAddress Address { get; }

    public IEntropy Entropy { get; }

    public IkeEndpoint Endpoint { get; }

    public IkeConnection Connection { get; private set; }

    /// <summary>Nothing leaves it and nothing arrives.</summary>
    public bool IsCut { get; set; }

    /// <summary>When it calls, and whom.</summary>
    public (Instant At, IpAddress Remote)? Call { get; set; }

    public Instant NextDeadline => Instant.Min(Endpoint.NextDeadline ?? Instant.Never, Call?.At ?? Instant.Never);

    public void Configure(IkeConnection connection, Instant now)
    {
        Connection = connection;
        Endpoint.Handle(new IkeInput.Configure([connection]), now);
    }

    public void Advance(Instant now)
    {
        if (Call is { } call && call.At <= now)
        {
            Call = null;
            Endpoint.Handle(
                new IkeInput.Initiate(Connection.Name, new Path(new IpEndpoint(Address, Path.IkePort), new IpEndpoint(call.Remote, Path.IkePort))), now);
        }

        Endpoint.Advance(now);
    }

    public void Dispose() => Endpoint.Dispose();
}
