using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Linux;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Sends IKE messages and keepalives from port 4500. IKE thread only.</summary>
internal sealed class IkeSender(PeerSockets sockets, Drops drops) : IDisposable
{
    private readonly SendBatch _batch = new(messages: 1);

    public void Send(Path path, ReadOnlySpan<byte> message)
    {
        var room = _batch.Next;
        var octets = UdpEncapsulation.NonEspMarkerOctets + message.Length;
        if (octets > room.Length)
        {
            drops.Count(Drop.IkeSendRefused);
            return;
        }

        room[..UdpEncapsulation.NonEspMarkerOctets].Clear();
        message.CopyTo(room[UdpEncapsulation.NonEspMarkerOctets..]);
        Send(path, octets);
    }

    public void SendKeepalive(Path path)
    {
        UdpEncapsulation.Keepalive.CopyTo(_batch.Next);
        Send(path, UdpEncapsulation.Keepalive.Length);
    }

    public void Dispose() => _batch.Dispose();

    private void Send(Path path, int octets)
    {
        var socket = path.Remote.Address.IsIPv6 ? sockets.Udp6 : sockets.Udp4;
        if (socket is null)
        {
            drops.Count(Drop.IkeSendRefused);
            return;
        }

        _batch.Commit(octets, 0, SocketAddresses.ToSockaddr(path.Remote), SocketAddresses.ToSockaddr(path.Local));
        var result = socket.Send(_batch);
        _batch.Clear();
        if (result.Error == Errno.EMSGSIZE)
        {
            // A peer without IKE fragmentation (RFC 7383) must still get a long message. What other threads send meanwhile goes without DF: no harm.
            _batch.Commit(octets, 0, SocketAddresses.ToSockaddr(path.Remote), SocketAddresses.ToSockaddr(path.Local));
            socket.SetMtuDiscover(MtuDiscover.Dont);
            result = socket.Send(_batch);
            socket.SetMtuDiscover(MtuDiscover.Do);
            _batch.Clear();
        }

        if (result.Error != Errno.None) drops.Count(Drop.IkeSendRefused);
    }
}
