using System.Net;
using EdgeVpn.Appliance.Runtime.DataPlane;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

public class RateLimitTests
{
    private const long Megabit = 1_000_000;

    [Theory]
    [InlineData(1, 10_000)]
    [InlineData(80, 10_000)]
    [InlineData(100_000, 500)]
    public void What_passes_is_the_rate_and_one_burst(int megabits, int milliseconds)
    {
        var limit = new RateLimit();
        var rate = megabits * Megabit;
        long passed = 0;
        const int packet = 1_250;
        var offers = megabits > 10_000 ? 400 : 4;
        var step = offers * packet * 8L * TimeSpan.TicksPerSecond / rate / 4; // four times as much is offered
        for (var ticks = 0L; ticks < milliseconds * TimeSpan.TicksPerMillisecond; ticks += step)
        {
            for (var i = 0; i < offers; i++) passed += limit.TryTake(packet, rate, ticks) ? packet : 0;
        }

        var burst = Math.Max(rate / 8 / 10, 131_072);
        var expected = (rate / 8 * milliseconds / 1_000) + burst;
        Assert.InRange(passed, expected * 0.97, expected * 1.001);
    }

    [Fact]
    public void Silence_saves_up_one_burst_and_no_more()
    {
        var limit = new RateLimit();
        Assert.Equal(131_072 / 1024, Burst(0));
        Assert.Equal(131_072 / 1024, Burst(TimeSpan.TicksPerHour));
        Assert.Equal(0, Burst(TimeSpan.TicksPerHour));

        int Burst(long ticks)
        {
            var packets = 0;
            while (limit.TryTake(1024, Megabit, ticks)) packets++;
            return packets;
        }
    }

    [Fact]
    public void Without_a_limit_everything_passes()
    {
        var limit = new RateLimit();
        for (var i = 0; i < 100_000; i++) Assert.True(limit.TryTake(65_535));
    }

    [Fact]
    public void Many_threads_take_together_what_one_would_and_allocate_nothing()
    {
        var limit = new RateLimit();
        const long rate = 1_000 * Megabit;
        const long octets = rate / 8 / 10; // one burst, at one instant
        var taken = 0L;
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 50_000; i++)
            {
                if (limit.TryTake(1_000, rate, TimeSpan.TicksPerMinute)) Interlocked.Add(ref taken, 1_000);
            }
        });
        Assert.InRange(taken, octets - 1_000, octets);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) limit.TryTake(1_000, rate, TimeSpan.TicksPerHour + i);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_transfer_goes_at_its_connections_rate_whichever_end_limits_it(bool atTheSender)
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        var rate = new ConnectionRate();
        (atTheSender ? rate.Out : rate.In).BitsPerSecond = 100 * Megabit;
        (atTheSender ? lab.Near : lab.Far).Plane.LimitRate("lab", rate);
        var transfer = TcpTransfer.Run(lab.Near.Space, lab.Far.Space, IPAddress.Parse("10.2.0.1"), octets: 8 << 20);
        Assert.True(transfer.IsIntact);
        // 8 MiB, of which 1.25 MB are one burst.
        Assert.InRange(transfer.GigabitsPerSecond, 0.001, 0.125);
        var dropped = Dropped();
        Assert.True(dropped > 0);

        rate.Out.BitsPerSecond = rate.In.BitsPerSecond = 0;
        Assert.True(TcpTransfer.Run(lab.Near.Space, lab.Far.Space, IPAddress.Parse("10.2.0.1"), octets: 8 << 20).IsIntact);
        Assert.Equal(dropped, Dropped());

        long Dropped() => atTheSender ? lab.Near.Status.Drops["tx.rateLimit"] : lab.Far.Status.Drops["rx.rateLimit"];
    }
}
