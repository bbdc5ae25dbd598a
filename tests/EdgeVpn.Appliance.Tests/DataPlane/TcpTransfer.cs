using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Tests.DataPlane;

/// <summary>One TCP stream between namespaces, its content checked octet by octet.</summary>
internal sealed record TcpTransfer(bool IsIntact, double GigabitsPerSecond)
{
    private static readonly byte[] Pattern = MakePattern();

    public static TcpTransfer Run(NetworkNamespace from, NetworkNamespace to, IPAddress address, int octets)
    {
        using var listener = to.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen();
        using var client = from.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { SendTimeout = 20_000 });
        client.Connect(listener.LocalEndPoint!);
        using var server = listener.Accept();
        server.ReceiveTimeout = 20_000;

        var clock = Stopwatch.StartNew();
        var sender = new Thread(() =>
        {
            for (var sent = 0; sent < octets; sent += Pattern.Length) client.Send(Pattern);
        });
        sender.Start();
        var isIntact = true;
        var buffer = new byte[Pattern.Length];
        for (var received = 0; received < octets;)
        {
            var got = server.Receive(buffer);
            if (got == 0) break;
            for (var i = 0; i < got;)
            {
                var at = (received + i) % Pattern.Length;
                var length = Math.Min(got - i, Pattern.Length - at);
                isIntact &= buffer.AsSpan(i, length).SequenceEqual(Pattern.AsSpan(at, length));
                i += length;
            }

            received += got;
        }

        var seconds = clock.Elapsed.TotalSeconds;
        sender.Join();
        return new TcpTransfer(isIntact, octets * 8.0 / 1e9 / seconds);
    }

    private static byte[] MakePattern()
    {
        var pattern = new byte[1 << 20];
        new Random(7).NextBytes(pattern);
        return pattern;
    }
}
