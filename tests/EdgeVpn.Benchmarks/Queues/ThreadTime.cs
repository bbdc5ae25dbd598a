using System.Globalization;

namespace EdgeVpn.Benchmarks.Queues;

/// <summary>Processor time of the calling thread, in nanoseconds (proc(5), schedstat): what others take of the processor meanwhile is not in it.</summary>
internal static class ThreadTime
{
    public static long Now()
    {
        var text = File.ReadAllText("/proc/thread-self/schedstat");
        return long.Parse(text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
    }
}
