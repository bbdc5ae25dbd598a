using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Ipsec;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Cloud;

public sealed class OutboxTests
{
    [Fact]
    public void Events_go_before_telemetry_and_each_in_order()
    {
        var outbox = Make();
        outbox.Add(Telemetry(1));
        outbox.Add("link", "wan0", "up");
        outbox.Add(Telemetry(2));
        outbox.Add("link", "wan0", "down");
        Assert.Equal(["up", "down"], Drain(outbox).Events.Select(e => e.State));
        outbox.Add(Telemetry(3));
        Assert.Equal([3], Drain(outbox).Telemetry.Select(t => t.UptimeSeconds));
    }

    [Fact]
    public void What_is_not_delivered_stays_first()
    {
        var outbox = Make();
        outbox.Add("link", "wan0", "up");
        Assert.True(outbox.TryPeek(out var first));
        Assert.True(outbox.TryPeek(out var again));
        Assert.Equal(first.Number, again.Number);
        outbox.Delivered(first);
        outbox.Delivered(first);
        Assert.False(outbox.TryPeek(out _));
    }

    [Fact]
    public void A_full_outbox_drops_the_oldest_and_the_next_one_says_how_many()
    {
        var outbox = Make(new OutboxLimits { MaxEvents = 3, MaxTelemetry = 2 });
        for (var i = 1; i <= 10; i++)
        {
            outbox.Add("link", "wan0", $"{i}");
            outbox.Add(Telemetry(i));
        }

        Assert.Equal(5, outbox.Count);
        var (events, telemetry) = Drain(outbox);
        Assert.Equal([8L, 9, 10], events.Select(e => e.Sequence));
        Assert.Equal([7L, 0, 0], events.Select(e => e.Lost));
        Assert.Equal([9, 10], telemetry.Select(t => t.UptimeSeconds));
    }

    [Fact]
    public void A_drop_while_the_oldest_is_under_way_keeps_the_others()
    {
        var outbox = Make(new OutboxLimits { MaxEvents = 2 });
        outbox.Add("link", "wan0", "1");
        outbox.Add("link", "wan0", "2");
        Assert.True(outbox.TryPeek(out var underWay));
        outbox.Add("link", "wan0", "3"); // drops 1
        outbox.Delivered(underWay);
        Assert.Equal(["2", "3"], Drain(outbox).Events.Select(e => e.State));
    }

    [Fact]
    public void A_clean_snapshot_continues_the_stream_and_an_unclean_one_begins_another()
    {
        var outbox = Make();
        outbox.Add("link", "wan0", "up");
        Assert.True(outbox.IsDirty);
        var clean = outbox.Snapshot(clean: true);
        Assert.False(outbox.IsDirty);

        var next = Make(kept: clean, stream: "second");
        next.Add("link", "wan0", "down");
        Assert.Equal([("first", 1L), ("first", 2L)], Drain(next).Events.Select(e => (e.Stream, e.Sequence)));

        var afterPowerCut = Make(kept: outbox.Snapshot(clean: false), stream: "second");
        afterPowerCut.Add("link", "wan0", "down");
        Assert.Equal([("first", 1L), ("second", 1L)], Drain(afterPowerCut).Events.Select(e => (e.Stream, e.Sequence)));
    }

    [Fact]
    public void An_unreadable_snapshot_is_no_snapshot()
    {
        var outbox = Make(kept: "{\"stream\":"u8.ToArray());
        Assert.Equal(0, outbox.Count);
    }

    [Fact]
    public void Waiting_ends_with_the_next_addition()
    {
        var outbox = Make();
        var added = outbox.Added();
        Assert.False(added.IsCompleted);
        outbox.Add("link", "wan0", "up");
        Assert.True(added.IsCompletedSuccessfully);
        Assert.False(outbox.Added().IsCompleted);
    }

    [Fact]
    public void Telemetry_of_a_year_takes_no_place_from_an_event()
    {
        var outbox = Make(new OutboxLimits { MaxEvents = 100, MaxTelemetry = 10 });
        for (var minute = 0; minute < 1_000; minute++)
        {
            if (minute % 10 == 0) outbox.Add("connection", "hub", $"event {minute / 10}");
            outbox.Add(Telemetry(minute));
        }

        var (events, telemetry) = Drain(outbox);
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => $"event {i}"), events.Select(static e => e.State));
        Assert.Equal(Enumerable.Range(990, 10).Select(static i => (double)i), telemetry.Select(static t => t.UptimeSeconds));
    }

    [Fact]
    public void Ten_thousand_boxes_that_lost_one_broker_come_back_spread_over_their_longest_wait()
    {
        var options = new CloudOptions { Identity = new TwinIdentity("lyon", "box"), Broker = new BrokerAddress("broker.example", 8883, Tls: true) };
        var perSecond = new int[(int)options.RetryMost.TotalSeconds];
        for (var box = 0; box < 10_000; box++)
        {
            var delay = new ReconnectDelay(options.RetryFirst, options.RetryMost, new SeededEntropy(box));
            for (var failure = 0; failure < 8; failure++) delay.Next(); // a power cut is longer than the first few
            perSecond[(int)delay.Next().TotalSeconds]++;
        }

        Assert.InRange(perSecond.Max(), 80, 130); // eighty-three, and chance
    }

    [Fact]
    public void A_write_budget_is_spent_at_once_and_fills_over_the_day()
    {
        var budget = new WriteBudget(24_000, Instant.Zero);
        Assert.True(budget.TrySpend(24_000, Instant.Zero));
        Assert.False(budget.TrySpend(1, Instant.Zero));
        Assert.False(budget.TrySpend(1_001, Instant.Zero + TimeSpan.FromHours(1)));
        Assert.True(budget.TrySpend(1_000, Instant.Zero + TimeSpan.FromHours(1)));
        Assert.False(budget.TrySpend(24_001, Instant.Zero + TimeSpan.FromDays(30)));
        Assert.True(budget.TrySpend(24_000, Instant.Zero + TimeSpan.FromDays(30)));
    }

    [Fact]
    public void Reconnect_delays_are_spread_over_the_whole_ceiling_that_doubles_to_its_bound()
    {
        const int Boxes = 2_000;
        const int Seed = 7;
        var entropy = new SeededEntropy(Seed);
        var boxes = Enumerable.Range(0, Boxes).Select(_ => new ReconnectDelay(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60), entropy)).ToArray();
        foreach (var ceiling in new[] { 2.0, 4, 8, 16, 32, 60, 60 })
        {
            var delays = boxes.Select(b => b.Next().TotalSeconds / ceiling).ToArray();
            Assert.All(delays, d => Assert.InRange(d, 0, 1));
            for (var tenth = 0; tenth < 10; tenth++) Assert.InRange(delays.Count(d => (int)(d * 10) == tenth), Boxes / 20, Boxes / 5);
        }

        boxes[0].Reset();
        Assert.InRange(boxes[0].Next(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    private static Outbox Make(OutboxLimits? limits = null, byte[]? kept = null, string stream = "first") =>
        new(limits ?? new OutboxLimits(), stream, () => TwinBench.Wall, kept is null ? null : (ReadOnlyMemory<byte>?)kept);

    private static TelemetryDocument Telemetry(int uptime) => new(TwinBench.Wall, uptime, []);

    private static (List<EventDocument> Events, List<TelemetryDocument> Telemetry) Drain(Outbox outbox)
    {
        List<EventDocument> events = [];
        List<TelemetryDocument> telemetry = [];
        while (outbox.TryPeek(out var item))
        {
            if (item.Channel == TwinChannel.Events)
            {
                Assert.True(TwinJson.TryRead(item.Payload, TwinJson.Wire.EventDocument, out var happened));
                events.Add(happened);
            }
            else
            {
                Assert.True(TwinJson.TryRead(item.Payload, TwinJson.Wire.TelemetryDocument, out var counters));
                telemetry.Add(counters);
            }

            outbox.Delivered(item);
        }

        return (events, telemetry);
    }

    private sealed class SeededEntropy(int seed) : IEntropy
    {
        private readonly Random _random = new(seed);

        public void Fill(Span<byte> destination) => _random.NextBytes(destination);
    }
}
