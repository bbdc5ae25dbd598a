using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Demo.Traffic;

/// <summary>What came of a copy: the checksums are of the two files on disk.</summary>
public sealed record FileCopyResult(long Octets, string SentSha256, string ReceivedSha256, TimeSpan Took);

/// <summary>Copies a file from the branch's host to the cloud's over one TCP connection.</summary>
public static class FileCopy
{
    public static async Task<FileCopyResult> ToCloudAsync(Lab lab, int octets, CancellationToken cancel)
    {
        var source = Path.Combine(lab.RunFolder, "branch-report.bin");
        var target = Path.Combine(lab.RunFolder, "cloud-report.bin");
        await File.WriteAllBytesAsync(source, RandomNumberGenerator.GetBytes(octets), cancel);

        using var listener = NetnsSockets.Open(lab, Node.CloudLan, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(LabAddresses.CloudHost), 0));
        listener.Listen(1);
        using var sender = NetnsSockets.Open(lab, Node.BranchLan, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var start = Stopwatch.GetTimestamp();
        await sender.ConnectAsync(listener.LocalEndPoint!, cancel);
        using var receiver = await listener.AcceptAsync(cancel);
        var receiving = ReceiveAsync(receiver, target, cancel);
        await sender.SendFileAsync(source, cancel);
        sender.Shutdown(SocketShutdown.Send);
        await receiving;
        var took = Stopwatch.GetElapsedTime(start);
        return new FileCopyResult(new FileInfo(target).Length, await SumAsync(source, cancel), await SumAsync(target, cancel), took);
    }

    private static async Task ReceiveAsync(Socket socket, string target, CancellationToken cancel)
    {
        await using var stream = new NetworkStream(socket);
        await using var file = File.Create(target);
        await stream.CopyToAsync(file, cancel);
    }

    private static async Task<string> SumAsync(string path, CancellationToken cancel)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel));
    }
}
