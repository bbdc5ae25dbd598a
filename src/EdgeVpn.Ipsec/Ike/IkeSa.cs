using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>One IKE SA: its life, its children and what it still wants to ask. Messages are in <c>IkeSa.Messages.cs</c> and <c>IkeSa.Requests.cs</c>.</summary>
internal sealed partial class IkeSa : IDisposable
{
    /// <summary>A closed SA answers a retransmitted last request for this long.</summary>
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromSeconds(30);

    /// <summary>A replaced SA whose deletion never comes is deleted by us.</summary>
    private static readonly TimeSpan ReplacedPatience = TimeSpan.FromSeconds(60);

    private readonly Queue<Exchange> _queue = new();
    private readonly List<(Instant At, Exchange Exchange)> _delayed = [];
    private IkeKeys? _keys;
    private SkEnvelope? _envelope;
    private Prf? _prf;
    private IkeConnection? _connection;
    private Instant _lastHeard;

    public IkeSa(IkeEndpoint endpoint, bool weInitiated, ulong initiatorSpi, Path path, IkeConnection? connection)
    {
        Endpoint = endpoint;
        Id = endpoint.NextIkeSaId();
        WeInitiated = weInitiated;
        InitiatorSpi = initiatorSpi;
        Path = path;
        BeganLine = weInitiated;
        _toldAddress = path.Local.Address;
        _home = (path.Local.Address, path.Remote.Address);
        _connection = connection;
        Children = new ChildTable(this);
    }

    public IkeEndpoint Endpoint { get; }

    public IkeSaId Id { get; }

    /// <summary>Whether we are the original initiator of this SA: decides the header flag and which keys are ours.</summary>
    public bool WeInitiated { get; }

    public ulong InitiatorSpi { get; }

    public ulong ResponderSpi { get; set; }

    public ulong LocalSpi => WeInitiated ? InitiatorSpi : ResponderSpi;

    public Path Path { get; private set; }

    public NatSituation Nat { get; set; }

    public IkeState State { get; private set; } = new IkeState.SaInitSent();

    public ChildTable Children { get; }

    public IkeSuite? Suite { get; private set; }

    /// <summary>As responder: what IKE_SA_INIT chose; IKE_AUTH shows which connection's it is, and then it is forgotten.</summary>
    public Proposal? ChosenProposal { get; set; }

    /// <summary>When the endpoint looks at it next, by <see cref="DeadlineQueue"/>.</summary>
    public Instant ScheduledFor { get; set; } = Instant.Never;

    /// <summary>As responder: where IKE_SA_INIT came from.</summary>
    public IpEndpoint Source { get; init; }

    /// <summary>As responder: when IKE_SA_INIT came.</summary>
    public Instant BegunAt { get; init; }

    /// <summary>What was last shown of it.</summary>
    public IkeSaStatus? Status { get; set; }

    /// <summary>Whether it takes a place among the half-open.</summary>
    public bool CountsAsHalfOpen { get; set; }

    public Instant EstablishedAt { get; private set; }

    /// <summary>An SA that the peer made by rekeying this one while our own rekey was on its way.</summary>
    public (IkeSa Sa, Collisions.NoncePair Nonces)? CollidingRekey { get; set; }

    /// <summary>The SA that this one may replace, until a collision is decided.</summary>
    public IkeSa? ContenderFor { get; set; }

    /// <summary>Whether the peer made it in a simultaneous rekey, and it is not the one that stays or not known to be.</summary>
    public bool IsContender => ContenderFor is not null || Timers.IsRunning(IkeTimer.Discard);

    /// <summary>Whether it is the SA to ask something on.</summary>
    public bool IsInForce => IsEstablished && !IsContender;

    /// <summary>Who the peer proved to be.</summary>
    public AuthenticatedPeer? Peer => State switch
    {
        IkeState.Established established => established.Peer,
        IkeState.Replaced replaced => replaced.Peer,
        IkeState.Closing closing => closing.Peer,
        _ => null,
    };

    public IkeConnection Connection => _connection ?? throw new InvalidOperationException("The connection is not known before IKE_AUTH.");

    public string ConnectionName => _connection?.Name ?? "";

    public bool HasConnection => _connection is not null;

    public IkeKeys Keys => _keys ?? throw new InvalidOperationException("There are no keys before IKE_SA_INIT is answered.");

    public Prf Prf => _prf ?? throw new InvalidOperationException("There is no PRF before IKE_SA_INIT is answered.");

    public bool IsEstablished => State is IkeState.Established;

    public bool IsHalfOpen => State is IkeState.AwaitAuth;

    public bool IsClosed => State is IkeState.Closed;

    /// <summary>Whether the peer's requests about children are answered TEMPORARY_FAILURE (§2.25).</summary>
    public bool IsReplacing => Current is IkeRekey || State is not IkeState.Established;

    /// <summary>Whether a request of ours waits for its answer or its turn.</summary>
    public bool IsBusy => Current is not null || _continuing is not null || _queue.Count > 0 || _delayed.Count > 0;

    public void Become(IkeState state) => State = state;

    public void SetKeys(IkeSuite suite, Prf prf, IkeKeys keys)
    {
        var (ourE, ourA) = WeInitiated ? (keys.SkEi, keys.SkAi) : (keys.SkEr, keys.SkAr);
        var (theirE, theirA) = WeInitiated ? (keys.SkEr, keys.SkAr) : (keys.SkEi, keys.SkAi);
        Suite = suite;
        _prf = prf;
        _keys = keys;
        _envelope = new SkEnvelope(Cipher(suite, ourE, ourA), Cipher(suite, theirE, theirA));
        Endpoint.ExportKeys(this, suite, keys);
    }

    /// <summary>Replaces the connection's settings after the configuration changed, or names it once IKE_AUTH showed which it is.</summary>
    /// <remarks>By <see cref="IkeEndpoint.Adopt"/> alone, which knows the SAs by their connections.</remarks>
    public void Adopt(IkeConnection connection) => _connection = connection;

    /// <summary>The peer is authenticated: lifetimes and liveness start, the shell is told.</summary>
    public void Establish(AuthenticatedPeer peer, IkeSaId? replaces, Instant now)
    {
        State = new IkeState.Established(peer);
        _lastHeard = now;
        EstablishedAt = now;
        if (replaces is null) _authenticatedAt = now;
        ForgetIntermediate();
        ChosenProposal = null;
        Timers.Stop(IkeTimer.HalfOpen);
        Timers.Set(IkeTimer.RekeyIke, ChildTable.RekeyTime(this, Connection.IkeLifetime, now));
        Timers.Set(IkeTimer.ExpireIke, now + Connection.IkeLifetime);
        ScheduleReauthentication();
        Timers.Set(IkeTimer.Liveness, now + (Connection.DpdTimeout * IdlePart));
        LookHomeward(now);
        Endpoint.Emit(new IkeOutput.IkeSaEstablished(
            Id, Connection.Name, WeInitiated, InitiatorSpi, ResponderSpi, peer.Identity, Path, Nat, Suite!, replaces));
    }

    /// <summary>Asks for an exchange; it begins when the ones before it are answered.</summary>
    public void Enqueue(Exchange exchange, Instant now)
    {
        _queue.Enqueue(exchange);
        Pump(now);
    }

    /// <summary>Asks for an exchange again after the peer said TEMPORARY_FAILURE.</summary>
    public void EnqueueLater(Exchange exchange, TimeSpan wait, Instant now)
    {
        _delayed.Add((now + Endpoint.Entropy.JitterDown(wait, 0.6), exchange));
        Timers.Set(IkeTimer.Retry, _delayed.Min(static d => d.At));
    }

    public bool Wants<T>()
        where T : Exchange => Current is T || _queue.Any(static e => e is T) || _delayed.Exists(static d => d.Exchange is T);

    /// <summary>Starts the deletion of this SA; its children stop at once.</summary>
    public void StartClose(CloseReason reason, Instant now, NotifyType? error = null)
    {
        switch (State)
        {
            case IkeState.Closed or IkeState.Closing:
                return;
            case IkeState.SaInitSent or IkeState.AwaitAuth:
            case IkeState.AuthSent when Current is Intermediate || (_queue.TryPeek(out var next) && next is IkeAuth or Intermediate): // no IKE_AUTH yet
                Closed(reason, now);
                return;
            case IkeState.AuthSent or IkeState.Established or IkeState.Replaced:
                Children.RemoveAll(reason);
                CollidingRekey?.Sa.StartClose(reason, now);
                CollidingRekey = null;
                Withdraw();
                EndFollowUps();
                State = new IkeState.Closing(reason, Peer);
                DropQueued();
                StopAllButRetransmit();
                Enqueue(new IkeDelete(reason, error), now);
                return;
            default:
                throw new InvalidOperationException($"StartClose in {State}.");
        }
    }

    /// <summary>It is over: children, keys, timers. Retransmissions of the last request are still answered for a while.</summary>
    public void Closed(CloseReason reason, Instant now)
    {
        if (State is IkeState.Closed) return;
        var wasEstablished = State is IkeState.Established or IkeState.Replaced or IkeState.Closing;
        Children.RemoveAll(reason);
        CollidingRekey?.Sa.Closed(reason, now);
        CollidingRekey = null;
        Withdraw();
        EndFollowUps();
        LeaveLine(now);
        State = new IkeState.Closed(reason);
        DropQueued();
        Current?.Abandon();
        Current = null;
        RecallErrands();
        GiveUpRenewal(reason, now);
        ReturnLeases();
        _window.Settle();
        SendHeld();
        Timers.StopAll();
        Timers.Set(IkeTimer.Forget, reason.Cause == CloseCause.HalfOpenTimeout ? now : now + ForgetAfter); // nothing was asked that could be asked again
        Endpoint.OnClosed(this, reason, wasEstablished);
    }

    /// <summary>A successor, already authenticated by inheritance, takes children and wishes over.</summary>
    public void HandOverTo(IkeSa successor, Instant now)
    {
        EndFollowUps();
        if (Timers.IsRunning(IkeTimer.Renewed)) CloseRenewed(now);
        Children.MoveTo(successor);
        HandConfigurationTo(successor);
        foreach (var exchange in _queue.Concat(_delayed.Select(static d => d.Exchange)).ToList())
        {
            if (exchange is not (IkeRekey or Liveness or PathProbe)) successor._queue.Enqueue(exchange);
        }

        _queue.Clear();
        _delayed.Clear();
        State = new IkeState.Replaced(successor, Peer!);
        successor.Follow(this);
        if (_supersededBy is { } newer) successor.SupersedeBy(newer, now);
        Timers.Stop(IkeTimer.RekeyIke);
        Timers.Stop(IkeTimer.Reauthenticate);
        Timers.Stop(IkeTimer.Superseded);
        Timers.Stop(IkeTimer.Liveness);
        Timers.Stop(IkeTimer.WayHome);
        Timers.Stop(IkeTimer.Retry);
        Timers.SetEarlier(IkeTimer.ExpireIke, now + ReplacedPatience);
        successor.Pump(now);
    }

    /// <summary>Something authentic came from the peer: it lives.</summary>
    public void Heard(Instant now)
    {
        _lastHeard = now;
        Prove(now);
    }

    /// <summary>Follows the peer's NAT mapping; only ever called for something authentic.</summary>
    public void MoveTo(Path path)
    {
        if (path == Path) return;
        Path = path;
        MoveChildren();
    }

    public void Dispose()
    {
        RecallErrands();
        EndFollowUps();
        _ppkKeys?.Dispose();
        _previousEnvelope?.Dispose();
        _envelope?.Dispose();
        _keys?.Dispose();
    }

    /// <summary>It is no successor for anyone any more.</summary>
    private void Withdraw()
    {
        if (ContenderFor is { } old && old.CollidingRekey?.Sa == this) old.CollidingRekey = null;
        ContenderFor = null;
    }

    private void DropQueued()
    {
        _continuing?.Abandon();
        _continuing = null;
        foreach (var exchange in _queue.Concat(_delayed.Select(static d => d.Exchange))) exchange.Abandon();
        _queue.Clear();
        _delayed.Clear();
    }

    private SkCipher Cipher(IkeSuite suite, Secret encryption, Secret integrity) =>
        Endpoint.Algorithms.SkCipher(
            suite.Encryption, suite.KeyLength, suite.Integrity, encryption.Octets, integrity.Octets, Endpoint.Entropy)
        ?? throw new InvalidOperationException($"The suite {suite} was chosen but is not available.");
}
