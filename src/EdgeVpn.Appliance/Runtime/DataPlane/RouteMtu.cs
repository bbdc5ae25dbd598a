using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Asks the kernel what it believes of a path's MTU: its interface, its route, and what ICMP told for as long as that holds.</summary>
internal static class RouteMtu
{
    private const int SOL_IP = 0, IP_MTU = 14, SOL_IPV6 = 41, IPV6_MTU = 24, SOL_SOCKET = 1, SO_MARK = 36;

    /// <returns>Octets of the longest packet; <see cref="PeerPath.UnknownMtu"/> if there is no way to the peer now.</returns>
    public static int Ask(PeerPath path, uint mark)
    {
        var ipv6 = path.IsIPv6;
        try
        {
            // Connecting a UDP socket looks the route up and sends nothing.
            using var socket = new Socket(ipv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            if (mark != 0) socket.SetRawSocketOption(SOL_SOCKET, SO_MARK, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in mark)));
            socket.Bind(new System.Net.IPEndPoint(path.Local.ToIPAddress(), 0));
            socket.Connect(path.Remote.ToIPEndPoint());
            Span<byte> mtu = stackalloc byte[sizeof(int)];
            socket.GetRawSocketOption(ipv6 ? SOL_IPV6 : SOL_IP, ipv6 ? IPV6_MTU : IP_MTU, mtu);
            return BitConverter.ToInt32(mtu);
        }
        catch (SocketException)
        {
            return PeerPath.UnknownMtu; // no route, or our address is gone: nothing can be sent, and sending says so
        }
    }
}
