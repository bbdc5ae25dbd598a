using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>The user-space data plane: TUN interfaces on one side, UDP 4500 and protocol 50 on the other, ESP between them.</summary>
/// <remarks>
/// Workers belong to queues, not to connections: one receiver per socket, one transmitter per TUN queue. The IKE thread, the only caller, swaps
/// immutable snapshots (<see cref="SaTable"/>, <see cref="OutboundRoutes"/>, <see cref="PeerPath"/>); workers load them once per batch or packet. What
/// was taken out of a snapshot is disposed when every worker has passed (<see cref="WorkerEpoch"/>), so that no packet meets a retired key. All sockets
/// and interfaces belong to the network namespace of the thread that makes this and calls it.
/// </remarks>
public sealed class EspDataPlane : IDataPlane
{
    private static readonly TimeSpan MtuInterval = TimeSpan.FromSeconds(10);
    private const int MtusPerPoll = 16;
    private const int PollsPerRound = 16; // with two polls a second, a round is over before the next

    private readonly EspSaFactory _factory;
    private readonly IEntropy _entropy;
    private readonly DataPlaneOptions _options;
    private readonly RouteNetlink _netlink = RouteNetlink.Open();
    private readonly PeerSockets _sockets;
    private readonly SaTable _sas = new();
    private readonly IkeQueue _ike;
    private readonly IkeSender _ikeSender;
    private ImmutableArray<Receiver> _receivers = [];
    // Changed by the IKE thread alone; status is asked by any.
    private readonly ConcurrentDictionary<string, Tunnel> _tunnels = [];
    private readonly ConcurrentDictionary<ChildSaId, Child> _children = [];
    private readonly Dictionary<string, ConnectionRate> _rates = [];
    private readonly Dictionary<(string Connection, IpEndpoint Remote), PeerShare> _shares = [];
    private readonly Retirement _retired = new();
    private readonly Drops _drops = new(); // this thread's, and those of transmitters that ended
    private long _uses;
    private readonly Queue<Child> _mtusToAsk = [];
    private int _mtusPerPoll;
    private Instant _mtuRoundAt;
    private readonly FairShares _inboundShares = new();
    private Instant _polledAt;
    private long _overflowed; // datagrams, at all receivers
    private Pulses _pulses = new([]);

    /// <param name="factory">Makes the SAs.</param>
    /// <param name="entropy">For IVs that must be unpredictable.</param>
    /// <param name="options">What is told once.</param>
    /// <param name="wake">Called by a receiver when the first IKE message waits; must be quick and safe from any thread.</param>
    /// <exception cref="LinuxException">The port is taken, or a privilege is missing.</exception>
    public EspDataPlane(EspSaFactory factory, IEntropy entropy, DataPlaneOptions options, Action wake)
    {
        ArgumentNullException.ThrowIfNull(factory);
        ArgumentNullException.ThrowIfNull(entropy);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(wake);
        _factory = factory;
        _entropy = entropy;
        _options = options;
        try
        {
            _sockets = new PeerSockets(options);
        }
        catch
        {
            _netlink.Dispose();
            throw;
        }

        _ike = new IkeQueue(wake);
        _ikeSender = new IkeSender(_sockets, _drops);
        if (_sockets.Udp4 is { } udp4) _receivers = _receivers.Add(new Receiver("rx udp4", udp4, _sas, _ike));
        if (_sockets.Udp6 is { } udp6) _receivers = _receivers.Add(new Receiver("rx udp6", udp6, _sas, _ike));
    }

    /// <summary>The workers as of the last poll; any thread.</summary>
    public ImmutableArray<Pulse> Workers => Volatile.Read(ref _pulses).All;

    public void OpenTunnel(string interfaceName, int mtu)
    {
        if (!_tunnels.TryGetValue(interfaceName, out var tunnel)) _tunnels[interfaceName] = tunnel = new Tunnel(interfaceName);
        if (tunnel.IsRunning)
        {
            if (tunnel.Mtu != mtu) tunnel.SetMtu(mtu, _netlink);
            return;
        }

        if (tunnel.IsOpen) Close(tunnel);
        tunnel.Open(mtu, _options, _netlink, _sockets, _sas);
        Reroute(tunnel);
    }

    public void CloseTunnel(string interfaceName)
    {
        if (!_tunnels.TryGetValue(interfaceName, out var tunnel)) return;
        Close(tunnel);
        if (!_children.Values.Any(child => child.Tunnel == tunnel)) _tunnels.TryRemove(interfaceName, out _);
    }

    public void SetMtu(string interfaceName, int mtu)
    {
        if (_tunnels.TryGetValue(interfaceName, out var tunnel) && tunnel.IsOpen) tunnel.SetMtu(mtu, _netlink);
    }

    public IReadOnlyDictionary<string, int> FittingMtus()
    {
        var fitting = new Dictionary<string, int>();
        foreach (var tunnel in _children.Values.Where(static child => child.CarriesOutbound).GroupBy(static child => child.Tunnel))
        {
            if (tunnel.Select(static child => child.Path.Path.Remote.Address).Distinct().Skip(1).Any()) continue;
            var mtu = tunnel.Min(static child => child.MaxInnerOctets(child.Path));
            if (mtu != int.MaxValue) fitting[tunnel.Key.Name] = mtu;
        }

        return fitting;
    }

    public void SetAddresses(string interfaceName, ImmutableArray<IPAddress> addresses)
    {
        if (_tunnels.TryGetValue(interfaceName, out var tunnel) && tunnel.IsOpen) tunnel.SetAddresses(addresses, _netlink);
    }

    public void LimitRate(string connection, ConnectionRate rate)
    {
        _rates[connection] = rate;
        foreach (var child in _children.Values.Where(child => child.Connection == connection)) child.Rate = rate;
    }

    public void Install(IkeOutput.InstallChildSa install, string tunnelInterface)
    {
        ArgumentNullException.ThrowIfNull(install);
        if (!_tunnels.TryGetValue(tunnelInterface, out var tunnel))
            throw new ArgumentException($"The tunnel {tunnelInterface} was not opened.", nameof(tunnelInterface));

        var child = Make(install, tunnel);
        if (_children.ContainsKey(install.Child) || !_sas.TryAdd(child.Inbound))
        {
            child.Dispose();
            throw new ArgumentException($"{install.Child}, or its inbound SPI, is installed already.", nameof(install));
        }

        if (install.Replaces is { } replaced && _children.TryGetValue(replaced, out var before)) child.Loss = new RekeyLoss(before.Inbound, child.Inbound);
        _children[install.Child] = child;
        Enter(child.Path);
        if (install.UseOutbound) Use(install.Child);
    }

    public void Use(ChildSaId child)
    {
        // Its removal may have crossed with this.
        if (!_children.TryGetValue(child, out var installed) || installed.IsRemoved) return;
        installed.UsedSince = ++_uses;
        Reroute(installed.Tunnel);
    }

    public void Remove(ChildSaId child, TimeSpan linger)
    {
        if (!_children.TryGetValue(child, out var removed) || removed.IsRemoved) return;
        removed.IsRemoved = true;
        removed.Linger = linger;
        Reroute(removed.Tunnel);
        if (linger <= TimeSpan.Zero) Uninstall(removed);
    }

    public void Move(ImmutableArray<ChildSaId> children, Path path, bool udpEncapsulated)
    {
        foreach (var id in children)
        {
            if (!_children.TryGetValue(id, out var child)) continue;
            var moved = new PeerPath(path, udpEncapsulated);
            Enter(moved);
            child.Path = moved;
        }
    }

    public void SendIke(Path path, ReadOnlySpan<byte> message) => _ikeSender.Send(path, message);

    public void SendKeepalive(Path path) => _ikeSender.SendKeepalive(path);

    public bool TryTakeIke(Span<byte> buffer, out int length, out Path path)
    {
        IkeQueueOutcome outcome;
        while ((outcome = _ike.Take(buffer, out length, out path)) == IkeQueueOutcome.TooLong) _drops.Count(Drop.IkeTooLong);
        return outcome == IkeQueueOutcome.Done;
    }

    public void Poll(Instant now, ICollection<IkeInput> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        foreach (var child in _children.Values.ToArray())
        {
            child.Loss?.Look();
            if (child.IsRemoved)
            {
                child.LingersUntil ??= now + child.Linger;
                if (now >= child.LingersUntil) Uninstall(child);
            }
            else if (child.Reports.Collect(child, inputs))
            {
                child.IsExhausted = true;
                StopReceiving(child);
                Reroute(child.Tunnel);
            }
        }

        RefreshMtus(now);
        Divide(now - _polledAt);
        _polledAt = now;
        _retired.Collect();
        Volatile.Write(ref _pulses, new Pulses([.. _receivers.Select(receiver => receiver.Pulse), .. _tunnels.Values.SelectMany(tunnel => tunnel.Transmitters).Select(transmitter => transmitter.Pulse)]));
    }

    /// <summary>Through the tunnels there are, both ways; any thread.</summary>
    public long Packets => (long)_tunnels.Values.Aggregate(0UL, static (sum, tunnel) => sum + tunnel.PacketsIn + tunnel.PacketsOut);

    /// <summary>What the kernel does for us now, as <see cref="DataPlaneStatus.Offloads"/>; any thread.</summary>
    public ImmutableArray<string> Offloads => StatusReport.Offloads(_tunnels.Values, _sockets);

    public DataPlaneStatus Status()
    {
        var drops = new long[Drops.Names.Length];
        _drops.AddTo(drops);
        foreach (var receiver in _receivers) receiver.Drops.AddTo(drops);
        foreach (var transmitter in _tunnels.Values.SelectMany(tunnel => tunnel.Transmitters)) transmitter.Drops.AddTo(drops);
        return new DataPlaneStatus(
            [.. _children.Values.OrderBy(child => child.Id.Value).Select(StatusReport.Of)],
            [.. _tunnels.Values.Where(tunnel => tunnel.IsOpen).OrderBy(tunnel => tunnel.Name, StringComparer.Ordinal).Select(StatusReport.Of)],
            Offloads,
            StatusReport.Of(drops));
    }

    /// <summary>Removes the interfaces, closes the sockets, ends every thread and erases every key.</summary>
    public void Dispose()
    {
        foreach (var receiver in _receivers) receiver.Stop();
        _sockets.Shutdown(); // first: a transmitter may be waiting for room in one
        foreach (var receiver in _receivers) receiver.Dispose();
        foreach (var tunnel in _tunnels.Values.Where(tunnel => tunnel.IsOpen)) Close(tunnel);
        foreach (var child in _children.Values) child.Dispose();
        _retired.Dispose();
        _ikeSender.Dispose();
        _sockets.Dispose();
        _netlink.Dispose();
        _children.Clear();
        _tunnels.Clear();
        _receivers = [];
    }

    private Child Make(IkeOutput.InstallChildSa install, Tunnel tunnel)
    {
        var selectors = new EspSelectors(install.LocalSelectors, install.RemoteSelectors);
        using var inboundKey = install.Inbound.EncryptionKey;
        using var inboundIntegrity = install.Inbound.IntegrityKey;
        using var outboundKey = install.Outbound.EncryptionKey;
        using var outboundIntegrity = install.Outbound.IntegrityKey;
        var inbound = new InboundSa(_factory.Inbound(install.Inbound, selectors), tunnel);
        try
        {
            var outbound = _factory.Outbound(install.Outbound, _entropy);
            return new Child(install, tunnel, selectors, inbound, outbound, _options.ChildLimits(install.Connection), RateOf(install.Connection), ShareOf(install));
        }
        catch
        {
            inbound.Dispose();
            throw;
        }
    }

    private ConnectionRate RateOf(string connection) => _rates.TryGetValue(connection, out var rate) ? rate : _rates[connection] = new ConnectionRate();

    // By peer, for a connection may be a thousand callers; a successor finds what its predecessor had.
    private PeerShare ShareOf(IkeOutput.InstallChildSa install)
    {
        var key = (install.Connection, install.Path.Remote);
        return _shares.TryGetValue(key, out var share) ? share : _shares[key] = new PeerShare();
    }

    // The queues' room, and who gets it.
    private void Divide(TimeSpan interval)
    {
        foreach (var tunnel in _tunnels.Values) tunnel.FitQueue(_netlink, interval);
        var shares = _children.Values.Select(static child => child.Share).ToHashSet();
        if (shares.Count < _shares.Count)
        {
            foreach (var (key, share) in _shares.ToArray())
            {
                if (!shares.Contains(share)) _shares.Remove(key);
            }
        }

        if (shares.Count < 2) return;
        var overflowed = _receivers.Sum(static receiver => receiver.Drops[Drop.RxKernelOverflow]);
        _inboundShares.Adjust([.. shares.Select(static share => share.In)], overflowed - _overflowed, interval);
        _overflowed = overflowed;
        foreach (var tunnel in _children.Values.GroupBy(static child => child.Tunnel))
        {
            var own = tunnel.Select(static child => child.Share.Out).ToHashSet();
            if (own.Count > 1) tunnel.Key.ShareOut(own, _netlink, interval);
        }
    }

    // What a path needs before the first packet: its socket, and what is known of its MTU.
    private void Enter(PeerPath path)
    {
        path.Mtu = RouteMtu.Ask(path, _options.Mark);
        if (path.IsUdp || _sockets.OpenRaw(path.IsIPv6) is not { } socket) return;
        _receivers = _receivers.Add(new Receiver(path.IsIPv6 ? "rx esp6" : "rx esp4", socket, _sas, ike: null));
    }

    private void Reroute(Tunnel tunnel) => tunnel.Routes = OutboundRoutes.Of(_children.Values.Where(child => child.Tunnel == tunnel));

    private void Uninstall(Child child)
    {
        _children.TryRemove(child.Id, out _);
        StopReceiving(child);
        foreach (var successor in _children.Values)
        {
            if (successor.Replaces == child.Id) successor.Loss?.End();
        }

        _retired.Add(child, Epochs());
    }

    // An exhausted one is out already, and its SPI may be another's by now.
    private void StopReceiving(Child child)
    {
        if (_sas.Current.Find(child.Inbound.Spi) == child.Inbound) _sas.Remove(child.Inbound.Spi);
    }

    private void Close(Tunnel tunnel)
    {
        tunnel.Detach();
        var marks = _receivers.Select(receiver => (receiver.Epoch, Mark: receiver.Epoch.Mark())).ToArray();
        var spin = default(SpinWait);
        while (!marks.All(worker => worker.Epoch.HasPassed(worker.Mark))) spin.SpinOnce(); // receivers never wait within a batch
        var sums = new long[Drops.Names.Length];
        foreach (var transmitter in tunnel.Close(_netlink)) transmitter.Drops.AddTo(sums);
        for (var i = 0; i < sums.Length; i++) _drops.Count((Drop)i, sums[i]);
    }

    private IEnumerable<WorkerEpoch> Epochs() =>
        _receivers.Select(receiver => receiver.Epoch)
            .Concat(_tunnels.Values.SelectMany(tunnel => tunnel.Transmitters).Select(transmitter => transmitter.Epoch));

    // A path becomes wider without a word: the kernel forgets what it was told. News of a narrower one come at once, with a packet that did not fit.
    // A few at each poll: a thousand at once would hold the IKE thread up for tens of milliseconds.
    private void RefreshMtus(Instant now)
    {
        if (now - _mtuRoundAt >= MtuInterval && _mtusToAsk.Count == 0)
        {
            _mtuRoundAt = now;
            foreach (var child in _children.Values) _mtusToAsk.Enqueue(child);
            _mtusPerPoll = Math.Max(MtusPerPoll, _mtusToAsk.Count / PollsPerRound);
        }

        for (var i = 0; i < _mtusPerPoll && _mtusToAsk.TryDequeue(out var child); i++)
        {
            if (!child.IsRemoved) child.Path.Mtu = RouteMtu.Ask(child.Path, _options.Mark);
        }
    }

    /// <summary>An immutable array that is published whole.</summary>
    private sealed record Pulses(ImmutableArray<Pulse> All);
}
