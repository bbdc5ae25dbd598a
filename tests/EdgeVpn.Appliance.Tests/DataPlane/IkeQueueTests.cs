using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.DataPlane;

public class IkeQueueTests
{
    [Fact]
    public void Messages_come_out_in_order_with_their_paths_and_the_first_wakes()
    {
        var wakes = 0;
        var queue = new IkeQueue(() => wakes++);
        Assert.Equal(IkeQueueOutcome.Done, queue.Put([1, 2], From(1)));
        Assert.Equal(IkeQueueOutcome.Done, queue.Put([3], From(2)));
        Assert.Equal(1, wakes);
        var buffer = new byte[16];
        Assert.Equal(IkeQueueOutcome.Done, queue.Take(buffer, out var length, out var path));
        Assert.Equal((2, From(1)), (length, path));
        Assert.Equal([1, 2], buffer[..2]);
        Assert.Equal(IkeQueueOutcome.Done, queue.Take(buffer, out length, out path));
        Assert.Equal((1, From(2)), (length, path));
        Assert.Equal(IkeQueueOutcome.Empty, queue.Take(buffer, out _, out _));
        queue.Put([4], From(3));
        Assert.Equal(2, wakes);
    }

    [Fact]
    public void A_flood_fills_the_queue_and_loses_its_own_tail()
    {
        var queue = new IkeQueue(() => { });
        var taken = 0;
        while (queue.Put(new byte[100], From(1)) == IkeQueueOutcome.Done) taken++;
        Assert.Equal(256, taken);
        var large = new IkeQueue(() => { });
        taken = 0;
        while (large.Put(new byte[65_000], From(1)) == IkeQueueOutcome.Done) taken++;
        Assert.Equal(4, taken);
    }

    [Fact]
    public void A_message_longer_than_the_takers_buffer_is_dropped_and_the_next_one_comes()
    {
        var queue = new IkeQueue(() => { });
        queue.Put(new byte[100], From(1));
        queue.Put([7], From(1));
        var buffer = new byte[50];
        Assert.Equal(IkeQueueOutcome.TooLong, queue.Take(buffer, out _, out _));
        Assert.Equal(IkeQueueOutcome.Done, queue.Take(buffer, out var length, out _));
        Assert.Equal((1, 7), (length, buffer[0]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_goes_round_the_ring_many_times_stays_whole(int seed)
    {
        var random = new Random(seed);
        var queue = new IkeQueue(() => { });
        var expected = new Queue<byte[]>();
        var buffer = new byte[65_536];
        for (var step = 0; step < 20_000; step++)
        {
            if (random.Next(2) == 0)
            {
                var message = new byte[random.Next(10) == 0 ? random.Next(1, 65_000) : random.Next(1, 2000)];
                random.NextBytes(message);
                if (queue.Put(message, From(1)) == IkeQueueOutcome.Done) expected.Enqueue(message);
            }
            else if (queue.Take(buffer, out var length, out _) == IkeQueueOutcome.Done)
            {
                Assert.True(expected.Dequeue().AsSpan().SequenceEqual(buffer.AsSpan(0, length)), $"seed {seed}, step {step}");
            }
            else
            {
                Assert.Empty(expected);
            }
        }
    }

    private static Path From(int host) => new(IpEndpoint.Parse("192.0.2.100:4500"), IpEndpoint.Parse($"192.0.2.{host}:4500"));
}
