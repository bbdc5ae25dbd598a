using EdgeVpn.Linux;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Where an SA's packets go, and how: swapped whole when the peer moves. What is known of the path's MTU belongs to it.</summary>
internal sealed class PeerPath
{
    /// <summary>As long as nobody knows better.</summary>
    public const int UnknownMtu = int.MaxValue;

    private readonly Sockaddr _remote;
    private readonly Sockaddr _local;
    private int _mtu = UnknownMtu;

    public PeerPath(Path path, bool isUdp)
    {
        Path = path;
        IsUdp = isUdp;
        _remote = SocketAddresses.ToSockaddr(path.Remote);
        _local = SocketAddresses.ToSockaddr(path.Local);
    }

    public Path Path { get; }

    /// <summary>ESP in UDP (RFC 3948); else protocol 50.</summary>
    public bool IsUdp { get; }

    public ref readonly Sockaddr Remote => ref _remote;

    public ref readonly Sockaddr Local => ref _local;

    public bool IsIPv6 => _remote.IsIPv6;

    /// <summary>Octets of the longest outer packet, as the kernel believes; any thread may write.</summary>
    public int Mtu
    {
        get => Volatile.Read(ref _mtu);
        set => Volatile.Write(ref _mtu, value);
    }
}
