using EdgeVpn.Benchmarks.Tunnels;

namespace EdgeVpn.Benchmarks.Report;

/// <summary>One contender under one measure.</summary>
internal sealed record Standing(string Contender, IReadOnlyList<Sample> Samples)
{
    public double Value => Median(Samples.Select(sample => sample.Value));

    public double Least => Samples.Min(sample => sample.Value);

    public double Most => Samples.Max(sample => sample.Value);

    public double PerDaemonSecond => Median(Samples.Select(sample => sample.GigabitsPerDaemonSecond));

    public double DaemonSeconds => Median(Samples.Select(sample => sample.Cpu.Daemons));

    public double NanosecondsPerPacket => Median(Samples.Select(sample => sample.NanosecondsPerPacket));

    /// <summary>Of those, outside the kernel.</summary>
    public double UserNanosecondsPerPacket => Median(Samples.Select(sample => sample.NanosecondsPerPacket * sample.Cpu.User / sample.Cpu.Daemons));

    /// <summary>Octets that both ends allocated per second of load; null for what does not tell.</summary>
    public double? Allocated => Samples.Any(sample => sample.Allocated is null) ? null : Median(Samples.Select(sample => (double)sample.Allocated!.Value));

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Where(double.IsFinite).Order().ToArray();
        if (sorted.Length == 0) return double.NaN;
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>How many times as fast we are.</summary>
/// <param name="Wall">By the clock.</param>
/// <param name="Cpu">By the daemons' processor time; against no tunnel, which has none, by the machine's.</param>
internal readonly record struct Ratio(double Wall, double Cpu);

/// <summary>Medians and ratios of one measure.</summary>
internal sealed record Table(Measure Measure, IReadOnlyList<Standing> Standings)
{
    public static IReadOnlyList<Table> Of(IReadOnlyList<Sample> samples) =>
    [
        .. samples.GroupBy(sample => sample.Measure.Key).Select(group => new Table(
            group.First().Measure,
            [.. group.GroupBy(sample => sample.Contender).Select(each => new Standing(each.Key, [.. each]))])),
    ];

    public Standing? Find(string contender) => Standings.FirstOrDefault(standing => standing.Contender == contender);

    /// <summary>The median of <paramref name="ours"/> over <paramref name="theirs"/> within each round; more than one is better, also for round trips.</summary>
    public Ratio? RatioOf(string ours, string theirs)
    {
        if (Find(ours) is not { } mine || Find(theirs) is not { } other) return null;
        var pairs = mine.Samples.Join(other.Samples, sample => sample.Round, sample => sample.Round, (a, b) => (Ours: a, Theirs: b)).ToArray();
        if (pairs.Length == 0) return null;
        return new Ratio(
            Standing.Median(pairs.Select(pair => Measure.IsRate ? pair.Ours.Value / pair.Theirs.Value : pair.Theirs.Value / pair.Ours.Value)),
            Standing.Median(pairs.Select(pair => theirs == Contender.None
                ? pair.Ours.GigabitsPerMachineSecond / pair.Theirs.GigabitsPerMachineSecond
                : pair.Ours.GigabitsPerDaemonSecond / pair.Theirs.GigabitsPerDaemonSecond)));
    }
}
