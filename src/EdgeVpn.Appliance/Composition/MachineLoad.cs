using System.Globalization;

namespace EdgeVpn.Appliance.Composition;

/// <summary>How busy and how warm the machine is, where its kernel says so (proc(5), thermal sysfs).</summary>
internal sealed class MachineLoad
{
    private (long Busy, long All) _before;

    /// <summary>Percent of all processors since the last call; null at the first, or where nobody counts.</summary>
    public double? Cpu()
    {
        if (FirstLine("/proc/stat") is not { } line || !line.StartsWith("cpu ", StringComparison.Ordinal)) return null;
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static f => long.TryParse(f, CultureInfo.InvariantCulture, out var ticks) ? ticks : 0).ToArray();
        if (fields.Length < 5) return null;
        var all = fields.Take(8).Sum();
        var busy = all - fields[3] - fields[4]; // idle, iowait
        var before = _before;
        _before = (busy, all);
        return before.All == 0 || all <= before.All ? null : Math.Round(100.0 * (busy - before.Busy) / (all - before.All), 1);
    }

    /// <summary>The first thermal zone, °C.</summary>
    public static double? Temperature() =>
        FirstLine("/sys/class/thermal/thermal_zone0/temp") is { } text && int.TryParse(text, CultureInfo.InvariantCulture, out var thousandths) ? thousandths / 1000.0 : null;

    private static string? FirstLine(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
