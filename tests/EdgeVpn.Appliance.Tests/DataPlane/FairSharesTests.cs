using EdgeVpn.Appliance.Runtime.DataPlane;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

/// <summary>A queue in numbers: a worker that manages so many octets a beat, and a kernel that drops the rest from everybody alike.</summary>
public class FairSharesTests
{
    private const int Beats = 240; // two minutes
    private const long Capacity = 50_000_000; // octets a beat
    private const int Packet = 1_400;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    [Fact]
    public void Who_asks_for_little_loses_nothing_to_a_flood()
    {
        var queue = new Queue(10 * Capacity, Capacity / 50);
        var carried = queue.Run(Beats);
        Assert.InRange(carried[1], 0.95, 1); // of what it asked for, the first beat's losses included
        Assert.InRange(carried[0] * 10, 0.75, 1); // of the capacity
    }

    [Fact]
    public void Floods_of_different_size_get_the_same()
    {
        var queue = new Queue(8 * Capacity, 2 * Capacity, Capacity / 10);
        var carried = queue.Run(Beats);
        Assert.InRange(carried[0] * 8 / (carried[1] * 2), 0.8, 1.25);
        Assert.InRange(carried[2], 0.95, 1);
    }

    [Fact]
    public void A_flood_alone_is_left_alone()
    {
        var queue = new Queue(10 * Capacity, 0);
        queue.Run(Beats);
        Assert.All(queue.Shares, share => Assert.Equal(0, share.BitsPerSecond));
    }

    [Fact]
    public void Without_overflow_nobody_is_limited_however_much_one_asks_for()
    {
        var queue = new Queue(Capacity * 9 / 10, Capacity / 50);
        queue.Run(Beats);
        Assert.All(queue.Shares, share => Assert.Equal(0, share.BitsPerSecond));
    }

    [Fact]
    public void When_the_flood_is_over_its_limit_goes()
    {
        var queue = new Queue(10 * Capacity, Capacity / 50);
        queue.Run(Beats);
        Assert.NotEqual(0, queue.Shares[0].BitsPerSecond);
        queue.Offered[0] = Capacity / 10;
        queue.Run(1);
        Assert.Equal(0, queue.Shares[0].BitsPerSecond);
    }

    /// <summary>What it counts is in octets a beat; the limiter's clock is left out by doing its sum here.</summary>
    private sealed class Queue(params long[] offered)
    {
        public long[] Offered { get; } = offered;

        private readonly FairShares _fairShares = new();

        public FairShare[] Shares { get; } = [.. offered.Select(static _ => new FairShare())];

        /// <summary>Of what each asked for, the part that was carried.</summary>
        public double[] Run(int beats)
        {
            var carried = new double[Offered.Length];
            for (var beat = 0; beat < beats; beat++)
            {
                var limits = Shares.Select(static share => share.BitsPerSecond == 0 ? double.MaxValue : share.BitsPerSecond / 8 * Beat.TotalSeconds).ToArray();

                // The kernel lets through so much of each that what is not refused is what the worker manages.
                var passed = Passed(limits);
                var dropped = 0L;
                for (var i = 0; i < Offered.Length; i++)
                {
                    var (inQueue, worked) = (Offered[i] * passed, Math.Min(Offered[i] * passed, limits[i]));
                    dropped += (long)((Offered[i] - inQueue) / Packet);
                    carried[i] += Offered[i] == 0 ? 0 : worked / Offered[i] / beats;
                    Shares[i].Count((long)inQueue, (long)(inQueue - worked));
                }

                _fairShares.Adjust(Shares, dropped, Beat);
            }

            return carried;
        }

        private double Passed(double[] limits)
        {
            var (low, high) = (0.0, 1.0);
            if (Worked(limits, 1) <= Capacity) return 1;
            for (var i = 0; i < 40; i++)
            {
                var middle = (low + high) / 2;
                if (Worked(limits, middle) > Capacity) high = middle;
                else low = middle;
            }

            return low;
        }

        private double Worked(double[] limits, double passed) => Offered.Select((octets, i) => Math.Min(octets * passed, limits[i])).Sum();
    }
}
