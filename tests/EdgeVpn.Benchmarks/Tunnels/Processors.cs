using System.Globalization;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>Processor time and memory as the kernel counts them (proc(5)).</summary>
internal static class Processors
{
    private const double TicksPerSecond = 100; // USER_HZ: part of the ABI on every architecture we run on

    public static CpuTime Now(IEnumerable<Daemon> daemons)
    {
        double user = 0, system = 0;
        foreach (var daemon in daemons)
        {
            // Behind the name in brackets, which may hold anything: state is field 3, utime 14, stime 15.
            var stat = File.ReadAllText($"/proc/{daemon.ProcessId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            user += Number(fields[11]);
            system += Number(fields[12]);
        }

        // user nice system idle iowait irq softirq steal …
        var machine = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var busy = Number(machine[1]) + Number(machine[2]) + Number(machine[3]) + Number(machine[6]) + Number(machine[7]);
        return new CpuTime(user / TicksPerSecond, system / TicksPerSecond, busy / TicksPerSecond);
    }

    /// <summary>Octets of memory of one daemon that are really there: now, and at most so far.</summary>
    public static Memory Resident(Daemon daemon)
    {
        var status = File.ReadAllLines($"/proc/{daemon.ProcessId}/status");
        return new Memory(Kibibytes(status, "VmRSS:") * 1024, Kibibytes(status, "VmHWM:") * 1024);
    }

    private static long Kibibytes(string[] status, string name) =>
        (long)Number(status.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
