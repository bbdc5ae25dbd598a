using EdgeVpn.Ipsec;

namespace EdgeVpn.Appliance.Control;

/// <summary>How long to wait before the next attempt: doubling, bounded, never in step with other boxes.</summary>
public static class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private const double Jitter = 0.5;

    /// <param name="failures">Failed attempts in a row; 0 is the first attempt after a success.</param>
    public static TimeSpan After(int failures, IEntropy entropy)
    {
        var wait = First * Math.Pow(2, Math.Clamp(failures - 1, 0, 10));
        return entropy.JitterDown(wait < Longest ? wait : Longest, Jitter);
    }
}
