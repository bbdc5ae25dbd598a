using EdgeVpn.Appliance.Runtime.DataPlane;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

public sealed class QueueLengthTests
{
    [Theory]
    [InlineData(0, 1_000, 1_000)]
    [InlineData(40_000, 1_000, 1_000)] // 25 ms of it
    [InlineData(41_000, 1_000, 2_000)]
    [InlineData(170_000, 1_000, 8_000)]
    [InlineData(5_000_000, 1_000, 8_000)] // bounded
    [InlineData(170_000, 8_000, 8_000)]
    [InlineData(100_000, 8_000, 8_000)] // what comes and goes does not move it
    [InlineData(70_000, 8_000, 2_000)]
    [InlineData(0, 8_000, 1_000)]
    [InlineData(0, 2_000, 2_000)]
    public void It_follows_what_passes(double rate, int now, int then) => Assert.Equal(then, QueueLength.For(rate, now));
}
