using System.Collections.Immutable;
using System.Net.Sockets;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Appliance.Network.Files;
using EdgeVpn.Appliance.Pki;
using EdgeVpn.Appliance.Pki.Revocation;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Board;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Linux;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Proposals;
using LocalStatus = EdgeVpn.Appliance.Local;

namespace EdgeVpn.Appliance.Composition;

/// <summary>The running box: engine, data plane, network, probes and lights, put together once and given one configuration after the other.</summary>
public sealed partial class Box : ISpot, IAsyncDisposable
{

    /// <summary>The kernel tells of every change; it is asked again this often all the same.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _applying = new(1, 1);
    private readonly IkeSockets _sockets;
    private readonly IkeEndpoint _engine;
    private readonly EspDataPlane _dataPlane;
    private readonly ConnectionManager _connections;
    private readonly IkeLoop _loop;
    private readonly HttpRevocationFetcher _fetcher = new();
    private readonly IkeWorkshop _workshop;
    private readonly NetworkApplier _network = new();
    private readonly NetworkWatch _watch = new();
    private readonly Prober _prober;
    private readonly PathMtuProber _pathMtus;
    private readonly WanWatch _wans;
    private readonly NetworkHandover _handover = NetworkHandover.OfThisService;
    private readonly AlgorithmCatalog _algorithms;
    private readonly AzureGateway? _azure;
    private readonly Instant _started = IkeLoop.Now();
    private readonly TimeProvider _time;
    private readonly Thread _watcher;
    private readonly Poller _watchPoller = new();
    private long _watchBeats;
    private volatile bool _stopping;
    private volatile bool _hasPlan; // until there is one, the kernel's filter and routes of before stand
    private volatile BoxConfig _configuration = new();
    private volatile ConfigurationInForce _inForce = new();
    private ImmutableHashSet<Reason> _faults = [];
    private SettledConfiguration? _settled;
    private volatile NetworkFacts _seen = NetworkFacts.Nothing;
    private volatile ShownInterfaces? _shown;

    /// <param name="exportKeys">Laboratories only: where keys are written to.</param>
    /// <param name="azure">Take on the habits of Azure's gateway; null: our own.</param>
    /// <param name="certificates">The folder of certificate files; null where there is none.</param>
    /// <exception cref="LinuxException">Port 500 or 4500 is taken, or a privilege is missing.</exception>
    public Box(CryptoProviders crypto, TimeProvider time, string? exportKeys, string? certificates = null, AzureGateway? azure = null)
    {
        var algorithms = _algorithms = PreparedKeyExchange.In(crypto.Algorithms, piece => _workshop?.TryRun(piece) ?? false);
        _time = time;
        Events = new BoxEvents(time);
        var entropy = new KernelEntropy();
        _sockets = new IkeSockets(NetworkNumbers.Mark);
        var options = new IkeEndpointOptions { Algorithms = algorithms, ExportKeys = exportKeys is not null, DefersAgreements = true };
        _engine = new IkeEndpoint(entropy, azure is null ? options : AzureGateway.Endpoint(options));
        _dataPlane = new EspDataPlane(
            crypto.Esp, entropy, new DataPlaneOptions { Mark = NetworkNumbers.Mark, ChildLimits = LimitsOf }, () => _loop?.Wake());
        var source = new CertificateSource(certificates);
        var credentials = new CredentialStore(source);
        _connections = new ConnectionManager(
            _engine, _dataPlane, new SystemPeerLookup(NetworkNumbers.Mark), algorithms, credentials, entropy, Events);
        if (azure is not null) _connections.Habits = azure.Connection;
        _connections.WanAddresses = () => _seen.Interfaces
            .Where(static i => i is { Role: InterfaceUse.Wan, HasCarrier: true })
            .SelectMany(static i => i.Addresses)
            .Select(static a => a.Address)
            .Where(static a => !a.IsIPv6LinkLocal);
        _azure = azure;
        _connections.TunnelOpened += name => _network.TunnelReady(name);
        if (exportKeys is not null)
        {
            var export = new KeyExport(exportKeys);
            _connections.KeysExported += export.Ike;
            _connections.ChildInstalled += export.Child;
        }

        _loop = new IkeLoop(_sockets, _engine, _dataPlane, _connections);
        var judge = new PeerJudge(credentials, new RevocationCheck(source, _fetcher, time), time);
        judge.Unchecked += (connection, why) => Events.Add("pki.unchecked", connection, $"let in although its revocation could not be checked: {why}");
        _workshop = new IkeWorkshop(new PkiDesk(credentials, judge), _loop.Return);
        _connections.Work = _workshop.Take;
        _connections.Post = action => _ = _loop.InvokeAsync(now =>
        {
            action(now);
            return true;
        });
        _prober = new Prober(name => _connections.Views.Any(view => view.Plan.Config.Name == name && view.State == Control.ConnectionState.Up));
        _prober.Changed += (connection, probe) => Events.Add(
            BoxEventKind.Probe, connection, $"{probe.Probe.Address} {(probe.Answers ? "answers" : "is silent")}", ("address", probe.Probe.Address.ToString()));
        _pathMtus = new PathMtuProber(
            name => _connections.Views.FirstOrDefault(view => view.Plan.Config.Name == name),
            (name, result) => _loop.InvokeAsync(now =>
            {
                _connections.TakePathMtu(name, result, now);
                return true;
            }));
        _wans = new WanWatch(_network.Facts, time);
        _wans.Chosen += LeaveBy;
        _watcher = new Thread(Watch) { Name = "network", IsBackground = true };
    }

    public BoxEvents Events { get; }

    public IkeLoop Loop => _loop;

    public ConnectionManager Connections => _connections;

    public BoxConfig Configuration => _configuration;

    public ConfigurationInForce InForce => _inForce;

    /// <summary>The cloud side, once there is one.</summary>
    public Func<Cloud.CloudStatus?> Cloud { get; set; } = static () => null;

    /// <summary>The machine's clock is known to be wrong; set once by the composition.</summary>
    internal Func<bool> ClockIsBehind { get; set; } = static () => false;

    /// <summary>What survives a restart beside the documents; null where nothing is kept.</summary>
    internal BoxMemory? Memory { get; private set; }

    /// <summary>The port that the board calls WAN; asked when the machine's ports changed.</summary>
    internal Func<NetworkFacts, string?> WanOfTheBoard { get; set; } = static _ => null;

    /// <summary>Whether another version is being installed; asked whenever lights are.</summary>
    internal Func<bool> IsUpdating { get; set; } = static () => false;

    /// <summary>Until the daemon has done what its first configuration asks for.</summary>
    internal bool IsStarting { get; set; } = true;

    public TimeSpan Uptime => IkeLoop.Now() - _started;

    /// <summary>Has everything remembered from here on. Before <see cref="Start"/>.</summary>
    internal void Remember(BoxMemory memory)
    {
        Memory = memory;
        _loop.Observer = memory.Recorder.Datagram;
        _connections.MessageSeen += memory.Recorder.Message;
        _connections.ChildInstalled += child => memory.Loan.See(child, IkeLoop.Now());
        Events.Happened += memory.Recorder.Event;
        memory.DiskChanged = disk =>
        {
            SetFault(ReasonCode.DiskFull, !disk.IsOk);
            Events.Add(BoxEventKind.Disk, null, disk.IsOk ? "the box can keep its notes again" : disk.Sentence);
        };
        memory.Gather = () => memory.Meter.Sample(_connections.Views, _dataPlane.Status());
        _connections.ChildLeaving += memory.Gather;
    }

    /// <summary>Keys for a capture, and those of child SAs made while <paramref name="time"/> lasts.</summary>
    internal Task<LentKeys> LendKeysAsync(KeyLoan loan, TimeSpan time) => _loop.InvokeAsync(now => loan.Lend(_engine.LiveKeys(), time, now));

    public void Start()
    {
        _loop.Start();
        _watchPoller.Add(_watch.Handle, 0);
        _watcher.Start();
    }

    /// <summary>Puts the drops up that keep protected networks in, before anything else of a configuration happens.</summary>
    public void Guard(BoxConfig configuration)
    {
        _hasPlan = true;
        Tell(_network.Guard(NetworkPlan.From(configuration)));
    }

    /// <summary>The box itself is at fault (a full disk, a failed self-test), or is no longer.</summary>
    public void SetFault(Reason fault, bool present) => ImmutableInterlocked.Update(ref _faults, faults => present ? faults.Add(fault) : faults.Remove(fault));

    /// <summary>Puts a validated configuration in force. Connections that did not change keep their SAs.</summary>
    public async Task ApplyAsync(BoxConfig configuration, ConfigurationInForce inForce)
    {
        await _applying.WaitAsync().ConfigureAwait(false);
        try
        {
            var before = _configuration;
            var plan = NetworkPlan.From(configuration);
            _hasPlan = true;
            SetFault(ReasonCode.NoConfiguration, false);
            Tell(_network.Apply(Merge(plan, NetworkPlan.From(before)))); // what was protected stays so until its SAs are gone
            var mtus = MtusOf(configuration);
            (_seen, _configuration) = (_network.Facts(), configuration); // no light says that the cable is out because nobody looked yet
            await _loop.InvokeAsync(now =>
            {
                _connections.Configure(before, configuration, mtus, now);
                return true;
            }).ConfigureAwait(false);
            Tell(_network.Apply(plan));
            await _prober.ConfigureAsync(configuration).ConfigureAwait(false);
            await _pathMtus.ConfigureAsync(configuration).ConfigureAwait(false);
            await _wans.ConfigureAsync(configuration).ConfigureAwait(false);
            if (_handover.Tell(configuration) is { } refused) Events.Add(BoxEventKind.Network, null, refused);
            _inForce = inForce;
            _seen = _network.Facts();
        }
        finally
        {
            _applying.Release();
        }
    }

    bool ISpot.HasSettled => Volatile.Read(ref _settled) is not null;

    Task ISpot.TryAsync(BoxConfig configuration, ConfigurationInForce inForce)
    {
        Interlocked.CompareExchange(ref _settled, new SettledConfiguration(_configuration, _inForce), null); // of two trials in a row, what was before the first
        return ApplyAsync(configuration, inForce);
    }

    Task ISpot.ReturnAsync(SettledConfiguration before) => ApplyAsync(before.Configuration, before.InForce);

    void ISpot.Tell(string text) => Events.Add(BoxEventKind.Hand, null, text);

    SettledConfiguration? ISpot.TakeSettled() => TakeSettled();

    /// <summary>What was in force before something was tried on the spot, for whoever takes over from that trial; null: nothing is on trial there.</summary>
    internal SettledConfiguration? TakeSettled() => Interlocked.Exchange(ref _settled, null);

    /// <summary>The box's own loops, for the watchdog.</summary>
    internal ImmutableArray<Pulse> Pulses() =>
        [new("ike", () => _loop.Beats), new("network", () => Volatile.Read(ref _watchBeats)), .. _dataPlane.Workers];

    /// <summary>That passed through all tunnels, both ways; those of a tunnel that was closed go with it.</summary>
    internal long Packets => _dataPlane.Packets;

    /// <summary>The machine's network, asked of the kernel now.</summary>
    internal NetworkFacts Machine() => _network.Facts();

    /// <summary>One consistent moment of everything.</summary>
    public BoxFacts Facts()
    {
        var configuration = _configuration;
        var facts = _seen;
        var interfaces = Interfaces(configuration, facts);
        return new BoxFacts(
            configuration,
            _inForce,
            interfaces,
            facts.DefaultInterfaces.Any(),
            _connections.Views,
            connection => [.. _prober.Of(connection)],
            new Lazy<DataPlaneStatus>(_dataPlane.Status),
            Cloud(),
            Worst(ClockIsBehind() ? _faults.Add(ReasonCode.ClockWrong) : _faults))
        {
            IsStarting = IsStarting,
            IsUpdating = IsUpdating(),
            WanOfTheBoard = !facts.DefaultInterfaces.Any(static i => i.HasCarrier) && _shown?.WanOfTheBoard is { } port ? interfaces.FirstOrDefault(i => i.Name == port) : null,
            HandsNamesOver = _handover.IsThere && NameFiles.Serves(EffectiveConfiguration.Of(configuration).Interfaces),
        };
    }

    private static Reason? Worst(ImmutableHashSet<Reason> faults) => faults.MaxBy(static fault => (fault.Severity, fault.Digits));

    public BoxStatus Status(LightsStatus lights)
    {
        var facts = Facts();
        var counters = _engine.Counters;
        return new BoxStatus
        {
            Version = ProductVersion.Text,
            Device = facts.Configuration.Device.Name ?? Environment.MachineName,
            Site = facts.Configuration.Device.Site,
            UptimeSeconds = (long)Uptime.TotalSeconds,
            Configuration = facts.InForce,
            Interfaces = InterfacesOf.Measured(facts.Interfaces, _seen),
            Connections = StatusOf.Connections(facts, IkeLoop.Now(), _time.GetUtcNow()),
            Cloud = StatusOf.Cloud(facts),
            Lights = lights,
            Flash = Memory is { Notes.Count: > 0 } memory ? memory.Budget.Status() : null,
            Offloads = facts.Traffic.Offloads,
            Counters = facts.Traffic.Drops.ToImmutableSortedDictionary(StringComparer.Ordinal)
                .AddRange(_network.Drops().Select(static d => KeyValuePair.Create("filter." + d.Key, d.Value)))
                .Add("ike.invalidHeaders", counters.InvalidHeaders)
                .Add("ike.unknownSpis", counters.UnknownSpis)
                .Add("ike.notAuthentic", counters.NotAuthentic)
                .Add("ike.malformed", counters.MalformedMessages)
                .Add("ike.unknownSources", counters.UnknownSources)
                .Add("ike.cookiesSent", counters.CookiesSent)
                .Add("ike.halfOpenRefused", counters.HalfOpenRefused)
                .Add("ike.attemptsRefused", counters.AttemptsRefused)
                .Add("ike.workWaiting", _workshop.Waiting)
                .Add("ike.workRefused", _workshop.Refused)
                .Add("process.allocatedOctets", GC.GetTotalAllocatedBytes())
                .Add("process.collections", GC.CollectionCount(0)),
        };
    }

    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        _watchPoller.Wake();
        if (_watcher.IsAlive) _watcher.Join();
        await _prober.DisposeAsync().ConfigureAwait(false);
        await _pathMtus.DisposeAsync().ConfigureAwait(false);
        await _wans.DisposeAsync().ConfigureAwait(false);
        _loop.Dispose();
        _workshop.Dispose();
        _fetcher.Dispose();
        _dataPlane.Dispose();
        _engine.Dispose();
        _sockets.Dispose();
        _network.Dispose(); // the guard stays: what is protected never leaves in clear, also without us
        _watch.Dispose();
        _watchPoller.Dispose();
        _applying.Dispose();
    }

    /// <summary>The new plan, and the old one's tunnels until they are gone.</summary>
    private static NetworkPlan Merge(NetworkPlan after, NetworkPlan before) => after with
    {
        Tunnels = [.. after.Tunnels, .. before.Tunnels.Where(old => !after.Tunnels.Any(tunnel => tunnel.Connection == old.Connection))],
    };

    private LifetimeLimits LimitsOf(string connection)
    {
        var config = ConnectionPlan.Of(_configuration).FirstOrDefault(plan => plan.Name == connection)?.Config;
        return config is null ? LifetimeLimits.Unlimited : LifetimeLimits.Hard(0, (ulong)(_azure?.Policy?.Kilobytes ?? config.Esp.LifetimeKilobytes) * 1_024);
    }

    /// <summary>Inner MTU by connection name, as the ways out are now.</summary>
    private Dictionary<string, int> MtusOf(BoxConfig configuration) => configuration.Connections.ToDictionary(static c => c.Name, c => MtuOf(c, configuration));

    private int MtuOf(ConnectionConfig connection, BoxConfig configuration)
    {
        if (connection.Tunnel.Mtu.Octets is { } written) return written;
        var wan = InterfacesOf.OuterMtu(configuration, _network.Facts());
        var proposals = ConnectionProposals.Of(connection, _algorithms);
        var overIPv6 = connection.Remote.Endpoints.Any(static e => e.Address.Address?.AddressFamily == AddressFamily.InterNetworkV6);
        return TunnelSize.ForAny(proposals.EspOffer.Concat(proposals.EspAccept).SelectMany(TunnelSize.SuitesOf), wan, overIPv6, udpEncapsulated: true).Mtu;
    }

    /// <summary>Made anew when configuration or machine changed, or was looked at again; which WAN leads somewhere changes by itself.</summary>
    private ImmutableArray<LocalStatus.InterfaceStatus> Interfaces(BoxConfig configuration, NetworkFacts facts)
    {
        var shown = _shown;
        if (shown is null || !ReferenceEquals(shown.Configuration, configuration) || !ReferenceEquals(shown.Facts, facts))
        {
            var statuses = InterfacesOf.Statuses(configuration, facts, _wans.Leads, static session => SessionNote.SaysRefused(session));
            _shown = shown = new ShownInterfaces(configuration, facts, statuses, WanOfTheBoard(facts));
        }

        foreach (var one in shown.Interfaces)
            if (Leads(one) != one.Leads) return [.. shown.Interfaces.Select(i => i with { Leads = Leads(i) })];
        return shown.Interfaces;

        bool? Leads(LocalStatus.InterfaceStatus one) => facts.Find(one.Name) is null ? null : _wans.Leads(one.Name);
    }

    private sealed record ShownInterfaces(BoxConfig Configuration, NetworkFacts Facts, ImmutableArray<LocalStatus.InterfaceStatus> Interfaces, string? WanOfTheBoard);
}
