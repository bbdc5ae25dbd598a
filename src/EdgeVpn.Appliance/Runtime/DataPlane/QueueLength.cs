namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>How much an interface's queue holds: what comes while its worker waits for a processor that others have, and no more, for what a slow box holds back is delay.</summary>
/// <remarks>Measured by time: a scheduler's few turns, whatever the machine. Super-packets count once, in the kernel's queue and here.</remarks>
internal static class QueueLength
{
    /// <summary>As interfaces have it by themselves; at ten thousand packets a second that is a tenth of a second already.</summary>
    public const int Least = 1_000;

    /// <summary>Of full packets some 11 MB.</summary>
    public const int Most = 8_000;

    /// <summary>Some turns of other threads on the same processor, 3 ms each with Linux's defaults on few processors.</summary>
    private static readonly TimeSpan Held = TimeSpan.FromMilliseconds(25);

    /// <param name="rate">What the queue carried lately, packets a second.</param>
    /// <param name="now">How long it is: it grows at once, and shrinks when a quarter would do.</param>
    public static int For(double rate, int now)
    {
        var length = Least;
        while (length < Most && length < rate * Held.TotalSeconds) length *= 2;
        return length > now || 4 * length <= now ? length : now;
    }
}
