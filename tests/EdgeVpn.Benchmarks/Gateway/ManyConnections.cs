using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using EdgeVpn.Benchmarks.Report;
using EdgeVpn.Benchmarks.Tunnels;

namespace EdgeVpn.Benchmarks.Gateway;

/// <summary>What a gateway loses by having many connections: the same streams over a gateway with one, in alternating rounds.</summary>
internal sealed class ManyConnections(BenchOptions options, Builds builds, TextWriter progress, CancellationToken stop)
{
    // A thousand streams at once have so little each that TCP sends them two segments at a time, and only to one peer may they leave together; eight at a
    // time have what a stream has in real life.
    private const int AtOnce = 8;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    private readonly record struct Taken(double Gigabits, double Seconds, double GatewaySeconds)
    {
        public double Rate => Gigabits / Seconds;

        public double PerGatewaySecond => Gigabits / GatewaySeconds;
    }

    public async Task<JsonObject> RunAsync(TextWriter output)
    {
        var many = options.Many;
        var executable = options.Only.Contains(Contender.OursJit) ? builds.Jit : builds.Native;
        await using var alone = await GatewayPair.StartAsync(executable, 1, many, stop);
        progress.WriteLine("up: one connection");
        await using var crowd = await GatewayPair.StartAsync(executable, many, many, stop);
        progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"up: {many} connections in {crowd.Setup.Time.TotalSeconds:0.0} s, {crowd.Setup.GatewaySeconds:0.0} s of the gateway's processor time"));
        var connected = Footprint.Of(crowd.Gateway);
        await Task.Delay(TimeSpan.FromSeconds(2), stop);
        var before = Processors.Now([crowd.Gateway]);
        await Task.Delay(TimeSpan.FromSeconds(5), stop);
        var idle = (Processors.Now([crowd.Gateway]) - before).Daemons / 5;

        var (ofOne, inTurns, ofAll) = (new List<(Taken Alone, Taken Crowd)>(), new List<(Taken Alone, Taken Crowd)>(), new List<(Taken Alone, Taken Crowd)>());
        for (var round = 0; round < options.Rounds; round++)
        {
            ofOne.Add(await RoundAsync(alone, crowd, 1, 1, round));
            inTurns.Add(await RoundAsync(alone, crowd, many, AtOnce, round));
            ofAll.Add(await RoundAsync(alone, crowd, many, many, round));
        }

        output.WriteLine();
        output.WriteLine($"A gateway with {many} connections beside one with a single connection, the same streams over both; {options.Rounds} rounds of {options.Seconds} s, medians within rounds");
        output.WriteLine("                                          one connection        many    ratio     ratio per second of the gateway's processor time");
        Write(output, "one stream, over one of them", ofOne);
        Write(output, $"{many} streams over all, {AtOnce} at a time", inTurns);
        Write(output, $"{many} streams over all, all at once", ofAll);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"set-up: {crowd.Setup.Time.TotalSeconds:0.0} s, {crowd.Setup.GatewaySeconds / many * 1e3:0.00} ms of the gateway's processor time each; idle with all of them up: {idle * 100:0.0} % of a processor"));
        output.WriteLine($"gateway with 1 connection, after the loads:    {Footprint.Of(alone.Gateway)}");
        output.WriteLine($"gateway with {many}, configured, nobody there: {crowd.Empty}");
        output.WriteLine($"gateway with {many}, all up:                   {connected}");
        output.WriteLine($"gateway with {many}, after the loads:          {Footprint.Of(crowd.Gateway)}");
        return new JsonObject
        {
            ["connections"] = many,
            ["oneStream"] = Json(ofOne),
            ["oneStreamEachInTurns"] = Json(inTurns),
            ["oneStreamEach"] = Json(ofAll),
            ["setup"] = new JsonObject { ["seconds"] = crowd.Setup.Time.TotalSeconds, ["gatewaySeconds"] = crowd.Setup.GatewaySeconds },
            ["idleShareOfProcessor"] = idle,
            ["footprint"] = new JsonObject
            {
                ["oneAfterLoad"] = Footprint.Of(alone.Gateway).ToJson(),
                ["manyEmpty"] = crowd.Empty.ToJson(),
                ["manyUp"] = connected.ToJson(),
                ["manyAfterLoad"] = Footprint.Of(crowd.Gateway).ToJson(),
            },
        };
    }

    private async Task<(Taken Alone, Taken Crowd)> RoundAsync(GatewayPair alone, GatewayPair crowd, int streams, int atOnce, int round)
    {
        var crowdFirst = round % 2 == 1;
        var first = await TakeAsync(crowdFirst ? crowd : alone, streams, atOnce);
        var second = await TakeAsync(crowdFirst ? alone : crowd, streams, atOnce);
        var (one, many) = crowdFirst ? (second, first) : (first, second);
        progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}/{options.Rounds}, {streams} streams, {atOnce} at a time [Gbit/s]: one connection {one.Rate:0.00}, many {many.Rate:0.00}"));
        return (one, many);
    }

    private async Task<Taken> TakeAsync(GatewayPair pair, int streams, int atOnce)
    {
        using var flows = Flows.Start(pair.Lab, streams, atOnce, stop);
        await Task.Delay(WarmUp, stop);
        var (start, octets, cpu) = (Stopwatch.GetTimestamp(), flows.Octets, Processors.Now([pair.Gateway]));
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds), stop);
        return new Taken((flows.Octets - octets) * 8 / 1e9, Stopwatch.GetElapsedTime(start).TotalSeconds, (Processors.Now([pair.Gateway]) - cpu).Daemons);
    }

    private static double RatioOfRates(List<(Taken Alone, Taken Crowd)> rounds) => Standing.Median(rounds.Select(round => round.Crowd.Rate / round.Alone.Rate));

    private static double RatioPerSecond(List<(Taken Alone, Taken Crowd)> rounds) => Standing.Median(rounds.Select(round => round.Crowd.PerGatewaySecond / round.Alone.PerGatewaySecond));

    private static void Write(TextWriter output, string what, List<(Taken Alone, Taken Crowd)> rounds) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what,-40} {Standing.Median(rounds.Select(round => round.Alone.Rate)),9:0.00} Gbit/s {Standing.Median(rounds.Select(round => round.Crowd.Rate)),9:0.00} {RatioOfRates(rounds),8:0.00} {RatioPerSecond(rounds),9:0.00}"));

    private static JsonObject Json(List<(Taken Alone, Taken Crowd)> rounds) => new()
    {
        ["ratio"] = RatioOfRates(rounds),
        ["ratioPerGatewaySecond"] = RatioPerSecond(rounds),
        ["gigabitsPerSecond"] = new JsonObject { ["one"] = Standing.Median(rounds.Select(round => round.Alone.Rate)), ["many"] = Standing.Median(rounds.Select(round => round.Crowd.Rate)) },
    };
}
