using System.Net;
using System.Net.Sockets;

namespace EdgeVpn.Appliance.Control;

/// <summary>Where a peer is, and which of our addresses leads to it.</summary>
public interface IPeerLookup
{
    /// <summary>The addresses of a name; empty if there is none.</summary>
    Task<IReadOnlyList<IPAddress>> ResolveAsync(string hostName);

    /// <summary>The source address that the routing outside the tunnels chooses; null if there is no route.</summary>
    IPAddress? SourceTowards(IPAddress peer);
}

/// <summary>The system's resolver and routing table.</summary>
/// <param name="mark">Firewall mark: the route is looked up as for IKE itself, outside the tunnels.</param>
public sealed class SystemPeerLookup(uint mark) : IPeerLookup
{
    private const int SolSocket = 1;
    private const int SoMark = 36;

    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(string hostName)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(hostName).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return []; // no such name, or no resolver: the caller's reason is the same
        }
    }

    public IPAddress? SourceTowards(IPAddress peer)
    {
        using var probe = new Socket(peer.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            probe.SetRawSocketOption(SolSocket, SoMark, BitConverter.GetBytes(mark));
            probe.Connect(peer, Ipsec.Path.IkePort); // UDP: nothing is sent, only the route is looked up
            return ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
