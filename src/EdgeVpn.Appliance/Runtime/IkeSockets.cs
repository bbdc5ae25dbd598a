using System.Net;
using EdgeVpn.Ipsec;
using EdgeVpn.Linux;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Runtime;

/// <summary>UDP port 500, for IKE alone: one socket per address family. Port 4500 belongs to the data plane, which shares it with ESP.</summary>
public sealed class IkeSockets : IDisposable
{
    private const int BufferOctets = 1 << 20;
    private readonly UdpSocket[] _sockets;
    private readonly ReceiveBatch _batch = new(messages: 16);
    private readonly SendBatch _send = new();

    /// <summary>Opens them. IPv6 is left out where the machine has none.</summary>
    /// <param name="mark">Firewall mark of what leaves: a rule keeps it outside the tunnels.</param>
    /// <exception cref="LinuxException">Port 500 is taken, or needs a privilege.</exception>
    public IkeSockets(uint mark)
    {
        var sockets = new List<UdpSocket> { Open(IPAddress.Any, mark) };
        if (System.Net.Sockets.Socket.OSSupportsIPv6) sockets.Add(Open(IPAddress.IPv6Any, mark));
        _sockets = [.. sockets];
    }

    /// <summary>What a <see cref="Poller"/> watches.</summary>
    public IReadOnlyList<DatagramSocket> All => _sockets;

    /// <summary>Gives everything that waits at a socket to <paramref name="receive"/>; at most one batch, so that timers get their turn.</summary>
    public void Receive(int index, DatagramReceiver receive)
    {
        if (!_sockets[index].Receive(_batch, wait: false).IsOk) return;
        for (var i = 0; i < _batch.Count; i++)
        {
            var datagram = _batch[i];
            if (datagram.IsTruncated || datagram.Octets.IsEmpty) continue;
            var path = new Path(SocketAddresses.ToEndpoint(datagram.Local), SocketAddresses.ToEndpoint(datagram.Remote));
            var segment = datagram.SegmentOctets;
            for (var at = 0; at < datagram.Octets.Length; at += segment)
                receive(datagram.Octets.Slice(at, Math.Min(segment, datagram.Octets.Length - at)), path);
        }
    }

    /// <summary>Sends one message; what the kernel refuses is as good as lost, and retransmission repairs it.</summary>
    /// <returns>The kernel's error, for the counters.</returns>
    public Errno Send(Path path, ReadOnlySpan<byte> message)
    {
        var socket = _sockets.FirstOrDefault(s => s.Local.IsIPv6 == path.Remote.Address.IsIPv6);
        if (socket is null) return Errno.EAFNOSUPPORT;
        _send.Clear();
        SocketAddresses.Add(_send, path, message);
        return socket.Send(_send, wait: false).Error;
    }

    public void Dispose()
    {
        foreach (var socket in _sockets) socket.Dispose();
        _batch.Dispose();
        _send.Dispose();
    }

    private static UdpSocket Open(IPAddress any, uint mark) => UdpSocket.Open(new DatagramSocketOptions
    {
        Local = new IPEndPoint(any, Path.IkePort),
        Mark = mark,
        ReceiveBufferOctets = BufferOctets,
        MtuDiscover = MtuDiscover.Dont, // a large IKE_AUTH without RFC 7383 must be able to travel in fragments
    });
}

/// <summary>One datagram, valid only during the call.</summary>
public delegate void DatagramReceiver(ReadOnlySpan<byte> datagram, Path path);
