using System.Net;
using EdgeVpn.Appliance.Pki;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Control;

/// <summary>Keeps what is wanted up: which endpoint, when again, what went wrong. Runs on the IKE thread.</summary>
public sealed partial class ConnectionManager
{
    /// <summary>How often a connection that waits for the time looks again.</summary>
    private static readonly TimeSpan ClockLook = TimeSpan.FromSeconds(1);

    private readonly IkeEndpoint _engine;
    private readonly IDataPlane _dataPlane;
    private readonly IPeerLookup _lookup;
    private readonly AlgorithmCatalog _algorithms;
    private readonly CredentialStore _credentials;
    private readonly IEntropy _entropy;
    private readonly BoxEvents _events;

    private readonly Dictionary<string, LiveConnection> _live = [];
    private readonly Dictionary<ChildSaId, string> _childOwners = [];
    private readonly HashSet<string> _tunnels = [];
    private readonly Dictionary<string, ConnectionRate> _rates = []; // by the connection's own name: its tunnels share it
    private bool _isEnding;
    private readonly NatKeepalives _keepalives;

    public ConnectionManager(
        IkeEndpoint engine, IDataPlane dataPlane, IPeerLookup lookup, AlgorithmCatalog algorithms, CredentialStore credentials, IEntropy entropy, BoxEvents events)
    {
        (_engine, _dataPlane, _lookup, _algorithms, _credentials, _entropy, _events) = (engine, dataPlane, lookup, algorithms, credentials, entropy, events);
        _keepalives = new NatKeepalives(dataPlane.SendKeepalive);
    }

    /// <summary>Hands a task's result back to the IKE thread; set once by the composition.</summary>
    public Action<Action<Instant>> Post { get; set; } = static _ => { };

    /// <summary>Whether certificates should wait because the clock is known to be wrong; set once by the composition.</summary>
    public Func<bool> ClockIsDoubtful { get; set; } = static () => false;

    /// <summary>What the engine is given for a connection, changed as another kind of gateway would have it; set once by the composition.</summary>
    public Func<IkeConnection, IkeConnection> Habits { get; set; } = static connection => connection;

    /// <summary>Our addresses on what leads outside; set once by the composition.</summary>
    public Func<IEnumerable<IPAddress>> WanAddresses { get; set; } = static () => [];

    /// <summary>A TUN interface came to be: its routes can be set.</summary>
    public event Action<string>? TunnelOpened;

    /// <summary>The configuration in force from now on. Connections that did not change keep their SAs and lose no packet.</summary>
    /// <param name="mtus">Inner MTU by connection name.</param>
    public void Configure(BoxConfig before, BoxConfig after, IReadOnlyDictionary<string, int> mtus, Instant now)
    {
        var plans = ConnectionPlan.Of(after);
        var names = plans.Select(static plan => plan.Name).ToHashSet();
        var diff = ConfigurationDiff.Between(before, after);
        var anew = diff.Connections.Where(static c => c.NeedsNewSas || c.Kind == ChangeKind.Removed).Select(static c => c.Name).ToHashSet();

        foreach (var (name, live) in _live.ToArray())
        {
            var stays = names.Contains(name);
            if (stays && !anew.Contains(live.Plan.Config.Name)) continue;
            _engine.Handle(new IkeInput.Close(name), now);
            if (!stays) _live.Remove(name);
        }

        foreach (var gone in _rates.Keys.Except(after.Connections.Select(static connection => connection.Name)).ToList()) _rates.Remove(gone);
        foreach (var plan in plans)
        {
            LimitRate(plan);
            var mtu = mtus[plan.Config.Name];
            if (_live.TryGetValue(plan.Name, out var live))
            {
                if (anew.Contains(plan.Config.Name)) Forget(live, now);
                live.Plan = plan;
                Resize(live, mtu);
            }
            else
            {
                _live[plan.Name] = live = new LiveConnection(plan, mtu) { NextAttempt = now, Since = now };
            }

            LoadCredential(live);
            if (live.CredentialProblem is { } problem) Note(live, ReasonCode.CertificateRefused, problem, now);
        }

        foreach (var tunnel in plans.Select(static plan => plan.Interface).Distinct()) OpenTunnel(tunnel, MtuOf(tunnel));

        _credentials.Keep(plans.Select(static plan => plan.Name));

        Drain(now); // what Close said must be done before its TUN goes
        foreach (var unused in _tunnels.Except(plans.Select(static plan => plan.Interface)).ToList())
        {
            _dataPlane.CloseTunnel(unused);
            _tunnels.Remove(unused);
        }

        TellEngine(now);
        Tick(now);
    }

    /// <summary>The ways out may have another size than when the configuration came: a session that stands now, a port's new MTU.</summary>
    /// <param name="mtus">Inner MTU by connection name; a connection that is not named keeps its own.</param>
    public void Resize(IReadOnlyDictionary<string, int> mtus)
    {
        var before = _tunnels.ToDictionary(static tunnel => tunnel, MtuOf);
        foreach (var live in _live.Values) Resize(live, mtus.GetValueOrDefault(live.Plan.Config.Name, live.FullMtu));
        foreach (var (tunnel, mtu) in before)
            if (MtuOf(tunnel) is var after && after != mtu) _dataPlane.SetMtu(tunnel, after);
    }

    /// <summary>Starts what is due. Call about twice a second.</summary>
    public void Tick(Instant now)
    {
        foreach (var live in _live.Values)
        {
            if (live.IsWanted && live.Plan.MayInitiate && live.NextAttempt <= now && live.Children.Count == 0) Attempt(live, now);
        }

        FollowPaths(now);
        Publish(now);
        _keepalives.Tick(_views.SelectMany(static view => view.IkeSas), now);
    }

    /// <summary>Brings a connection up now, whatever its back-off says.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public void Up(string name, Instant now)
    {
        foreach (var live in Named(name))
        {
            live.IsWanted = true;
            live.Failures = 0;
            live.Churn.Forgive();
            if (live.Children.Count == 0) live.NextAttempt = now;
        }

        TellEngine(now);
        Tick(now);
    }

    /// <summary>Takes a connection down and keeps it down until <see cref="Up"/> or a new start.</summary>
    public void Down(string name, Instant now)
    {
        foreach (var live in Named(name))
        {
            live.IsWanted = false;
            live.NextAttempt = Instant.Never;
            _engine.Handle(new IkeInput.Close(live.Plan.Name), now);
        }

        TellEngine(now);
    }

    /// <summary>A new IKE SA beside the old one, where we called or could have; false where only the peer can.</summary>
    public bool Reauthenticate(string name, Instant now)
    {
        var ours = _engine.Status().Where(static sa => sa.MayRenew).Select(static sa => sa.Connection).ToHashSet();
        var able = Named(name).Where(live => ours.Contains(live.Plan.Name)).ToList();
        foreach (var live in able)
        {
            live.Churn.Forgive();
            _engine.Handle(new IkeInput.Reauthenticate(live.Plan.Name), now);
        }

        return able.Count > 0;
    }

    public void Rekey(string name, bool ike, bool child, Instant now)
    {
        foreach (var live in Named(name))
        {
            live.Churn.Forgive();
            if (child) _engine.Handle(new IkeInput.RekeyChildren(live.Plan.Name), now);
            if (ike) _engine.Handle(new IkeInput.RekeyIke(live.Plan.Name), now);
        }
    }

    /// <summary>What the path of a connection was found to carry; null while it is asked again, at the size that its suite and the WAN would allow.</summary>
    public void TakePathMtu(string name, PathMtuResult? result, Instant now)
    {
        foreach (var live in _live.Values.Where(live => live.Plan.Config.Name == name))
        {
            var isNews = result is { } found && found != live.PathMtu && (found.Kind == PathMtuKind.BlackHole || live.PathMtu is { Kind: PathMtuKind.BlackHole });
            live.Mtu = result switch
            {
                { Kind: PathMtuKind.BlackHole } hole => Math.Min(hole.Mtu, live.FullMtu),
                { Kind: PathMtuKind.Unknown } when live.PathMtu is not { Kind: PathMtuKind.BlackHole } => live.Mtu, // what the kernel knows stays
                _ => live.FullMtu,
            };
            live.PathMtu = result ?? live.PathMtu;
            if (_tunnels.Contains(live.Plan.Interface)) _dataPlane.SetMtu(live.Plan.Interface, MtuOf(live.Plan.Interface));
            if (isNews)
            {
                _events.Add(
                    "tunnel.mtu", live.Plan.Name, result!.Value.Kind == PathMtuKind.BlackHole
                        ? $"packets above {live.Mtu} octets vanish on the way: the tunnel's MTU is {live.Mtu} now, not {live.FullMtu}"
                        : $"packets of {live.FullMtu} octets arrive again",
                    ("mtu", $"{live.Mtu}"));
            }
        }

        Publish(now);
    }

    /// <summary>Everything that is down, at once: the button's short press.</summary>
    public void Reconnect(Instant now)
    {
        foreach (var live in _live.Values.Where(static l => l.IsWanted && l.Children.Count == 0)) live.NextAttempt = now;
        Tick(now);
    }

    /// <summary>The end: every SA is closed, and a peer that calls again finds nobody until the next start.</summary>
    public void CloseAll(Instant now)
    {
        _isEnding = true;
        TellEngine(now);
    }

    private List<LiveConnection> Named(string name)
    {
        var found = _live.Values.Where(live => live.Plan.Name == name || live.Plan.Config.Name == name).ToList();
        return found.Count > 0 ? found : throw new ArgumentException($"There is no connection '{name}'.", nameof(name));
    }

    private void Attempt(LiveConnection live, Instant now)
    {
        if (live.Plan.Config.Authentication is not PskAuthentication && ClockIsDoubtful())
        {
            live.NextAttempt = now + ClockLook;
            return;
        }

        if (live.Endpoint.Address.HostName is { } hostName && live.Resolved is null)
        {
            Resolve(live, hostName);
            return;
        }

        if (live.Credential is null) LoadCredential(live); // a file may have been put in its place by now
        if (live.Credential is null)
        {
            Failed(live, ReasonCode.CertificateRefused, live.CredentialProblem, now);
            return;
        }

        var remote = live.Endpoint.Address.Address ?? live.Resolved![0];
        var local = live.Plan.Config.Local.Address ?? _lookup.SourceTowards(remote);
        if (local is null)
        {
            Failed(live, ReasonCode.PeerUnreachable, $"no route to {remote}", now);
            return;
        }

        if (!local.Equals(live.LocalAddress))
        {
            live.LocalAddress = local;
            TellEngine(now);
        }

        live.NextAttempt = Instant.Never;
        var path = new Path(
            new IpEndpoint(IpAddress.From(local), Path.IkePort), new IpEndpoint(IpAddress.From(remote), Path.IkePort));
        _engine.Handle(new IkeInput.Initiate(live.Plan.Name, path), now);
    }

    private void Resolve(LiveConnection live, string hostName)
    {
        if (live.IsResolving) return;
        live.IsResolving = true;
        live.NextAttempt = Instant.Never;
        _ = ResolveAsync();

        async Task ResolveAsync()
        {
            var addresses = await _lookup.ResolveAsync(hostName).ConfigureAwait(false);
            Post(now =>
            {
                live.IsResolving = false;
                if (addresses.Count == 0)
                {
                    Failed(live, ReasonCode.NameNotResolved, $"{hostName} has no address", now);
                    return;
                }

                live.Resolved = addresses;
                live.NextAttempt = now;
                TellEngine(now);
                Tick(now);
            });
        }
    }

    private void Failed(LiveConnection live, Reason? reason, string? detail, Instant now)
    {
        live.Failures++;
        if (reason is not null) Note(live, reason, detail, now);
        live.Resolved = null; // a name may lead elsewhere by now
        if (live.Plan.Endpoints.Length > 1) live.EndpointIndex++;
        if (live.IsWanted && live.Plan.MayInitiate) live.NextAttempt = now + Backoff.After(live.Failures, _entropy);
        TellEngine(now);
    }

    private void Note(LiveConnection live, Reason reason, string? detail, Instant now)
    {
        var isNews = live.Reason != reason || live.Detail != detail;
        (live.Reason, live.Detail) = (reason, detail);
        if (!isNews) return;
        live.Since = now;
        _events.Add(
            "connection", live.Plan.Name, $"{reason.Digits} {reason.Name}: {reason.Sentence}" + (detail is null ? "" : $" ({detail})"),
            ("reason", reason.Name), ("digits", reason.Digits.ToString()), ("detail", detail ?? ""));
    }

    private static void Forget(LiveConnection live, Instant now)
    {
        (live.Reason, live.Detail, live.Failures, live.Resolved, live.EndpointIndex) = (null, null, 0, null, 0);
        live.NextAttempt = now;
    }

    private void LimitRate(ConnectionPlan plan)
    {
        const long megabit = 1_000_000;
        if (!_rates.TryGetValue(plan.Config.Name, out var rate)) _rates[plan.Config.Name] = rate = new ConnectionRate();
        rate.Out.BitsPerSecond = (plan.Config.RateLimit?.OutMbps ?? 0) * megabit;
        rate.In.BitsPerSecond = (plan.Config.RateLimit?.InMbps ?? 0) * megabit;
        _dataPlane.LimitRate(plan.Name, rate);
    }

    /// <summary>What was found of the path counts for the size it was found at.</summary>
    private static void Resize(LiveConnection live, int mtu)
    {
        if (live.FullMtu != mtu) (live.FullMtu, live.Mtu, live.PathMtu) = (mtu, mtu, null);
    }

    // Connections that share an interface share its size.
    private int MtuOf(string tunnel) => _live.Values.Where(live => live.Plan.Interface == tunnel).Min(static live => live.Mtu);

    private void OpenTunnel(string name, int mtu)
    {
        if (_tunnels.Add(name))
        {
            _dataPlane.OpenTunnel(name, mtu);
            TunnelOpened?.Invoke(name);
        }
        else
        {
            _dataPlane.SetMtu(name, mtu);
        }
    }

    private void Drain(Instant now)
    {
        while (_engine.TryTake(out var output)) On(output, now);
    }
}
