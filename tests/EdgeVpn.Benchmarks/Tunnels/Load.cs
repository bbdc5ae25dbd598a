using System.Text.Json;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>What arrived of a load.</summary>
/// <param name="Packets">Data packets received: counted for UDP, by the segment size for TCP.</param>
/// <param name="LostShare">UDP: of those sent, 0 to 1.</param>
internal sealed record Arrival(double Gigabits, double Seconds, double Packets, double LostShare, long Retransmits);

/// <summary>Loads a contender: TCP by iperf3, UDP by numbered datagrams.</summary>
internal static class Load
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    public static async Task<Arrival> TcpAsync(Contender contender, int streams, int seconds, CancellationToken stop)
    {
        var json = await RunAsync(contender, seconds, ["-P", $"{streams}"], stop);
        var end = json.GetProperty("end");
        var received = end.GetProperty("sum_received");
        var octets = received.GetProperty("bytes").GetDouble();
        var segment = json.GetProperty("start").GetProperty("tcp_mss_default").GetDouble();
        return new Arrival(
            octets * 8 / 1e9, received.GetProperty("seconds").GetDouble(), octets / segment, 0,
            end.GetProperty("sum_sent").TryGetProperty("retransmits", out var retransmits) ? retransmits.GetInt64() : 0);
    }

    /// <param name="rate">Datagrams per second; zero: as many as the sender can.</param>
    /// <param name="back">From the answering end to the one that called.</param>
    public static Task<StreamResult> UdpAsync(Contender contender, int octets, double rate, TimeSpan time, CancellationToken stop, bool back = false)
    {
        var (from, to) = ((Node.Box, contender.Addresses.From), (Node.Gateway, contender.Addresses.To));
        if (back) (from, to) = (to, from);
        return NumberedStream.RunAsync(contender.Lab, from, to, octets, rate, time, stop);
    }

    private static async Task<JsonElement> RunAsync(Contender contender, int seconds, string[] how, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var (from, to) = contender.Addresses;
        for (var attempt = 1; ; attempt++)
        {
            var run = await contender.Lab.TryRunAsync(
                Node.Box,
                ["iperf3", "-c", to, "-B", from, "-J", "--connect-timeout", "3000", "-t", $"{seconds}", .. how],
                within: TimeSpan.FromSeconds(seconds) + Grace);
            stop.ThrowIfCancellationRequested();
            if (Read(run.Output) is { } json) return json;
            // The server may still be busy with the end of the run before.
            if (attempt == 5) throw new InvalidOperationException($"{contender.Name}: iperf3 failed:\n{run.Output}{run.Error}");
            await Task.Delay(200, stop);
        }
    }

    // A failure has exit code 0 with -J, and then the results are missing.
    private static JsonElement? Read(string output)
    {
        try
        {
            using var json = JsonDocument.Parse(output);
            var root = json.RootElement;
            var isWhole = !root.TryGetProperty("error", out _) && root.TryGetProperty("end", out var end) && end.TryGetProperty("sum_received", out _);
            return isWhole ? root.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
