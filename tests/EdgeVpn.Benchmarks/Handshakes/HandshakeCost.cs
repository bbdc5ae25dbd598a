using System.Globalization;
using System.Text.Json.Nodes;
using EdgeVpn.Benchmarks.Gateway;
using EdgeVpn.Benchmarks.Tunnels;

namespace EdgeVpn.Benchmarks.Handshakes;

/// <summary>Processor time and memory of the end that answers, per IKE SA with its first child: ours and strongSwan's in alternating rounds.</summary>
internal sealed class HandshakeCost(BenchOptions options, Builds builds, TextWriter progress, CancellationToken cancel)
{
    private const int WarmUp = 20;
    private const int TunnelsForMemory = 1_000;

    /// <summary>What a burst of work left is given back in a quiet minute; what stays is what counts.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMinutes(1);

    private static readonly (string Group, string Ike)[] Groups =
    [
        ("2 (modp1024)", "aes256-sha256-modp1024"), ("14 (modp2048)", "aes256-sha256-modp2048"),
        ("19 (ecp256)", "aes256-sha256-ecp256"), ("31 (x25519)", "aes256-sha256-curve25519"),
    ];

    public async Task<JsonObject> RunAsync(TextWriter output)
    {
        var byGroup = new JsonObject();
        output.WriteLine($"Processor time of the end that answers, per IKE SA with one child, {options.Handshakes} a round, median of {options.Rounds} rounds");
        output.WriteLine($"{"group",-16} {"edgevpn",12} {"strongSwan",12} {"ratio",8}");
        foreach (var (group, ike) in Groups)
        {
            var (ours, theirs, ratios) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < options.Rounds; round++)
            {
                ours.Add(await MillisecondsAsync(builds.Native, ike));
                theirs.Add(await MillisecondsAsync(null, ike));
                ratios.Add(ours[^1] / theirs[^1]);
                progress.WriteLine($"group {group}, round {round + 1} of {options.Rounds}: {ours[^1]:0.00} ms, strongSwan {theirs[^1]:0.00} ms");
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{group,-16} {Median(ours),9:0.000} ms {Median(theirs),9:0.000} ms {Median(ratios),8:0.00}"));
            byGroup[group] = new JsonObject { ["edgevpn"] = Median(ours), ["strongswan"] = Median(theirs), ["ratio"] = Median(ratios) };
        }

        var (oursEmpty, oursFull) = await MemoryAsync(builds.Native);
        var (theirsEmpty, theirsFull) = await MemoryAsync(null);
        output.WriteLine();
        Write("edgevpn", oursEmpty, oursFull);
        Write("strongSwan", theirsEmpty, theirsFull);
        return new JsonObject
        {
            ["millisecondsPerSa"] = byGroup,
            ["memory"] = new JsonObject
            {
                ["tunnels"] = TunnelsForMemory,
                ["edgevpn"] = Json(oursEmpty, oursFull),
                ["strongswan"] = Json(theirsEmpty, theirsFull),
            },
        };

        void Write(string who, Footprint empty, Footprint full)
        {
            output.WriteLine($"{who}, empty:              {empty}");
            output.WriteLine($"{who}, {TunnelsForMemory} tunnels:       {full}: {PerTunnel(empty, full):0.0} kB each");
        }

        JsonObject Json(Footprint empty, Footprint full) => new() { ["empty"] = empty.ToJson(), ["full"] = full.ToJson(), ["kilobytesPerTunnel"] = PerTunnel(empty, full) };
    }

    private async Task<double> MillisecondsAsync(string? executable, string ike)
    {
        cancel.ThrowIfCancellationRequested();
        await using var answerer = await Answerer.StartAsync(executable, ike);
        answerer.Callers.Call(WarmUp);
        var before = Processors.Now([answerer.Daemon]);
        answerer.Callers.Call(options.Handshakes);
        var after = Processors.Now([answerer.Daemon]);
        return (after.User + after.System - before.User - before.System) * 1_000 / options.Handshakes;
    }

    private async Task<(Footprint Empty, Footprint Full)> MemoryAsync(string? executable)
    {
        cancel.ThrowIfCancellationRequested();
        await using var answerer = await Answerer.StartAsync(executable, Groups[^1].Ike);
        answerer.Callers.Call(1); // what the first one brings along is not per tunnel
        var empty = await SettledAsync();
        answerer.Callers.Call(TunnelsForMemory);
        return (empty, await SettledAsync());

        async Task<Footprint> SettledAsync()
        {
            await Task.Delay(Settle, cancel);
            return Footprint.Of(answerer.Daemon);
        }
    }

    private static double PerTunnel(Footprint empty, Footprint full) => (full.Resident - empty.Resident) / 1_000.0 / TunnelsForMemory;

    private static double Median(List<double> values)
    {
        var ordered = values.Order().ToList();
        return ordered.Count % 2 == 1 ? ordered[ordered.Count / 2] : (ordered[(ordered.Count / 2) - 1] + ordered[ordered.Count / 2]) / 2;
    }
}
