using System.Collections.Immutable;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Control;

public sealed class TelemetryCounterTests
{
    [Fact]
    public void Counters_go_on_over_a_rekey()
    {
        var counter = new TelemetryCounter();
        counter.Look([("hub", Child(1, 10))]);
        counter.Look([("hub", Child(1, 15)), ("hub", Child(2, 3))]);
        counter.Look([("hub", Child(2, 4))]);
        counter.Look([]);
        counter.Look([("hub", Child(3, 1))]);
        var hub = Assert.Single(counter.Counters([("hub", [])]));
        Assert.Equal((20, 2_000, 40, 4_000, 60), (hub.PacketsIn, hub.OctetsIn, hub.PacketsOut, hub.OctetsOut, hub.PacketsDropped));
        Assert.Null(hub.LossPercent);
    }

    [Fact]
    public void What_each_rekey_cost_is_added_up_once()
    {
        var counter = new TelemetryCounter();
        counter.Look([("hub", Child(1, 10)), ("spoke", Child(9, 1))]);
        counter.Look([("hub", Child(1, 10)), ("hub", Child(2, 1))]);
        Assert.Equal((0, 0), Of("hub")); // not known yet
        for (var i = 0; i < 3; i++) counter.Look([("hub", Child(2, 1) with { LostOverRekey = 7 })]);
        counter.Look([("hub", Child(2, 1) with { LostOverRekey = 7 }), ("hub", Child(3, 1) with { LostOverRekey = 0 })]);
        counter.Look([]);
        Assert.Equal((2, 7), Of("hub"));
        Assert.Equal((0, 0), Of("spoke"));

        (long?, long?) Of(string name) => Assert.Single(counter.Counters([(name, [])])) is var counters ? (counters.Rekeys, counters.PacketsLostOverRekeys) : default;
    }

    [Fact]
    public void Loss_and_round_trip_are_those_of_the_probes()
    {
        var probes = new[] { new ProbeState(null!, 8, 6, 0, TimeSpan.FromMilliseconds(12.3456)), new ProbeState(null!, 2, 2, 0, TimeSpan.FromMilliseconds(20)) };
        var hub = Assert.Single(new TelemetryCounter().Counters([("hub", probes)]));
        Assert.Equal((20.0, 12.346), (hub.LossPercent, hub.RoundTripMilliseconds));
    }

    private static ChildTraffic Child(ushort id, ulong packets) => new(
        new ChildSaId(id), "test", packets, packets * 100, packets * 2, packets * 200, ImmutableDictionary<string, ulong>.Empty.Add("Replayed", packets * 3));
}
