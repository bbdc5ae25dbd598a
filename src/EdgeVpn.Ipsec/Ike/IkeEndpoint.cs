using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>
/// The front door of the engine: datagrams, inputs and instants in; datagrams, outputs and deadlines out.
/// One thread at a time; no socket, clock, file or random source of its own.
/// </summary>
public sealed partial class IkeEndpoint : IDisposable
{
    private const int NonceOctets = 32; // at least half the PRF's key for every PRF we have (§2.10)

    private readonly Dictionary<ulong, IkeSa> _byLocalSpi = [];
    private readonly Dictionary<string, List<IkeSa>> _byConnection = []; // the registered ones whose connection is known, the oldest first
    private readonly Dictionary<ChildSaId, IkeSa> _byChild = [];
    private readonly HashSet<uint> _espSpis = [];
    private readonly Queue<(Path Path, byte[] Datagram)> _datagrams = new();
    private readonly Queue<IkeOutput> _outputs = new();
    private readonly DeadlineQueue _deadlines = new();
    private ImmutableDictionary<string, IkeConnection> _connections = ImmutableDictionary<string, IkeConnection>.Empty;
    private long _lastId;

    public IkeEndpoint(IEntropy entropy, IkeEndpointOptions? options = null)
    {
        Entropy = entropy;
        Options = options ?? new IkeEndpointOptions();
        _cookies = new CookieJar(entropy);
    }

    public EndpointCounters Counters { get; } = new();

    /// <summary>When <see cref="Advance"/> has something to do; null if nothing is running.</summary>
    public Instant? NextDeadline => _deadlines.Next is var next && next == Instant.Never ? null : next;

    /// <summary>Inbound ESP SPIs taken: those of child SAs, and of child SAs being negotiated.</summary>
    internal int EspSpisInUse => _espSpis.Count;

    /// <summary>SAs of any state, the closed ones that still answer included.</summary>
    internal IReadOnlyCollection<IkeSa> Sas => _byLocalSpi.Values;

    internal IEntropy Entropy { get; }

    internal IkeEndpointOptions Options { get; }

    internal AlgorithmCatalog Algorithms => Options.Algorithms;

    /// <summary>One UDP datagram from port 500, or from port 4500 without its non-ESP marker. Never throws for its content.</summary>
    public void Receive(ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        if (IkeHeader.TryRead(datagram, out var header) != WireError.None || header.MajorVersion < 2)
        {
            Counters.InvalidHeaders++;
            return;
        }

        if (IsForLaterVersion(header, datagram, path, now)) return;

        if (header is { Exchange: ExchangeType.IkeSaInit, IsResponse: false, IsFromOriginalInitiator: true, ResponderSpi: 0, MessageId: 0 })
        {
            ReceiveSaInit(header, datagram, path, now);
            return;
        }

        var localSpi = header.IsFromOriginalInitiator ? header.ResponderSpi : header.InitiatorSpi;
        if (!_byLocalSpi.TryGetValue(localSpi, out var sa)
            || sa.WeInitiated == header.IsFromOriginalInitiator
            || sa.InitiatorSpi != header.InitiatorSpi
            || (sa.ResponderSpi != 0 && sa.ResponderSpi != header.ResponderSpi))
        {
            ReceiveUnknownSpi(header, datagram, path, now);
            return;
        }

        sa.Receive(header, datagram, path, now);
        Touch(sa);
    }

    public void Handle(IkeInput input, Instant now)
    {
        switch (input)
        {
            case IkeInput.Configure configure:
                Configure(configure.Connections, now);
                break;
            case IkeInput.Initiate initiate:
                Initiate(initiate.Connection, initiate.Path, now);
                break;
            case IkeInput.Close close:
                ForEach(close.Connection, sa => sa.StartClose(new CloseReason(CloseCause.LocalRequest), now));
                break;
            case IkeInput.RekeyIke rekey:
                ForEach(rekey.Connection, sa =>
                {
                    if (sa.IsInForce && !sa.Wants<IkeRekey>()) sa.Enqueue(new IkeRekey(), now);
                });
                break;
            case IkeInput.RekeyChildren rekey:
                ForEach(rekey.Connection, sa =>
                {
                    foreach (var child in sa.Children.All.ToArray()) sa.Children.StartRekey(child, now);
                });
                break;
            case IkeInput.CheckLiveness check:
                ForEach(check.Connection, sa =>
                {
                    if (sa.IsInForce && sa.Current is null) sa.Enqueue(new Liveness(), now);
                });
                break;
            case IkeInput.LocalAddressChanged changed:
                ForEach(changed.Connection, sa => sa.LocalAddressChanged(changed.Local, now));
                break;
            case IkeInput.Reauthenticate reauthenticate:
                ForEach(reauthenticate.Connection, sa => sa.Reauthenticate(now));
                break;
            case IkeInput.ChildSaNearsLimit near:
                WithChild(near.Child, (sa, child) => sa.Children.StartRekey(child, now));
                break;
            case IkeInput.ChildSaExhausted exhausted:
                WithChild(exhausted.Child, (sa, child) => sa.Children.Exhausted(child, now));
                break;
            case IkeInput.PeerHeard heard:
                WithChild(heard.Child, (sa, child) =>
                {
                    sa.Heard(now);
                    child.IsConfirmed = true;
                });
                break;
            case IkeInput.PeerMoved moved:
                WithChild(moved.Child, (sa, _) =>
                {
                    if (sa.Nat.HasFlag(NatSituation.Remote)) sa.MoveTo(moved.Path);
                });
                break;
            case IkeInput.Returned returned:
                Return(returned, now);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input));
        }
    }

    /// <summary>Does what is due. Late, early or spurious calls are harmless.</summary>
    public void Advance(Instant now)
    {
        while (_deadlines.TryTakeDue(now, out var sa))
        {
            sa.Advance(now);
            Touch(sa);
        }
    }

    /// <summary>Takes one datagram to send; false when there is none. A buffer of 65,535 octets always suffices.</summary>
    public bool TryTransmit(Span<byte> buffer, out Transmit transmit)
    {
        if (!_datagrams.TryDequeue(out var next))
        {
            transmit = default;
            return false;
        }

        next.Datagram.CopyTo(buffer);
        transmit = new Transmit(next.Path, next.Datagram.Length);
        return true;
    }

    /// <summary>Takes one output; false when there is none.</summary>
    public bool TryTake([NotNullWhen(true)] out IkeOutput? output) => _outputs.TryDequeue(out output);

    /// <summary>What <c>status</c> shows of every SA.</summary>
    public IReadOnlyList<IkeSaStatus> Status() => [.. _byLocalSpi.Values.Where(static sa => !sa.IsClosed).Select(static sa => sa.Status = IkeSaStatus.Of(sa, sa.Status))];

    /// <summary>Whether any request of ours waits for its answer or its turn.</summary>
    public bool HasOutstandingRequests => _byLocalSpi.Values.Any(static sa => sa.IsBusy || sa.IsHeldUp);

    public void Dispose()
    {
        foreach (var sa in _byLocalSpi.Values) sa.Dispose();
        _byLocalSpi.Clear();
        _byConnection.Clear();
        _byChild.Clear();
        foreach (var (_, errand) in _errands.Values) errand.Dispose();
        _errands.Clear();
        _cookies.Dispose();
    }

    internal void Emit(IkeOutput output) => _outputs.Enqueue(output);

    internal void Transmit(Path path, byte[] datagram)
    {
        if (_datagrams.Count >= Options.MaxQueuedDatagrams) Counters.TransmitQueueFull++;
        else _datagrams.Enqueue((path, datagram));
    }

    internal IkeSaId NextIkeSaId() => new(++_lastId);

    internal ChildSaId NextChildSaId() => new(++_lastId);

    internal byte[] NewNonce() => Entropy.Octets(NonceOctets);

    internal ulong NewIkeSpi()
    {
        ulong spi;
        do spi = Entropy.NextUInt64();
        while (spi == 0 || _byLocalSpi.ContainsKey(spi));
        return spi;
    }

    /// <summary>An inbound SPI of ours; 1–255 are reserved (RFC 4303 §2.1).</summary>
    internal uint AllocateEspSpi()
    {
        uint spi;
        do spi = Entropy.NextUInt32();
        while (spi < 256 || !_espSpis.Add(spi));
        return spi;
    }

    internal void ReleaseEspSpi(uint spi) => _espSpis.Remove(spi);

    internal void Register(IkeSa sa)
    {
        _byLocalSpi.Add(sa.LocalSpi, sa);
        if (sa.HasConnection) Enlist(sa);
    }

    /// <summary>A registered SA's connection is another from now on.</summary>
    internal void Adopt(IkeSa sa, IkeConnection connection)
    {
        var isListed = sa.HasConnection && sa.ConnectionName == connection.Name;
        if (!isListed) Delist(sa);
        sa.Adopt(connection);
        if (!isListed) Enlist(sa);
    }

    /// <summary>A child SA belongs to this IKE SA from now on.</summary>
    internal void Own(IkeSa sa, ChildSaId child) => _byChild[child] = sa;

    internal void Disown(ChildSaId child) => _byChild.Remove(child);

    /// <summary>An SA's deadlines may have changed.</summary>
    internal void Touch(IkeSa sa) => _deadlines.Schedule(sa, sa.NextDeadline);

    internal void Forget(IkeSa sa)
    {
        _byLocalSpi.Remove(sa.LocalSpi);
        Delist(sa);
        EndHalfOpen(sa);
        if (!sa.WeInitiated) _initiations.Remove((sa.InitiatorSpi, sa.Source));
        sa.Dispose();
    }

    /// <summary>Copies of the keys of every IKE SA there is, for a capture that somebody asked for. The caller answers for who sees them.</summary>
    public IReadOnlyList<IkeOutput.KeysExported> LiveKeys() =>
    [
        .. _byLocalSpi.Values.Where(static sa => sa.Suite is not null && !sa.IsClosed)
            .Select(static sa => new IkeOutput.KeysExported(sa.Id, sa.InitiatorSpi, sa.ResponderSpi, sa.Suite!, sa.Keys.Export())),
    ];

    internal void ExportKeys(IkeSa sa, IkeSuite suite, IkeKeys keys)
    {
        if (Options.ExportKeys)
            Emit(new IkeOutput.KeysExported(sa.Id, sa.InitiatorSpi, sa.ResponderSpi, suite, keys.Export()));
    }

    /// <summary>Whether the peer of this connection is known to us by another SA: then INITIAL_CONTACT would be a lie.</summary>
    internal bool HasOtherSa(IkeSa sa) =>
        SasOf(sa.ConnectionName).Any(other => other != sa && other.IsEstablished);

    internal void OnClosed(IkeSa sa, CloseReason reason, bool wasEstablished)
    {
        if (sa.HasConnection) Emit(new IkeOutput.IkeSaClosed(sa.Id, sa.ConnectionName, reason, wasEstablished));
        Touch(sa);
    }

    private void Configure(ImmutableArray<IkeConnection> connections, Instant now)
    {
        _connections = connections.ToImmutableDictionary(static c => c.Name);
        ForgetConfigurations();
        foreach (var sa in _byLocalSpi.Values.ToArray())
        {
            if (!sa.HasConnection || sa.IsClosed) continue;
            if (_connections.TryGetValue(sa.ConnectionName, out var connection))
            {
                Adopt(sa, connection);
                sa.CompareOtherAddresses(now);
            }
            else sa.StartClose(new CloseReason(CloseCause.ConnectionRemoved), now);
            Touch(sa);
        }
    }

    private void Initiate(string name, Path path, Instant now)
    {
        if (!_connections.TryGetValue(name, out var connection))
            throw new ArgumentException($"There is no connection '{name}'.", nameof(name));
        var existing = SasOf(name).FirstOrDefault(static sa => sa.IsInForce || sa.State is IkeState.SaInitSent or IkeState.AuthSent);
        if (existing is { IsInForce: true })
        {
            if (!existing.Children.Live.Any() && !existing.Wants<ChildCreate>()) existing.Enqueue(new ChildCreate(), now);
            Touch(existing);
        }

        if (existing is not null) return;
        Begin(connection, path, renews: null, now);
    }

    /// <summary>Calls the peer.</summary>
    /// <param name="renews">The SA that the new one is to take the place of.</param>
    internal void Begin(IkeConnection connection, Path path, IkeSa? renews, Instant now)
    {
        var sa = new IkeSa(this, weInitiated: true, NewIkeSpi(), path, connection) { Renews = renews };
        Register(sa);
        new SaInit(connection).Start(sa, now);
        Touch(sa);
    }

    /// <summary>Whether an SA that is to take this one's place is being made.</summary>
    internal bool IsBeingRenewed(IkeSa sa) => SasOf(sa.ConnectionName).Any(other => !other.IsClosed && other.Renews?.EndOfLine == sa);

    private void ForEach(string connection, Action<IkeSa> action)
    {
        foreach (var sa in SasOf(connection))
        {
            if (sa.IsClosed) continue;
            action(sa);
            Touch(sa);
        }
    }

    private void WithChild(ChildSaId id, Action<IkeSa, ChildSa> action)
    {
        if (!_byChild.TryGetValue(id, out var sa) || sa.Children.Find(id) is not { } child) return;
        action(sa, child);
        Touch(sa);
    }

    /// <summary>A copy: what is done to them may change the list.</summary>
    private IkeSa[] SasOf(string connection) => _byConnection.TryGetValue(connection, out var sas) ? [.. sas] : [];

    private void Enlist(IkeSa sa)
    {
        if (!_byConnection.TryGetValue(sa.ConnectionName, out var sas)) _byConnection[sa.ConnectionName] = sas = new List<IkeSa>(1);
        sas.Add(sa);
    }

    private void Delist(IkeSa sa)
    {
        if (!sa.HasConnection || !_byConnection.TryGetValue(sa.ConnectionName, out var sas)) return;
        sas.Remove(sa);
        if (sas.Count == 0) _byConnection.Remove(sa.ConnectionName);
    }
}
