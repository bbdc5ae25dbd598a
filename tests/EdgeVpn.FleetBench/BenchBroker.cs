using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgeVpn.FleetBench;

/// <summary>Mosquitto with the files that <c>edgefleet init</c> wrote; measured from /proc.</summary>
internal sealed class BenchBroker(string fleet, string state, int port)
{
    private Process? _process;
    private TimeSpan _cpuBefore;

    /// <summary>Of every process of it so far.</summary>
    public TimeSpan Cpu => _cpuBefore + (_process?.TotalProcessorTime ?? TimeSpan.Zero);

    public long MostResidentOctets { get; private set; }

    public async Task StartAsync()
    {
        var text = (await File.ReadAllTextAsync(Path.Combine(fleet, "broker", "mosquitto.conf"))).Replace("/var/lib/mosquitto/", state + "/", StringComparison.Ordinal);
        var file = Path.Combine(state, "mosquitto.conf");
        await File.WriteAllTextAsync(file, $"user root\nsys_interval 1\n{text}\nlog_dest file {state}/mosquitto.log\n");
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"ulimit -n 200000 2>/dev/null || ulimit -n $(ulimit -Hn); exec /usr/sbin/mosquitto -c {file}"]))!;
        for (var i = 0; ; i++)
        {
            if (_process.HasExited) throw new InvalidOperationException($"Mosquitto ended at its start, see {state}/mosquitto.log");
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (i < 200)
            {
                await Task.Delay(50);
            }
        }
    }

    public async Task StopAsync()
    {
        if (_process is null) return;
        Look();
        _cpuBefore += _process.TotalProcessorTime;
        using (Process.Start("/bin/kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)])) await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public void Look()
    {
        _process?.Refresh();
        if (_process is { HasExited: false }) MostResidentOctets = Math.Max(MostResidentOctets, _process.WorkingSet64);
    }
}
