using System.Net;
using System.Net.Sockets;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Tests.DataPlane;

/// <summary>A flood of UDP echoes with at most 32 on the way: each must come back, or it is lost.</summary>
internal sealed class EchoFlow : IDisposable
{
    private const int OnTheWay = 32;

    private readonly Socket _client;
    private readonly Socket _server;
    private readonly Thread _echo;
    private readonly Thread _flow;
    private volatile bool _isStopping;
    private long _sent;
    private long _returned;

    public EchoFlow(NetworkNamespace near, NetworkNamespace far, IPAddress here, IPAddress there)
    {
        _server = far.Run(() => Open(there));
        _client = near.Run(() => Open(here));
        _client.ReceiveTimeout = 1000;
        _client.Connect(_server.LocalEndPoint!);
        _server.Connect(_client.LocalEndPoint!);
        _echo = new Thread(Echo);
        _flow = new Thread(Flow);
        _echo.Start();
        _flow.Start();
    }

    public long Returned => Interlocked.Read(ref _returned);

    /// <summary>Ends the flow and waits for the last echoes.</summary>
    /// <returns>Echoes that never came back.</returns>
    public long Stop()
    {
        _isStopping = true;
        _flow.Join();
        return _sent - _returned;
    }

    public void Dispose()
    {
        _isStopping = true;
        _flow.Join();
        _server.Shutdown(SocketShutdown.Both);
        _echo.Join();
        _client.Dispose();
        _server.Dispose();
    }

    private static Socket Open(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private void Echo()
    {
        var buffer = new byte[2048];
        while (true)
        {
            var got = _server.Receive(buffer);
            if (got == 0) return;
            _server.Send(buffer.AsSpan(0, got));
        }
    }

    private void Flow()
    {
        var buffer = new byte[2048];
        var lost = 0L;
        while (!_isStopping || _sent - lost > _returned)
        {
            while (!_isStopping && _sent - lost - _returned < OnTheWay) _sent += _client.Send(buffer.AsSpan(0, 100 + (int)(_sent % 900))) > 0 ? 1 : 0;
            try
            {
                _client.Receive(buffer);
                Interlocked.Increment(ref _returned);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                lost = _sent - _returned; // given up; the flow goes on
            }
        }
    }
}
