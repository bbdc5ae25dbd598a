using System.Net;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>The sockets that packets leave through: UDP 4500 of both families, and protocol 50 once it is needed.</summary>
/// <remarks>
/// All set DF and believe the kernel's path MTU (IP_PMTUDISC_DO). PROBE would ignore it, and lose every full-sized packet on a path narrower than our
/// interface; DONT would leave fragments to routers, which many networks drop, and would hide from the inner senders what fits. A forged ICMP message
/// can narrow the path to the kernel's floor (552 octets, or 1,280) for ten minutes, which costs speed and loses nothing, as the inner senders are told.
/// </remarks>
internal sealed class PeerSockets : IDisposable
{
    /// <summary>IP protocol of ESP.</summary>
    private const byte EspProtocol = 50;

    private readonly DataPlaneOptions _options;
    private volatile RawSocket? _raw4;
    private volatile RawSocket? _raw6;

    public PeerSockets(DataPlaneOptions options)
    {
        _options = options;
        try
        {
            if (options.IPv4) Udp4 = UdpSocket.Open(For(IPAddress.Any));
            if (options.IPv6) Udp6 = TryOpenIPv6(() => UdpSocket.Open(For(IPAddress.IPv6Any)));
        }
        catch
        {
            Udp4?.Dispose();
            throw;
        }
    }

    public UdpSocket? Udp4 { get; }

    public UdpSocket? Udp6 { get; }

    /// <summary>The socket for a path; null if its family is off, or raw ESP was not opened.</summary>
    public DatagramSocket? Of(PeerPath path) => path.IsUdp
        ? path.IsIPv6 ? Udp6 : Udp4
        : path.IsIPv6 ? _raw6 : _raw4;

    /// <summary>Opens protocol 50 for a family.</summary>
    /// <returns>The socket if it is new, to be received from; null if it was open, or its family is off.</returns>
    public RawSocket? OpenRaw(bool ipv6)
    {
        if (ipv6)
            return _options.IPv6 && _raw6 is null ? _raw6 = TryOpenIPv6(() => RawSocket.Open(For(IPAddress.IPv6Any), EspProtocol)) : null;
        return _options.IPv4 && _raw4 is null ? _raw4 = RawSocket.Open(For(IPAddress.Any), EspProtocol) : null;
    }

    /// <summary>Wakes everybody who is blocked in any of them.</summary>
    public void Shutdown()
    {
        Udp4?.Shutdown();
        Udp6?.Shutdown();
        _raw4?.Shutdown();
        _raw6?.Shutdown();
    }

    public void Dispose()
    {
        Udp4?.Dispose();
        Udp6?.Dispose();
        _raw4?.Dispose();
        _raw6?.Dispose();
    }

    private DatagramSocketOptions For(IPAddress any) => new()
    {
        Local = new IPEndPoint(any, _options.Port),
        Mark = _options.Mark,
        ReceiveBufferOctets = _options.SocketBufferOctets,
        SendBufferOctets = _options.SocketBufferOctets,
        MtuDiscover = MtuDiscover.Do,
        ReceiveErrors = true, // the only way to hear the MTU that a refused packet should have had
        Gro = _options.Offloads,
        Gso = _options.Offloads,
    };

    private static T? TryOpenIPv6<T>(Func<T> open)
        where T : class
    {
        try
        {
            return open();
        }
        catch (LinuxException error) when (error.Errno is Errno.EAFNOSUPPORT or Errno.EADDRNOTAVAIL)
        {
            return null; // the kernel was built or started without IPv6
        }
    }
}
