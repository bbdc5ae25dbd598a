using EdgeVpn.Benchmarks.Tunnels;

namespace EdgeVpn.Benchmarks.Report;

/// <summary>The result as people read it.</summary>
internal static class TextReport
{
    public static void Write(TextWriter to, Results results, MachineFacts machine, IReadOnlyList<CipherTime> ciphers)
    {
        to.WriteLine();
        to.WriteLine(machine.ToString());
        var tables = Table.Of(results.Samples);
        foreach (var table in tables) Write(to, table);
        to.WriteLine();
        foreach (var stages in Stages.Of(tables, ciphers)) to.WriteLine($"stages of a packet at one end, {Contender.OursNative}, ns: {stages}");
        to.WriteLine("cipher alone, ns per packet (seal, open): " + string.Join("; ", ciphers.Select(cipher => cipher.ToString())));
        to.WriteLine("memory of one daemon, after all loads (and at most): " + string.Join(", ", results.Memory.Select(each => $"{each.Key} {each.Value.Resident / 1e6:0.0} ({each.Value.Peak / 1e6:0.0}) MB")));
        foreach (var failure in results.Failures) to.WriteLine("failed: " + failure);
    }

    private static void Write(TextWriter to, Table table)
    {
        var measure = table.Measure;
        to.WriteLine();
        to.WriteLine($"{measure.Title}; {Suites.Title(measure.Suite)}; {measure.Wire.Sentence()}   [{measure.Unit}]");
        to.WriteLine("                    median     least      most   ours is × (wall, cpu)   daemons' s   Gbit/cpu-s   ns/packet·end (user)   allocated");
        foreach (var standing in table.Standings)
        {
            var ratio = standing.Contender == Contender.OursNative ? null : table.RatioOf(Contender.OursNative, standing.Contender);
            to.WriteLine(
                $"  {standing.Contender,-16} {Number(standing.Value),8}  {Number(standing.Least),8}  {Number(standing.Most),8}   "
                + $"{(ratio is { } r ? $"{Number(r.Wall)}, {Number(r.Cpu)}" : "-"),20}   {Number(standing.DaemonSeconds),10}   {Number(standing.PerDaemonSecond),10}   "
                + $"{Number(standing.NanosecondsPerPacket),12} ({Number(standing.UserNanosecondsPerPacket)})   {(standing.Allocated is { } octets ? $"{octets:0}" : "-"),9}");
        }
    }

    private static string Number(double value) => !double.IsFinite(value) ? "-" : value >= 100 ? $"{value:0}" : value >= 10 ? $"{value:0.0}" : $"{value:0.00}";
}
