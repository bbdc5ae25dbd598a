using EdgeVpn.Ipsec;
using EdgeVpn.Linux;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>The engine's addresses as the kernel's, and back; allocates nothing.</summary>
/// <remarks>An <see cref="IpAddress"/> has no scope, so link-local IPv6 peers cannot be reached.</remarks>
internal static class Endpoints
{
    public static Sockaddr ToSockaddr(IpEndpoint endpoint)
    {
        Span<byte> octets = stackalloc byte[16];
        octets = octets[..endpoint.Address.OctetCount];
        endpoint.Address.Write(octets);
        return new Sockaddr(octets, endpoint.Port);
    }

    public static IpEndpoint ToEndpoint(in Sockaddr address) => new(IpAddress.FromOctets(address.AddressOctets), address.Port);

    public static Path ToPath(in Sockaddr local, in Sockaddr remote) => new(ToEndpoint(local), ToEndpoint(remote));

    /// <summary>The same address, whatever the ports: raw ESP has none.</summary>
    public static bool IsSameHost(in Sockaddr a, in Sockaddr b) => a.AddressOctets.SequenceEqual(b.AddressOctets);
}
