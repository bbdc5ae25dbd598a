using System.Diagnostics;

namespace EdgeVpn.Demo.Story;

/// <summary>Time since the curtain rose.</summary>
public sealed class StoryClock
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);
}
