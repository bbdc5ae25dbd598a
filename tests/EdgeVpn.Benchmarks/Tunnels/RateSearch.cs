namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>Looks for the highest rate that loses less than a thousandth: from what arrives of a flood, halving the distance.</summary>
internal static class RateSearch
{
    public const double MaxLost = 0.001;
    private const double Precision = 1.06;

    /// <param name="trial">Sends at a rate in packets per second, zero for as many as possible, and tells what arrived.</param>
    /// <returns>The best trial; one that lost too much only if nothing lost less.</returns>
    public static async Task<Arrival> RunAsync(Func<double, Task<Arrival>> trial)
    {
        var flood = await trial(0);
        if (flood.LostShare < MaxLost) return flood;
        var best = flood with { Packets = 0, Gigabits = 0 };
        // Under a flood a receiver may starve; it may take more when it is given less.
        double low = 0, high = 1.5 * flood.Packets / flood.Seconds, rate = high / 1.5;
        for (var trials = 0; trials < 9 && high > low * Precision && high > 100; trials++)
        {
            var arrival = await trial(rate);
            if (arrival.LostShare < MaxLost) (low, best) = (rate, arrival);
            else high = rate;
            rate = low == 0 ? high / 2 : (low + high) / 2;
        }

        return best;
    }
}
