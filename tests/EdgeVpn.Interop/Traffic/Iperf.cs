using System.Text.Json;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Traffic;

/// <summary>Throughput as iperf3 measured it.</summary>
/// <param name="LostPackets">UDP only.</param>
public sealed record IperfResult(double ReceivedMegabitsPerSecond, long ReceivedOctets, long LostPackets, long Retransmits);

public static class Iperf
{
    private const int Port = 5201;
    private static int _runs;

    /// <summary>One TCP stream from one LAN host to the other.</summary>
    public static Task<IperfResult> TcpAsync(Lab lab, Node from, Node to, string destination, TimeSpan time) =>
        RunAsync(lab, from, to, destination, time, []);

    /// <summary>UDP at a given rate; losses are counted.</summary>
    public static Task<IperfResult> UdpAsync(Lab lab, Node from, Node to, string destination, TimeSpan time, int megabitsPerSecond, int payloadOctets) =>
        RunAsync(lab, from, to, destination, time, ["-u", "-b", $"{megabitsPerSecond}M", "-l", $"{payloadOctets}"]);

    private static async Task<IperfResult> RunAsync(Lab lab, Node from, Node to, string destination, TimeSpan time, string[] how)
    {
        await using var server = lab.Start(to, new DaemonSetup { Name = $"iperf3-server-{Interlocked.Increment(ref _runs)}", Command = ["iperf3", "-s", "-1", "-p", $"{Port}", "--forceflush"] });
        await Until.TrueAsync("iperf3 listens", TimeSpan.FromSeconds(5), () => server.Log().Contains("Server listening", StringComparison.Ordinal), server.Log);
        var run = await lab.RunAsync(from, ["iperf3", "-c", destination, "-p", $"{Port}", "-J", "-t", $"{time.TotalSeconds:0}", .. how], within: time + TimeSpan.FromSeconds(15));
        using var json = JsonDocument.Parse(run.Output);
        // With -J a failure has exit code 0.
        if (json.RootElement.TryGetProperty("error", out var error)) throw new InvalidOperationException($"iperf3: {error.GetString()}");
        var end = json.RootElement.GetProperty("end");
        var received = end.TryGetProperty("sum_received", out var tcp) ? tcp : end.GetProperty("sum");
        return new IperfResult(
            received.GetProperty("bits_per_second").GetDouble() / 1e6,
            received.GetProperty("bytes").GetInt64(),
            end.TryGetProperty("sum", out var udp) && udp.TryGetProperty("lost_packets", out var lost) ? lost.GetInt64() : 0,
            end.TryGetProperty("sum_sent", out var sent) && sent.TryGetProperty("retransmits", out var again) ? again.GetInt64() : 0);
    }
}
