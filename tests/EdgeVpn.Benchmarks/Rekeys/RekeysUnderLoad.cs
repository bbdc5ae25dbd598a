using System.Globalization;
using System.Text.Json.Nodes;
using EdgeVpn.Benchmarks.Tunnels;

namespace EdgeVpn.Benchmarks.Rekeys;

/// <summary>What a numbered stream at four fifths of what the tunnel carries loses over rekeys, beside the same stream without them.</summary>
internal sealed class RekeysUnderLoad(BenchOptions options, Builds builds, TextWriter progress, CancellationToken stop)
{
    private const int ChildRekeys = 20, IkeRekeys = 3, Octets = 1372;
    private const double Share = 0.8;
    private static readonly TimeSpan Trial = TimeSpan.FromSeconds(2), Whole = TimeSpan.FromSeconds(20), Between = TimeSpan.FromSeconds(0.7);

    /// <param name="Capacity">Datagrams per second at under a thousandth lost.</param>
    private readonly record struct Row(string Pair, bool Back, double Capacity, Passage Calm, Passage Rekeyed, int Children, int IkeSas);

    private readonly record struct Passage(StreamResult Stream, LossPlaces Places)
    {
        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"{Stream.Lost} of {Stream.Sent} (TUN queue {Places.Queue}, sockets {Places.Sockets}, {Stream.Duplicated} twice)");
    }

    public async Task<JsonObject> RunAsync(TextWriter output)
    {
        var rows = new List<Row>();
        var (name, executable) = options.Only.Contains(Contender.OursJit) ? (Contender.OursJit, builds.Jit) : (Contender.OursNative, builds.Native);
        foreach (var pair in (Contender[])[new EdgeVpnPair(name, Suites.Gcm, executable), new MixedPair(executable)])
        {
            await using (pair)
            {
                await pair.StartAsync();
                for (var round = 0; round < options.Rounds; round++)
                {
                    rows.Add(await TakeAsync(pair, back: false));
                    rows.Add(await TakeAsync(pair, back: true));
                }
            }
        }

        output.WriteLine($"UDP of {Octets} octets at {Share:P0} of what the tunnel carries, {Whole.TotalSeconds} s, over {ChildRekeys} child and {IkeRekeys} IKE rekeys by both ends in turn; AES-256-GCM");
        foreach (var row in rows)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Pair}{(row.Back ? ", to the caller" : ", from the caller")}: carries {row.Capacity:0} datagrams/s"));
            output.WriteLine($"  lost over {row.Children - 1} child and {row.IkeSas - 1} IKE rekeys: {row.Rekeyed}");
            output.WriteLine($"  lost without a rekey: {row.Calm}");
        }

        return new JsonObject { ["rows"] = new JsonArray([.. rows.Select(Json)]) };
    }

    private async Task<Row> TakeAsync(Contender pair, bool back)
    {
        var most = await RateSearch.RunAsync(async rate => (await Load.UdpAsync(pair, Octets, rate, Trial, stop, back)).Arrival(Octets));
        var capacity = most.Packets / most.Seconds;
        var calm = await PassAsync(pair, capacity * Share, back);
        var load = PassAsync(pair, capacity * Share, back);
        var (children, ikeSas) = await RekeyAsync(pair);
        var row = new Row(pair.Name, back, capacity, calm, await load, children, ikeSas);
        progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{pair.Name}{(back ? " back" : "")}: {capacity:0} datagrams/s; lost over rekeys {row.Rekeyed}, without {calm}"));
        return row;
    }

    private async Task<Passage> PassAsync(Contender pair, double rate, bool back)
    {
        var before = LossPlaces.Now(pair);
        var stream = await Load.UdpAsync(pair, Octets, rate, Whole, stop, back);
        return new Passage(stream, LossPlaces.Now(pair) - before);
    }

    /// <returns>How many pairs of each kind were seen, those of before among them.</returns>
    private async Task<(int Children, int IkeSas)> RekeyAsync(Contender pair)
    {
        var (children, ikeSas) = (new HashSet<uint>(), new HashSet<string>());
        await NoteAsync();
        for (var i = 0; i < ChildRekeys; i++)
        {
            await Task.Delay(Between, stop);
            var end = pair.Ends[i % pair.Ends.Count];
            if (i % 6 == 5) // 5, 11, 17
            {
                await end.RekeyIkeAsync();
                await NoteAsync();
                end = pair.Ends[(i + 1) % pair.Ends.Count];
            }

            await end.RekeyChildAsync();
            await NoteAsync();
        }

        return (children.Count, ikeSas.Count);

        async Task NoteAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(0.1), stop);
            foreach (var sa in await pair.Ends[^1].SasAsync())
            {
                ikeSas.Add(sa.InitiatorSpi);
                foreach (var child in sa.Children) children.Add(child.SpiIn);
            }
        }
    }

    private static JsonNode Json(Row row) => new JsonObject
    {
        ["pair"] = row.Pair,
        ["toTheCaller"] = row.Back,
        ["capacity"] = row.Capacity,
        ["withRekeys"] = Json(row.Rekeyed),
        ["withoutRekeys"] = Json(row.Calm),
        ["childSas"] = row.Children,
        ["ikeSas"] = row.IkeSas,
    };

    private static JsonObject Json(Passage passage) => new()
    {
        ["sent"] = passage.Stream.Sent,
        ["lost"] = passage.Stream.Lost,
        ["duplicated"] = passage.Stream.Duplicated,
        ["droppedByTunQueues"] = passage.Places.Queue,
        ["droppedBySockets"] = passage.Places.Sockets,
    };
}
