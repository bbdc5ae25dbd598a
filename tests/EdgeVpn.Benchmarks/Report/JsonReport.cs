using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Benchmarks.Tunnels;

namespace EdgeVpn.Benchmarks.Report;

/// <summary>The result as programs read it: the ratios first.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static async Task WriteAsync(string file, BenchOptions options, Results results, MachineFacts machine, IReadOnlyList<CipherTime> ciphers)
    {
        var tables = Table.Of(results.Samples);
        var headline = tables.FirstOrDefault(table => table.Measure.Key == Schedule.Headline);
        var document = new JsonObject
        {
            ["ratios"] = Ratios(headline),
            ["ratiosOf"] = $"{Schedule.Headline}: {Contender.OursNative} over each, median within rounds; cpu is per second of the daemons, against none per second of the machine",
            ["machine"] = JsonSerializer.SerializeToNode(machine, Indented),
            ["quick"] = options.Quick,
            ["rounds"] = options.Rounds,
            ["seconds"] = options.Seconds,
            ["measures"] = new JsonArray([.. tables.Select(Measure)]),
            ["stageNanoseconds"] = JsonSerializer.SerializeToNode(Stages.Of(tables, ciphers), Indented),
            ["cipherNanoseconds"] = JsonSerializer.SerializeToNode(ciphers, Indented),
            ["residentOctets"] = JsonSerializer.SerializeToNode(results.Memory, Indented),
            ["failures"] = JsonSerializer.SerializeToNode(results.Failures, Indented),
        };
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder) Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(file, document.ToJsonString(Indented) + "\n");
    }

    private static JsonObject Ratios(Table? table)
    {
        var ratios = new JsonObject();
        foreach (var other in table?.Standings.Select(standing => standing.Contender) ?? [])
        {
            if (other != Contender.OursNative && table!.RatioOf(Contender.OursNative, other) is { } ratio)
                ratios[other] = new JsonObject { ["wall"] = Number(ratio.Wall), ["cpu"] = Number(ratio.Cpu) };
        }

        return ratios;
    }

    private static JsonNode Measure(Table table) => new JsonObject
    {
        ["key"] = table.Measure.Key,
        ["unit"] = table.Measure.Unit,
        ["title"] = $"{table.Measure.Title}; {Suites.Title(table.Measure.Suite)}; {table.Measure.Wire.Sentence()}",
        ["ratios"] = Ratios(table),
        ["contenders"] = new JsonObject(table.Standings.Select(standing => KeyValuePair.Create(standing.Contender, (JsonNode?)Of(standing)))),
    };

    private static JsonObject Of(Standing standing) => new()
    {
        ["median"] = Number(standing.Value),
        ["least"] = Number(standing.Least),
        ["most"] = Number(standing.Most),
        ["daemonCpuSeconds"] = Number(standing.DaemonSeconds),
        ["gigabitsPerCpuSecond"] = Number(standing.PerDaemonSecond),
        ["nanosecondsPerPacketAndEnd"] = Number(standing.NanosecondsPerPacket),
        ["userNanosecondsPerPacketAndEnd"] = Number(standing.UserNanosecondsPerPacket),
        ["allocatedOctets"] = standing.Allocated is { } octets ? JsonValue.Create(octets) : null,
        ["rounds"] = new JsonArray([.. standing.Samples.Select(sample => Number(sample.Value))]),
    };

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(Math.Round(value, 4)) : null;
}
