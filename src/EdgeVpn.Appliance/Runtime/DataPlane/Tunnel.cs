using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>One TUN interface: open or closed, with the child SAs that its packets take.</summary>
internal sealed class Tunnel(string name)
{
    // 44 sealed segments of a full-sized super-packet then still fit one UDP datagram.
    private const int GsoMaxOctets = 60_000;

    private volatile OutboundRoutes _routes = OutboundRoutes.Empty;
    private volatile TunDevice? _device;
    private ImmutableArray<Transmitter> _transmitters = [];
    private long _packetsIn;
    private long _packetsOutBefore; // by transmitters that ended
    private readonly FairShares _shares = new();
    private ulong _overflowed;
    private int _queueLength;
    private long _reads;

    public string Name { get; } = name;

    public int Mtu { get; private set; }

    /// <summary>What the kernel agreed to when it was last opened.</summary>
    public TunOffload Offload { get; private set; }

    /// <summary>What of that is still joined on the way in.</summary>
    public TunOffload Joins => _device?.Joins ?? Offload;

    /// <summary>What receivers write to; null while closed.</summary>
    public TunDevice? Device => _device;

    public OutboundRoutes Routes
    {
        get => _routes;
        set => _routes = value;
    }

    public ImmutableArray<Transmitter> Transmitters => _transmitters;

    public bool IsOpen => _device is not null;

    public bool IsRunning => IsOpen && _transmitters.All(transmitter => transmitter.IsRunning);

    public ulong PacketsIn => (ulong)Interlocked.Read(ref _packetsIn);

    public ulong PacketsOut => (ulong)(_packetsOutBefore + _transmitters.Sum(transmitter => transmitter.Packets));

    /// <summary>Any receiver, once per batch.</summary>
    public void CountIn(int packets) => Interlocked.Add(ref _packetsIn, packets);

    /// <summary>IKE thread: shares the interface's queue out, if it overflowed since the last call.</summary>
    public void ShareOut(IReadOnlyCollection<FairShare> peers, RouteNetlink netlink, TimeSpan interval)
    {
        if (!IsOpen || !netlink.Links.TryGet(Name, out var link)) return;
        var before = _overflowed;
        _overflowed = link.Counters.SendDrops;
        _shares.Adjust(peers, _overflowed < before ? 0 : (long)(_overflowed - before), interval); // another interface of that name begins at zero
    }

    /// <summary>IKE thread: as long a queue as what passed since the last call asks for.</summary>
    public void FitQueue(RouteNetlink netlink, TimeSpan interval)
    {
        if (!IsOpen || interval <= TimeSpan.Zero) return;
        var before = _reads;
        _reads = _transmitters.Sum(static transmitter => transmitter.Reads);
        var length = QueueLength.For((_reads - before) / interval.TotalSeconds / _transmitters.Length, _queueLength);
        if (length == _queueLength || !netlink.Links.TryGet(Name, out var link)) return;
        try
        {
            netlink.Links.SetTransmitQueueLength(link.Index, length);
            _queueLength = length;
        }
        catch (LinuxException)
        {
            // Gone meanwhile, or no memory: it stays as it is until the next call.
        }
    }

    /// <summary>Makes the interface, brings it up and starts transmitting. Must be closed.</summary>
    public void Open(int mtu, DataPlaneOptions options, RouteNetlink netlink, PeerSockets sockets, SaTable sas)
    {
        var offload = options.Offloads ? TunOffload.All : TunOffload.None;
        var queues = new List<TunDevice> { TunDevice.Open(Name, offload, options.TunQueues > 1) };
        try
        {
            while (queues.Count < options.TunQueues) queues.Add(queues[0].OpenQueue());
            var index = netlink.Links.Get(Name).Index;
            SilenceIPv6();
            netlink.Links.SetMtu(index, mtu);
            netlink.Links.SetGsoMaxSize(index, GsoMaxOctets);
            netlink.Links.SetTransmitQueueLength(index, QueueLength.Least);
            netlink.Links.SetUp(index);
        }
        catch
        {
            foreach (var queue in queues) queue.Dispose();
            throw;
        }

        Mtu = mtu;
        (_queueLength, _reads) = (QueueLength.Least, 0);
        Offload = queues[0].Offload;
        _transmitters = [.. queues.Select(queue => new Transmitter(this, queue, sockets, sas, options.CopyDscp))];
        _device = queues[0];
    }

    public void SetMtu(int mtu, RouteNetlink netlink)
    {
        netlink.Links.SetMtu(netlink.Links.Get(Name).Index, mtu);
        Mtu = mtu;
    }

    public void SetAddresses(ImmutableArray<IPAddress> addresses, RouteNetlink netlink)
    {
        var index = netlink.Links.Get(Name).Index;
        foreach (var old in netlink.Addresses.List(index))
            if (!addresses.Contains(old.Address)) netlink.Addresses.Delete(index, old.Address, old.PrefixLength);
        foreach (var address in addresses) netlink.Addresses.Add(index, address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32);
    }

    /// <summary>Receivers find nothing to write to from now on. Those in the middle of a batch may still write.</summary>
    public void Detach() => _device = null;

    /// <summary>Removes the interface, which wakes the transmitters, and waits for them. After <see cref="Detach"/>, once no receiver is in a batch of before.</summary>
    /// <returns>The transmitters as they ended, for their counters.</returns>
    public ImmutableArray<Transmitter> Close(RouteNetlink netlink)
    {
        var transmitters = _transmitters;
        foreach (var transmitter in transmitters) transmitter.Stop();
        if (netlink.Links.TryGet(Name, out var link)) netlink.Links.Delete(link.Index);
        foreach (var transmitter in transmitters) transmitter.Dispose();
        _packetsOutBefore += transmitters.Sum(transmitter => transmitter.Packets);
        _transmitters = [];
        return transmitters;
    }

    // Else the kernel sends router solicitations and multicast reports into the tunnel as long as it lives.
    private void SilenceIPv6()
    {
        var mode = $"net/ipv6/conf/{Name}/addr_gen_mode";
        if (File.Exists($"/proc/sys/{mode}")) Sysctl.Write(mode, "1");
    }
}
