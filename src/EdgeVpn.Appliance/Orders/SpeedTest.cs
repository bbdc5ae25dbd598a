using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace EdgeVpn.Appliance.Orders;

/// <summary>What a speed test came to.</summary>
/// <param name="Octets">That arrived at the other end.</param>
/// <param name="Elapsed">From the first to the last.</param>
public sealed record SpeedResult(long Octets, TimeSpan Elapsed)
{
    public double BitsPerSecond => Elapsed > TimeSpan.Zero ? Octets * 8 / Elapsed.TotalSeconds : 0;
}

/// <summary>One TCP stream to or from an iperf3 server (its protocol, as it is seen on the wire): the server that administrators have at hand.</summary>
/// <remarks>
/// <code>
///     control:  -> cookie   &lt;- 9 ParamExchange   -> {"tcp":true,"time":5,…}   &lt;- 10 CreateStreams
///     data:     -> cookie   octets, one way
///     control:  &lt;- 1 TestStart, 2 TestRunning   -> 4 TestEnd   &lt;- 13 ExchangeResults   -> {…}   &lt;- {…}   &lt;- 14 DisplayResults   -> 16 IperfDone
/// </code>
/// Every JSON has its length before it, four octets, big endian.
/// </remarks>
public static class SpeedTest
{
    /// <summary>iperf3's own.</summary>
    public const int StandardPort = 5201;

    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private const int CookieOctets = 37; // 36 characters and a zero
    private const int BlockOctets = 128 * 1024;
    private const int MaxJsonOctets = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private enum State : byte
    {
        TestStart = 1,
        TestRunning = 2,
        TestEnd = 4,
        ParamExchange = 9,
        CreateStreams = 10,
        ExchangeResults = 13,
        DisplayResults = 14,
        IperfDone = 16,
        ServerError = 0xfe,
        AccessDenied = 0xff,
    }

    /// <summary>Runs one test.</summary>
    /// <param name="server">An iperf3 server.</param>
    /// <param name="down">From the server to here.</param>
    /// <param name="span">How long octets go; at most <see cref="Longest"/>.</param>
    /// <param name="cookie">36 random characters of a to z and 2 to 7.</param>
    /// <param name="cancel">The end.</param>
    /// <exception cref="IOException">The server is busy, refuses, or is none; one sentence.</exception>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    public static async Task<SpeedResult> RunAsync(IPEndPoint server, bool down, TimeSpan span, string cookie, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cookie.Length, CookieOctets - 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(span, Longest);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        end.CancelAfter(span + Patience);
        try
        {
            return await TestAsync(server, down, span, Encoding.ASCII.GetBytes(cookie + '\0'), end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"{server} did not go through with the test within {(span + Patience).TotalSeconds:0} s.");
        }
    }

    private static async Task<SpeedResult> TestAsync(IPEndPoint server, bool down, TimeSpan span, byte[] cookie, CancellationToken cancel)
    {
        using var control = await ConnectAsync(server, cookie, cancel).ConfigureAwait(false);
        await ExpectAsync(control, State.ParamExchange, cancel).ConfigureAwait(false);
        await SendAsync(control, writer =>
        {
            writer.WriteBoolean("tcp", true);
            writer.WriteNumber("omit", 0);
            writer.WriteNumber("time", (int)Math.Ceiling(span.TotalSeconds));
            writer.WriteNumber("parallel", 1);
            if (down) writer.WriteBoolean("reverse", true);
            writer.WriteNumber("len", BlockOctets);
            writer.WriteString("client_version", "3.12");
        }, cancel).ConfigureAwait(false);
        await ExpectAsync(control, State.CreateStreams, cancel).ConfigureAwait(false);
        using var data = await ConnectAsync(server, cookie, cancel).ConfigureAwait(false);
        await ExpectAsync(control, State.TestStart, cancel).ConfigureAwait(false);
        await ExpectAsync(control, State.TestRunning, cancel).ConfigureAwait(false);
        var began = Stopwatch.GetTimestamp();
        var octets = await MoveAsync(data, down, span, cancel).ConfigureAwait(false);
        var elapsed = Stopwatch.GetElapsedTime(began);
        await control.SendAsync(new[] { (byte)State.TestEnd }, cancel).ConfigureAwait(false);
        // Towards here the server goes on until it has read that: what it still sends must not stand in its way.
        var draining = down ? DrainAsync(data, cancel) : Task.CompletedTask;
        await ExpectAsync(control, State.ExchangeResults, cancel).ConfigureAwait(false);
        await SendAsync(control, writer =>
        {
            foreach (var name in (string[])["cpu_util_total", "cpu_util_user", "cpu_util_system"]) writer.WriteNumber(name, 0);
            writer.WriteNumber("sender_has_retransmits", -1);
            writer.WriteStartArray("streams");
            writer.WriteStartObject();
            writer.WriteNumber("id", 1);
            writer.WriteNumber("bytes", octets);
            foreach (var name in (string[])["retransmits", "jitter", "errors", "packets", "start_time"]) writer.WriteNumber(name, 0);
            writer.WriteNumber("end_time", elapsed.TotalSeconds);
            writer.WriteEndObject();
            writer.WriteEndArray();
        }, cancel).ConfigureAwait(false);
        var arrived = await ReceivedByServerAsync(control, cancel).ConfigureAwait(false);
        await ExpectAsync(control, State.DisplayResults, cancel).ConfigureAwait(false);
        await control.SendAsync(new[] { (byte)State.IperfDone }, cancel).ConfigureAwait(false);
        data.Dispose();
        await draining.ConfigureAwait(false);
        // What left here may lie in a queue: only the receiver knows what arrived.
        return new SpeedResult(down ? octets : arrived, elapsed);
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint server, byte[] cookie, CancellationToken cancel)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, cancel).ConfigureAwait(false);
            await socket.SendAsync(cookie, cancel).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<long> MoveAsync(Socket data, bool down, TimeSpan span, CancellationToken cancel)
    {
        var block = new byte[BlockOctets];
        var began = Stopwatch.GetTimestamp();
        var octets = 0L;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        over.CancelAfter(span);
        try
        {
            while (Stopwatch.GetElapsedTime(began) < span)
            {
                var moved = down ? await data.ReceiveAsync(block, over.Token).ConfigureAwait(false) : await data.SendAsync(block, over.Token).ConfigureAwait(false);
                if (moved == 0) break;
                octets += moved;
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The time is over while a tunnel that carries nothing held the last block.
        }

        return octets;
    }

    private static async Task DrainAsync(Socket data, CancellationToken cancel)
    {
        var block = new byte[BlockOctets];
        try
        {
            while (await data.ReceiveAsync(block, cancel).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static async Task ExpectAsync(Socket control, State wanted, CancellationToken cancel)
    {
        var one = new byte[1];
        await ReadAsync(control, one, cancel).ConfigureAwait(false);
        var state = (State)one[0];
        if (state == wanted) return;
        throw new IOException(state switch
        {
            State.AccessDenied => "The iperf3 server is busy with another test.",
            State.ServerError => "The iperf3 server met an error of its own.",
            _ => $"What listens there is no iperf3 server: {wanted} was expected, {one[0]} came.",
        });
    }

    private static async Task<long> ReceivedByServerAsync(Socket control, CancellationToken cancel)
    {
        var head = new byte[4];
        await ReadAsync(control, head, cancel).ConfigureAwait(false);
        var length = BinaryPrimitives.ReadUInt32BigEndian(head);
        if (length > MaxJsonOctets) throw new IOException($"The server's results have {length} octets.");
        var octets = new byte[length];
        await ReadAsync(control, octets, cancel).ConfigureAwait(false);
        try
        {
            return JsonElement.Parse(octets).GetProperty("streams")[0].GetProperty("bytes").GetInt64();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            throw new IOException("The server's results cannot be read.", e);
        }
    }

    private static async Task ReadAsync(Socket control, byte[] all, CancellationToken cancel)
    {
        for (var at = 0; at < all.Length;)
        {
            var came = await control.ReceiveAsync(all.AsMemory(at), cancel).ConfigureAwait(false);
            if (came == 0) throw new IOException("The server closed the connection in the middle of the test.");
            at += came;
        }
    }

    private static async Task SendAsync(Socket control, Action<Utf8JsonWriter> fields, CancellationToken cancel)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            fields(writer);
            writer.WriteEndObject();
        }

        var message = new byte[4 + buffer.WrittenCount];
        BinaryPrimitives.WriteUInt32BigEndian(message, (uint)buffer.WrittenCount);
        buffer.WrittenSpan.CopyTo(message.AsSpan(4));
        await control.SendAsync(message, cancel).ConfigureAwait(false);
    }
}
