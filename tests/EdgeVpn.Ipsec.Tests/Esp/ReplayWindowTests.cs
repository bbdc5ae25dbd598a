using EdgeVpn.Ipsec.Esp;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Esp;

public sealed class ReplayWindowTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(4096)]
    public void Window_agrees_with_a_set_of_numbers_over_random_walks(int packets)
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var random = new Random(seed);
            var window = new ReplayWindow(packets);
            var naive = new NaiveWindow((ulong)window.Packets);
            var at = seed % 3 == 0 ? (1UL << 32) - 300 : 1;
            for (var step = 0; step < 2000; step++)
            {
                at += random.Next(8) == 0 ? (ulong)random.Next(3 * packets) : (ulong)random.Next(3);
                var back = (ulong)random.Next(random.Next(4) == 0 ? 2 * packets : 70);
                var sequence = at > back ? at - back : (ulong)random.Next(4);
                var expected = naive.Allows(sequence);
                Assert.True(expected == window.Allows(sequence), $"seed {seed}, step {step}: Allows({sequence}) with top {window.Top}");
                Assert.True(expected == window.TryAccept(sequence), $"seed {seed}, step {step}: TryAccept({sequence}) with top {window.Top}");
                if (expected)
                    naive.Accept(sequence);
                Assert.Equal(naive.Top, window.Top);
            }
        }
    }

    [Fact]
    public void Zero_is_never_accepted() => Assert.False(new ReplayWindow(64).TryAccept(0));

    [Fact]
    public void The_oldest_of_the_window_is_in_and_the_one_before_is_out()
    {
        var window = new ReplayWindow(64);
        Assert.True(window.TryAccept(1000));
        Assert.True(window.Allows(1000 - 63));
        Assert.Equal(EspRefusal.TooOld, window.Check(1000 - 64));
    }

    [Fact]
    public void A_leap_forgets_nothing_that_matters_and_keeps_nothing_that_does_not()
    {
        var window = new ReplayWindow(128);
        for (ulong sequence = 1; sequence <= 500; sequence++)
            Assert.True(window.TryAccept(sequence));
        Assert.True(window.TryAccept(1UL << 40));
        for (var sequence = (1UL << 40) - 127; sequence < 1UL << 40; sequence++)
            Assert.True(window.TryAccept(sequence), $"{sequence}");
        Assert.False(window.Allows(500));
    }

    [Fact]
    public void Switched_off_it_accepts_again_and_again()
    {
        var window = new ReplayWindow(0);
        Assert.True(window.TryAccept(5));
        Assert.True(window.TryAccept(5));
        Assert.True(window.TryAccept(1));
        Assert.Equal(5u, window.Top);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(63)]
    [InlineData(4097)]
    public void Sizes_outside_64_to_4096_are_a_mistake(int packets) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReplayWindow(packets));

    private sealed class NaiveWindow(ulong packets)
    {
        private readonly HashSet<ulong> _seen = [];

        public ulong Top { get; private set; }

        public bool Allows(ulong sequence) => sequence != 0 && sequence + packets > Top && !_seen.Contains(sequence);

        public void Accept(ulong sequence)
        {
            _seen.Add(sequence);
            Top = Math.Max(Top, sequence);
        }
    }
}
