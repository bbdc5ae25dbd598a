using System.Diagnostics;

namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>All that one run measured.</summary>
/// <param name="Memory">By contender with AES-GCM: of the larger daemon.</param>
internal sealed record Results(IReadOnlyList<Sample> Samples, IReadOnlyDictionary<string, Memory> Memory, IReadOnlyList<string> Failures);

/// <summary>Octets of memory that are really there: after all loads, and at most so far.</summary>
internal readonly record struct Memory(long Resident, long Peak);

/// <summary>Starts every contender, alternates rounds between them, and takes them down.</summary>
internal sealed class Comparison(BenchOptions options, Builds builds, TextWriter progress, CancellationToken stop)
{
    private readonly List<Sample> _samples = [];
    private readonly List<string> _failures = [];

    public async Task<Results> RunAsync()
    {
        var contenders = new List<Contender>();
        try
        {
            foreach (var contender in Schedule.Contenders(options, builds))
            {
                stop.ThrowIfCancellationRequested();
                var start = Stopwatch.GetTimestamp();
                contenders.Add(contender);
                await contender.StartAsync();
                progress.WriteLine($"up: {contender.Name} {contender.Suite} in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
            }

            for (var round = 1; round <= options.Rounds; round++) await RoundAsync(round, contenders);
            var memory = contenders.Where(each => each.Suite == Suites.Gcm && each.Daemons.Count > 0)
                .ToDictionary(each => each.Name, each => each.Daemons.Select(Processors.Resident).MaxBy(memory => memory.Resident), StringComparer.Ordinal);
            return new Results(_samples, memory, _failures);
        }
        finally
        {
            foreach (var contender in contenders) await contender.DisposeAsync();
        }
    }

    // Within a measure the contenders follow each other directly, each round in another order.
    private async Task RoundAsync(int round, List<Contender> contenders)
    {
        foreach (var measure in Schedule.Measures(options).Where(measure => round <= measure.Rounds))
        {
            var taking = contenders.Where(contender => contender.Suite == measure.Suite).ToArray();
            var line = new List<string>();
            for (var i = 0; i < taking.Length; i++)
            {
                var contender = taking[(i + round - 1) % taking.Length];
                stop.ThrowIfCancellationRequested();
                var sample = await TryTakeAsync(round, contender, measure);
                if (sample is not null) _samples.Add(sample);
                line.Add($"{contender.Name} {(sample is null ? "failed" : $"{sample.Value:0.00}")}");
            }

            progress.WriteLine($"round {round}/{options.Rounds} {measure.Key} [{measure.Unit}]: {string.Join(", ", line)}");
        }
    }

    // A contender that breaks down under a load loses that sample, not everybody's evening.
    private async Task<Sample?> TryTakeAsync(int round, Contender contender, Measure measure)
    {
        try
        {
            await measure.Wire.ApplyAsync(contender.Lab);
            return await TakeAsync(round, contender, measure);
        }
        catch (InvalidOperationException failure)
        {
            _failures.Add($"round {round} {measure.Key} {contender.Name}: {failure.Message.Split('\n')[0]}");
            return null;
        }
    }

    private async Task<Sample> TakeAsync(int round, Contender contender, Measure measure)
    {
        var allocatedBefore = await contender.AllocatedAsync();
        var before = Processors.Now(contender.Daemons);
        var arrival = new Arrival(0, 1, 0, 0, 0);
        double value;
        var cpu = default(CpuTime);
        switch (measure.Kind)
        {
            case Kind.Tcp:
                arrival = await Load.TcpAsync(contender, measure.Parameter, options.Seconds, stop);
                value = arrival.Gigabits / arrival.Seconds;
                break;
            case Kind.Udp:
                arrival = await RateSearch.RunAsync(async rate =>
                {
                    var start = Processors.Now(contender.Daemons);
                    var got = (await Load.UdpAsync(contender, measure.Parameter, rate, TimeSpan.FromSeconds(options.Quick ? 1 : 2), stop)).Arrival(measure.Parameter);
                    if (got.LostShare < RateSearch.MaxLost) cpu = Processors.Now(contender.Daemons) - start;
                    return got;
                });
                value = arrival.Packets / arrival.Seconds / 1e3;
                break;
            default:
                value = await RoundTripAsync(contender, measure);
                break;
        }

        if (measure.Kind != Kind.Udp) cpu = Processors.Now(contender.Daemons) - before;
        var allocated = await contender.AllocatedAsync();
        return new Sample(
            round, contender.Name, measure, value, cpu, arrival.Gigabits, arrival.Packets, arrival.Retransmits, allocated?.Octets - allocatedBefore?.Octets);
    }

    private async Task<double> RoundTripAsync(Contender contender, Measure measure)
    {
        if (measure.Parameter == 0) return RoundTrips.Run(contender, TimeSpan.FromSeconds(1), stop).Median;
        var load = Load.TcpAsync(contender, 1, options.Seconds + 1, stop);
        await Task.Delay(TimeSpan.FromSeconds(0.5), stop);
        var (median, _) = await Task.Run(() => RoundTrips.Run(contender, TimeSpan.FromSeconds(options.Seconds), stop), stop);
        await load;
        return median;
    }
}
