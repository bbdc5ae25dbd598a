using System.Net;
using System.Net.Sockets;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Benchmarks.Gateway;

/// <summary>TCP streams by the thousand, each between a pair of hosts of its own, from this process: iperf3 has at most 128.</summary>
/// <remarks>A thread per end that waits in the kernel. A thread pool looks for work on the processors that the tunnels need, and the figures would say as much of it as of them.</remarks>
internal sealed class Flows : IDisposable
{
    private const int Port = 7100;
    private const int Chunk = 128 << 10;
    private const int ChunksPerTurn = 8;
    private const int StackOctets = 128 << 10;

    private readonly List<Socket> _sockets = [];
    private readonly List<Socket> _senders = [];
    private readonly List<Thread> _threads = [];
    private readonly byte[] _sent = new byte[Chunk];
    private readonly byte[] _received = new byte[Chunk]; // nobody looks at it, so that all may write it
    private long _octets;
    private int _turns;
    private volatile bool _isOver;

    private Flows()
    {
    }

    /// <summary>Octets that arrived so far.</summary>
    public long Octets => Interlocked.Read(ref _octets);

    /// <summary>Connects one stream per pair of hosts, from the branches to the gateway's side.</summary>
    /// <param name="count">Streams.</param>
    /// <param name="atOnce">So many of them send at a time, as fast as they can, a mebibyte each; then it is the next one's turn.</param>
    public static Flows Start(Lab lab, int count, int atOnce, CancellationToken stop)
    {
        var flows = new Flows();
        try
        {
            using var listener = NetnsSockets.Open(lab, Node.Gateway, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            listener.Bind(new IPEndPoint(IPAddress.Any, Port));
            listener.Listen(count);
            for (var n = 0; n < count; n++)
            {
                stop.ThrowIfCancellationRequested();
                var (from, to) = GatewayPair.HostPair(n);
                var sender = flows.Keep(NetnsSockets.Open(lab, Node.Box, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                sender.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                flows._senders.Add(sender);
                sender.Connect(new IPEndPoint(IPAddress.Parse(to), Port)); // not asynchronously: then the kernel would not wait with us any more
                var receiver = flows.Keep(listener.Accept());
                flows.Run(() => flows.Receive(receiver));
            }

            for (var i = 0; i < atOnce; i++) flows.Run(flows.Send);
            return flows;
        }
        catch
        {
            flows.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _isOver = true;
        foreach (var socket in _sockets) socket.Close(timeout: 0); // with a reset: nothing of it is left to disturb the next load
        foreach (var thread in _threads) thread.Join();
    }

    private Socket Keep(Socket socket)
    {
        _sockets.Add(socket);
        return socket;
    }

    private void Run(Action end)
    {
        var thread = new Thread(() => UntilItIsOver(end), StackOctets) { IsBackground = true };
        _threads.Add(thread);
        thread.Start();
    }

    private void UntilItIsOver(Action end)
    {
        try
        {
            end();
        }
        catch (Exception closed) when (_isOver && closed is SocketException or ObjectDisposedException)
        {
            // That is how it ends.
        }
    }

    private void Send()
    {
        while (!_isOver)
        {
            var socket = _senders[(int)((uint)Interlocked.Increment(ref _turns) % (uint)_senders.Count)];
            for (var i = 0; i < ChunksPerTurn && !_isOver; i++) socket.Send(_sent);
        }
    }

    private void Receive(Socket socket)
    {
        while (!_isOver && socket.Receive(_received) is > 0 and var octets) Interlocked.Add(ref _octets, octets);
    }
}
