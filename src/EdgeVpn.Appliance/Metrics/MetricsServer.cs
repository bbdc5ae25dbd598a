using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeVpn.Appliance.Metrics;

/// <summary>Where the counters are read.</summary>
/// <param name="Interface">The socket hears this interface only (SO_BINDTODEVICE).</param>
internal sealed record MetricsPlace(string Interface, IPEndPoint EndPoint);

/// <summary>Answers <c>GET /metrics</c>, one question per connection, and nothing else.</summary>
/// <remarks>A server of its own and not Kestrel, which is loaded for the set-up page only: a page of numbers is not worth its seven megabytes.</remarks>
internal sealed class MetricsServer : IAsyncDisposable
{
    private const int MaxRequestOctets = 8_192;
    private const int MaxAtOnce = 4;
    private const int SolSocket = 1;
    private const int SoReuseAddr = 2;
    private const int SoBindToDevice = 25; // <asm-generic/socket.h>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly Socket _socket;
    private readonly Func<string> _page;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places = new(MaxAtOnce);
    private readonly Task _running;

    /// <param name="place">Where.</param>
    /// <param name="page">The text; one caller at a time.</param>
    /// <exception cref="SocketException">The address is not there, or the port is taken.</exception>
    public MetricsServer(MetricsPlace place, Func<string> page)
    {
        _page = page;
        _socket = new Socket(place.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.SetRawSocketOption(SolSocket, SoReuseAddr, BitConverter.GetBytes(1)); // .NET's ReuseAddress would share the port with others (SO_REUSEPORT)
            if (!IPAddress.IsLoopback(place.EndPoint.Address)) _socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(place.Interface + '\0'));
            _socket.Bind(place.EndPoint);
            _socket.Listen(backlog: 16);
        }
        catch (SocketException)
        {
            _socket.Dispose();
            throw;
        }

        _running = AcceptAsync(_stop.Token);
    }

    public EndPoint EndPoint => _socket.LocalEndPoint!;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>The answer to a request's first line.</summary>
    internal static (string Status, string? Page) Judge(string line, Func<string> page) => line.Split(' ') switch
    {
        ["GET", "/metrics", "HTTP/1.1" or "HTTP/1.0"] => ("200 OK", page()),
        ["GET", _, "HTTP/1.1" or "HTTP/1.0"] => ("404 Not Found", null),
        [_, _, "HTTP/1.1" or "HTTP/1.0"] => ("405 Method Not Allowed", null),
        _ => ("400 Bad Request", null),
    };

    private async Task AcceptAsync(CancellationToken stop)
    {
        var answering = new List<Task>();
        try
        {
            while (true)
            {
                await _places.WaitAsync(stop).ConfigureAwait(false);
                answering.RemoveAll(static t => t.IsCompleted);
                try
                {
                    answering.Add(AnswerAsync(await _socket.AcceptAsync(stop).ConfigureAwait(false), stop));
                }
                catch (SocketException) when (!stop.IsCancellationRequested)
                {
                    // Whoever called has gone again, or no descriptor is free: others may have more luck.
                    _places.Release();
                    await Task.Delay(Patience, stop).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when ((e is OperationCanceledException or ObjectDisposedException or SocketException) && stop.IsCancellationRequested)
        {
            // The end.
        }

        await Task.WhenAll(answering).ConfigureAwait(false);
    }

    private async Task AnswerAsync(Socket client, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        end.CancelAfter(Patience);
        try
        {
            using (client)
            {
                if (await FirstLineAsync(client, end.Token).ConfigureAwait(false) is not { } line) return;
                string status;
                string? page;
                lock (_places) (status, page) = Judge(line, _page);
                var body = Encoding.UTF8.GetBytes(page ?? status + "\n");
                var head = $"HTTP/1.1 {status}\r\nContent-Type: {(page is null ? "text/plain" : PrometheusText.ContentType)}\r\nContent-Length: {body.Length}\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n";
                await client.SendAsync(Encoding.ASCII.GetBytes(head), end.Token).ConfigureAwait(false);
                for (var at = 0; at < body.Length;) at += await client.SendAsync(body.AsMemory(at), end.Token).ConfigureAwait(false);
                client.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Whoever asked has gone, or took too long.
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Reads a request to its end; null if it has none within the bounds.</summary>
    private static async Task<string?> FirstLineAsync(Socket client, CancellationToken cancel)
    {
        var buffer = new byte[MaxRequestOctets];
        for (var length = 0; length < buffer.Length;)
        {
            var came = await client.ReceiveAsync(buffer.AsMemory(length), cancel).ConfigureAwait(false);
            if (came == 0) return null;
            length += came;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0) return Encoding.Latin1.GetString(buffer, 0, buffer.AsSpan().IndexOf("\r\n"u8));
        }

        return null;
    }
}
