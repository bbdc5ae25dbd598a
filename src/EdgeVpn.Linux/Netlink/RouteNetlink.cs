namespace EdgeVpn.Linux.Netlink;

/// <summary>The network configuration of one network namespace: that of the thread that opened this.</summary>
/// <remarks>Reading needs no privilege, changing needs CAP_NET_ADMIN. Safe for use from several threads.</remarks>
public sealed class RouteNetlink : IDisposable
{
    private readonly NetlinkSocket _socket;

    private RouteNetlink()
    {
        _socket = new NetlinkSocket();
        Links = new Links(_socket);
        Addresses = new Addresses(_socket);
        Routes = new Routes(_socket);
        Rules = new Rules(_socket);
        Neighbors = new Neighbors(_socket);
    }

    public Links Links { get; }

    public Addresses Addresses { get; }

    public Routes Routes { get; }

    public Rules Rules { get; }

    public Neighbors Neighbors { get; }

    public static RouteNetlink Open() => new();

    public void Dispose() => _socket.Dispose();
}
