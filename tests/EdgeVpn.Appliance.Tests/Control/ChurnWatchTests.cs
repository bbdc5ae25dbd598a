using EdgeVpn.Appliance.Control;
using EdgeVpn.Ipsec;
using EdgeVpn.Model.Reasons;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Control;

public sealed class ChurnWatchTests
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromSeconds(27_000);
    private readonly ChurnWatch _watch = new();

    private static Instant At(double seconds) => Instant.Zero + TimeSpan.FromSeconds(seconds);

    [Fact]
    public void An_IKE_SA_that_comes_up_again_and_again_is_IKE_churn_until_it_stays()
    {
        for (var i = 0; i < ChurnWatch.IkeSas - 1; i++) _watch.Established("branch", At(i * 60));
        Assert.Null(_watch.Look(s_lifetime, At(240)));
        _watch.Established("branch", At(240));
        Assert.Equal((ReasonCode.IkeChurn, "5 IKE SAs with branch came up within 10 minutes"), _watch.Look(s_lifetime, At(241)));
        Assert.Equal(ReasonCode.IkeChurn, _watch.Look(s_lifetime, At(600))!.Value.Reason);
        Assert.Null(_watch.Look(s_lifetime, At(601)));
    }

    /// <summary>A gateway that thirty branches call is busy, not sick; one of them that calls again and again is.</summary>
    [Fact]
    public void Each_caller_of_an_open_connection_is_counted_by_itself()
    {
        for (var i = 0; i < 30; i++) _watch.Established($"branch-{i}", At(i));
        Assert.Null(_watch.Look(s_lifetime, At(31)));
        for (var i = 0; i < ChurnWatch.IkeSas; i++) _watch.Established("branch-7", At(40 + i));
        Assert.Contains("branch-7", _watch.Look(s_lifetime, At(50))!.Value.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Children_that_are_replaced_far_too_often_are_child_churn()
    {
        for (var i = 0; i < ChurnWatch.ChildSas; i++)
        {
            Assert.Null(_watch.Look(s_lifetime, At(i * 20)));
            _watch.Replaced(At(i * 20));
        }

        Assert.Equal(ReasonCode.ChildChurn, _watch.Look(s_lifetime, At(400))!.Value.Reason);
    }

    /// <summary>Azure's shortest lifetime, and a laboratory's of five seconds: both are renewed as they should be.</summary>
    [Theory]
    [InlineData(300)]
    [InlineData(5)]
    public void Who_renews_by_its_lifetime_is_no_churn(int lifetime)
    {
        for (var at = 0.0; at < 3_600; at += lifetime * 0.8)
        {
            _watch.Replaced(At(at));
            Assert.Null(_watch.Look(TimeSpan.FromSeconds(lifetime), At(at)));
        }
    }

    [Fact]
    public void What_was_asked_for_by_hand_does_not_count()
    {
        for (var i = 0; i < 100; i++)
        {
            _watch.Replaced(At(i));
            _watch.Established("branch", At(i));
        }

        _watch.Forgive();
        Assert.Null(_watch.Look(s_lifetime, At(101)));
    }
}
