using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Appliance.Tests.Storage;
using EdgeVpn.Appliance.Usage;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Usage;
using Xunit;
using ConnectionState = EdgeVpn.Appliance.Control.ConnectionState;

namespace EdgeVpn.Appliance.Tests.Usage;

public sealed class UsageMeterTests
{
    private readonly HandClock _clock = new();

    private static readonly DataPlaneStatus s_nothing = new([], [], [], ImmutableDictionary<string, long>.Empty);

    private static ConnectionView View(ConnectionState state, TrafficClass kind = TrafficClass.InternetEgress, params long[] children)
    {
        var config = new ConnectionConfig
        {
            Name = "hub",
            TrafficClass = kind,
            Remote = new RemoteConfig { Endpoints = [new EndpointConfig { Address = PeerAddress.Of(IPAddress.Parse("203.0.113.20")) }] },
            Authentication = new PskAuthentication { Secret = "hub" },
        };
        var plan = ConnectionPlan.Of(new BoxConfig { Connections = [config] }).Single();
        return new ConnectionView(plan, state, Instant.Zero, null, null, 1_400, 0, Instant.Never, [Sa(children)], ImmutableDictionary<IkeSaId, Instant>.Empty);
    }

    private static DataPlaneStatus Traffic(params (long Child, ulong In, ulong Out)[] children) => s_nothing with
    {
        Children = [.. children.Select(c => new ChildTraffic(new ChildSaId(c.Child), "managed", 1, c.In, 1, c.Out, ImmutableDictionary<string, ulong>.Empty))],
    };

    private UsageMeter Meter(UsageDocument? kept = null) => new(_clock, kept);

    private void Sample(UsageMeter meter, ConnectionView view, DataPlaneStatus traffic)
    {
        _clock.Advance(TimeSpan.FromSeconds(5));
        meter.Sample([view], traffic);
    }

    private static TunnelUsage Only(UsageMeter meter) => Assert.Single(Assert.Single(meter.Snapshot().Months).Tunnels);

    [Fact]
    public void Hours_count_while_up_and_octets_by_their_growth()
    {
        var meter = Meter();
        Sample(meter, View(ConnectionState.Negotiating), s_nothing);
        Assert.Empty(meter.Snapshot().Months);
        Sample(meter, View(ConnectionState.Up, children: 1), Traffic((1, 100, 10)));
        Sample(meter, View(ConnectionState.Up, children: 1), Traffic((1, 250, 30)));
        Assert.Equal((10.0, 250L, 30L), (Only(meter).Seconds, Only(meter).OctetsIn, Only(meter).OctetsOut));
    }

    [Fact]
    public void A_rekey_loses_nothing_and_counts_nothing_twice()
    {
        var meter = Meter();
        Sample(meter, View(ConnectionState.Up, children: 1), Traffic((1, 1_000, 0)));
        Sample(meter, View(ConnectionState.Up, children: 2), Traffic((1, 1_500, 0), (2, 40, 0))); // the old one lingers, nameless
        Sample(meter, View(ConnectionState.Up, children: 2), Traffic((2, 60, 0)));
        Assert.Equal(1_560, Only(meter).OctetsIn);
        Sample(meter, View(ConnectionState.Up, children: 2), Traffic((2, 60, 0)));
        Assert.Equal(1_560, Only(meter).OctetsIn);
    }

    /// <summary>What a gateway's limits are held against; a rekey in the middle changes nothing.</summary>
    [Fact]
    public void The_busiest_minute_is_kept()
    {
        var meter = Meter();
        ulong carried = 0;
        for (var i = 0; i < 36; i++) // a quiet minute, a busy one, a quiet one
        {
            carried += i is >= 12 and < 24 ? 5_000_000UL : 500;
            var traffic = Traffic((1, carried, 100));
            Sample(meter, View(ConnectionState.Up, children: 1), traffic with { Children = [traffic.Children[0] with { PacketsIn = carried / 1_000 }] });
        }

        Assert.Equal((1_000_000L, 1_000L), (Only(meter).PeakOctets, Only(meter).PeakPackets));
        Assert.Equal(Only(meter), Only(Meter(UsageDocument.Read(meter.Keep().ToJson()))));
    }

    [Fact]
    public void Months_and_classes_are_told_apart()
    {
        _clock.Start = new DateTimeOffset(2026, 11, 30, 23, 59, 57, TimeSpan.Zero);
        var meter = Meter();
        meter.Sample([View(ConnectionState.Up, children: 1)], Traffic((1, 100, 0)));
        Sample(meter, View(ConnectionState.Up, TrafficClass.SameRegion, 1), Traffic((1, 400, 0)));
        Assert.Equal(["2026-11", "2026-12"], meter.Snapshot().Months.Select(m => m.Name));
        Assert.Equal([(TrafficClass.InternetEgress, 100L), (TrafficClass.SameRegion, 300L)], meter.Snapshot().Months.Select(m => (m.Tunnels[0].Class, m.Tunnels[0].OctetsIn)));
    }

    [Fact]
    public void A_clock_that_was_never_set_has_its_own_month_and_a_suspended_machine_no_hours()
    {
        _clock.Start = DateTimeOffset.UnixEpoch;
        var meter = Meter();
        Sample(meter, View(ConnectionState.Up, children: 1), Traffic((1, 5, 0)));
        Assert.Equal(UsageMonth.UnknownName, meter.Snapshot().Months[0].Name);
        _clock.Advance(TimeSpan.FromHours(9));
        meter.Sample([View(ConnectionState.Up, children: 1)], Traffic((1, 5, 0)));
        Assert.Equal(5.0, Only(meter).Seconds);
    }

    [Fact]
    public void What_was_written_down_goes_on_after_a_restart()
    {
        var before = Meter();
        Sample(before, View(ConnectionState.Up, children: 1), Traffic((1, 1_000, 500)));
        Assert.True(before.IsDirty);
        var disk = before.Keep().ToJson();
        Assert.False(before.IsDirty);
        var after = Meter(UsageDocument.Read(disk));
        Sample(after, View(ConnectionState.Up, children: 1), Traffic((1, 70, 7))); // counters and names begin anew
        Assert.Equal((10.0, 1_070L, 507L), (Only(after).Seconds, Only(after).OctetsIn, Only(after).OctetsOut));
        Assert.Equal(before.Snapshot().Since, after.Snapshot().Since);
    }

    [Fact]
    public void A_power_cut_loses_at_most_what_the_interval_allows()
    {
        var folder = Directory.CreateTempSubdirectory("edgevpn-usage-").FullName;
        try
        {
            var meter = Meter();
            var keeper = new NoteKeeper(
                folder, new FlashBudget(_clock), _clock,
                [new KeptNote(UsageDocument.FileName, TimeSpan.FromMinutes(10), () => meter.IsDirty ? Haste.Usual : Haste.None, () => meter.Keep().ToJson())]);
            var octets = 0UL;
            for (var i = 0; i < 12 * 60 * 24; i++) // a day of samples, every five seconds
            {
                Sample(meter, View(ConnectionState.Up, children: 1), Traffic((1, octets += 1_000, 0)));
                keeper.Look();
                if (i % 997 != 0 || i < 200) continue;
                var cut = UsageDocument.Read(File.ReadAllBytes(System.IO.Path.Combine(folder, UsageDocument.FileName)))!;
                Assert.InRange((long)octets - cut.Months.Sum(m => m.Tunnels.Sum(t => t.OctetsIn)), 0, 1_000 * 12 * 10);
            }

            Assert.Equal(0, keeper.Refused);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Two_years_are_kept()
    {
        var meter = Meter();
        for (var month = 0; month < 30; month++)
        {
            _clock.Start = new DateTimeOffset(2026, 1, 15, 0, 0, 0, TimeSpan.Zero).AddMonths(month);
            Sample(meter, View(ConnectionState.Up), s_nothing);
        }

        Assert.Equal(UsageDocument.MaxMonths, meter.Snapshot().Months.Length);
        Assert.Equal("2028-06", meter.Snapshot().Months[^1].Name);
    }

    private static IkeSaStatus Sa(long[] children)
    {
        var path = new Ipsec.Path(IpEndpoint.Parse("198.51.100.7:500"), IpEndpoint.Parse("203.0.113.20:500"));
        return new IkeSaStatus(
            new IkeSaId(1), "hub", "Established", true, 1, 2, path, NatSituation.None, null, null,
            [.. children.Select(id => new ChildSaStatus(new ChildSaId(id), "Live", true, (uint)id, (uint)id, default, default, [], []))]);
    }
}
