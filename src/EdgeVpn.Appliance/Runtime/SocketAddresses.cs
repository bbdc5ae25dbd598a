using EdgeVpn.Ipsec;
using EdgeVpn.Linux;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Runtime;

/// <summary>Between the engine's endpoints and the kernel's socket addresses.</summary>
internal static class SocketAddresses
{
    public static IpEndpoint ToEndpoint(in Sockaddr address) => new(IpAddress.FromOctets(address.AddressOctets), address.Port);

    public static Sockaddr ToSockaddr(IpEndpoint endpoint)
    {
        Span<byte> octets = stackalloc byte[16];
        endpoint.Address.Write(octets);
        return new Sockaddr(octets[..endpoint.Address.OctetCount], endpoint.Port);
    }

    public static Path ToPath(in Sockaddr local, in Sockaddr remote) => new(ToEndpoint(local), ToEndpoint(remote));

    /// <summary>The same address, whatever the ports: raw ESP has none.</summary>
    public static bool IsSameHost(in Sockaddr a, in Sockaddr b) => a.AddressOctets.SequenceEqual(b.AddressOctets);

    /// <summary>Puts one datagram into a batch, from the path's local address to its remote one.</summary>
    public static void Add(SendBatch batch, Path path, ReadOnlySpan<byte> datagram)
    {
        datagram.CopyTo(batch.Next);
        batch.Commit(datagram.Length, 0, ToSockaddr(path.Remote), ToSockaddr(path.Local));
    }
}
