using System.Globalization;
using System.Text.Json.Nodes;
using EdgeVpn.Benchmarks.Tunnels;
using EdgeVpn.Interop.Peers;

namespace EdgeVpn.Benchmarks.Rekeys;

/// <summary>What a numbered stream at four fifths of what the tunnel carries loses over rekeys, beside the same stream without them.</summary>
/// <remarks>iperf3 numbers its datagrams; what is missing without a rekey is the load generator's, or that of sockets that nobody read in time.</remarks>
internal sealed class RekeysUnderLoad(BenchOptions options, Builds builds, TextWriter progress, CancellationToken stop)
{
    private const int ChildRekeys = 20, IkeRekeys = 3, Octets = 1372, Seconds = 20;
    private const double Share = 0.8;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(0.7);

    /// <param name="Capacity">Datagrams per second at under a thousandth lost.</param>
    private readonly record struct Row(string Pair, bool Back, double Capacity, Arrival Calm, Arrival Rekeyed, int Children, int IkeSas);

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

        output.WriteLine($"UDP of {Octets} octets at {Share:P0} of what the tunnel carries, {Seconds} s, over {ChildRekeys} child and {IkeRekeys} IKE rekeys by both ends in turn; AES-256-GCM");
        output.WriteLine($"{"",-32} {"carries",10} {"datagrams",10} {"lost",6}   without rekeys {"lost",6}");
        foreach (var row in rows)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Pair + (row.Back ? ", to the caller" : ", from the caller"),-32} {row.Capacity,8:0} /s {Sent(row.Rekeyed),9:0} {Lost(row.Rekeyed),6:0} {Sent(row.Calm),16:0} {Lost(row.Calm),6:0}   ({row.Children} child SAs, {row.IkeSas} IKE SAs)"));
        }

        return new JsonObject { ["rows"] = new JsonArray([.. rows.Select(Json)]) };
    }

    private async Task<Row> TakeAsync(Contender pair, bool back)
    {
        var flood = await RateSearch.RunAsync(rate => Load.UdpAsync(pair, Octets, rate, 2, stop, back));
        var capacity = flood.Packets / flood.Seconds;
        var calm = await Load.UdpAsync(pair, Octets, capacity * Share, Seconds, stop, back);
        var load = Load.UdpAsync(pair, Octets, capacity * Share, Seconds, stop, back);
        var (children, ikeSas) = await RekeyAsync(pair);
        var row = new Row(pair.Name, back, capacity, calm, await load, children, ikeSas);
        progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{pair.Name}{(back ? " back" : "")}: {capacity:0} datagrams/s; lost over rekeys {Lost(row.Rekeyed):0}, without {Lost(calm):0}"));
        return row;
    }

    /// <returns>How many pairs of each kind were seen.</returns>
    private async Task<(int Children, int IkeSas)> RekeyAsync(Contender pair)
    {
        var (children, ikeSas) = (new HashSet<uint>(), new HashSet<string>());
        await NoteAsync();
        for (var i = 0; i < ChildRekeys; i++)
        {
            await Task.Delay(Between, stop);
            var end = pair.Ends[i % pair.Ends.Count];
            if (i % 6 == 5) await end.RekeyIkeAsync(); // 5, 11, 17
            else await end.RekeyChildAsync();
            await NoteAsync();
            if (i % 6 == 5)
            {
                await pair.Ends[(i + 1) % pair.Ends.Count].RekeyChildAsync();
                await NoteAsync();
            }
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

    private static double Sent(Arrival arrival) => arrival.Packets / (1 - arrival.LostShare);

    private static double Lost(Arrival arrival) => Math.Round(Sent(arrival) - arrival.Packets);

    private static JsonNode Json(Row row) => new JsonObject
    {
        ["pair"] = row.Pair,
        ["toTheCaller"] = row.Back,
        ["capacity"] = row.Capacity,
        ["sent"] = Sent(row.Rekeyed),
        ["lost"] = Lost(row.Rekeyed),
        ["lostWithoutRekeys"] = Lost(row.Calm),
        ["childSas"] = row.Children,
        ["ikeSas"] = row.IkeSas,
    };
}
