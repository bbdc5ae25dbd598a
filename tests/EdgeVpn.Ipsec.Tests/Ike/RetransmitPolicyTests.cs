using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Tests.Crypto;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike;

public sealed class RetransmitPolicyTests
{
    [Fact]
    public void Waits_grow_up_to_the_longest_and_jitter_takes_a_quarter_at_most()
    {
        var policy = RetransmitPolicy.SetUp;
        var entropy = new SeededEntropy(1);
        for (var transmission = 1; transmission <= 40; transmission++)
        {
            var full = Math.Min(policy.First.TotalSeconds * Math.Pow(policy.Factor, transmission - 1), policy.Longest.TotalSeconds);
            var waits = Enumerable.Range(0, 200).Select(_ => policy.Wait(transmission, entropy).TotalSeconds).ToList();
            Assert.All(waits, wait => Assert.InRange(wait, (full * 0.75) - 1e-6, full + 1e-6));
            Assert.True(waits.Max() - waits.Min() > full * 0.2, "a thousand boxes would act in step");
        }
    }

    [Theory]
    [InlineData(9)]
    [InlineData(45)]
    [InlineData(3600)]
    public void Idle_time_and_retransmissions_together_are_the_DPD_timeout(double seconds)
    {
        var timeout = TimeSpan.FromSeconds(seconds);
        Assert.Equal(timeout * (2.0 / 3), RetransmitPolicy.Established(timeout).GiveUpAfter);
    }
}
