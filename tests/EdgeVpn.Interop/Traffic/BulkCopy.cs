using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Traffic;

/// <summary>A file's worth of octets over one TCP connection, with the checksum of both ends.</summary>
public sealed record BulkCopyResult(long Octets, string SentSha256, string ReceivedSha256, TimeSpan Took)
{
    public double MegabitsPerSecond => Octets * 8 / Took.TotalSeconds / 1e6;
}

public static class BulkCopy
{
    private const int BlockOctets = 64 << 10;

    /// <summary>From the branch's host to the cloud's, octets by seed.</summary>
    public static async Task<BulkCopyResult> ToCloudAsync(Lab lab, int octets, int seed, TimeSpan within)
    {
        using var deadline = new CancellationTokenSource(within);
        using var listener = NetnsSockets.Open(lab, Node.CloudLan, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(LabAddresses.CloudHost), 0));
        listener.Listen(1);
        using var sender = NetnsSockets.Open(lab, Node.BranchLan, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var start = Stopwatch.GetTimestamp();
        await sender.ConnectAsync(listener.LocalEndPoint!, deadline.Token);
        using var receiver = await listener.AcceptAsync(deadline.Token);
        var received = ReceiveAsync(receiver, deadline.Token);
        var sent = await SendAsync(sender, octets, seed, deadline.Token);
        var (count, sum) = await received;
        return new BulkCopyResult(count, sent, sum, Stopwatch.GetElapsedTime(start));
    }

    private static async Task<string> SendAsync(Socket socket, int octets, int seed, CancellationToken deadline)
    {
        var random = new Random(seed);
        var block = new byte[BlockOctets];
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var left = octets; left > 0;)
        {
            random.NextBytes(block);
            var part = block.AsMemory(0, Math.Min(left, block.Length));
            sum.AppendData(part.Span);
            for (var at = 0; at < part.Length;) at += await socket.SendAsync(part[at..], deadline);
            left -= part.Length;
        }

        socket.Shutdown(SocketShutdown.Send);
        return Convert.ToHexString(sum.GetHashAndReset());
    }

    private static async Task<(long, string)> ReceiveAsync(Socket socket, CancellationToken deadline)
    {
        var block = new byte[BlockOctets];
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var count = 0L;
        while (await socket.ReceiveAsync(block.AsMemory(), deadline) is var length and > 0)
        {
            sum.AppendData(block.AsSpan(0, length));
            count += length;
        }

        return (count, Convert.ToHexString(sum.GetHashAndReset()));
    }
}
