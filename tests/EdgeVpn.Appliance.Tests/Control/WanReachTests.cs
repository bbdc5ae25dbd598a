using EdgeVpn.Appliance.Control;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Control;

public sealed class WanReachTests
{
    [Fact]
    public void Three_silences_in_a_row_end_a_way_and_two_do_not()
    {
        Assert.True(After(WanReach.Unasked, "__").Leads);
        Assert.True(After(WanReach.Unasked, "__!__!__").Leads);
        Assert.False(After(WanReach.Unasked, "___").Leads);
    }

    [Fact]
    public void A_line_that_comes_and_goes_is_not_returned_to()
    {
        var gone = After(WanReach.Unasked, "___");
        Assert.False(After(gone, "!!!!!!!!!_!!!!!!!!!").Leads);
        Assert.True(After(gone, "!!!!!!!!!!").Leads);
    }

    [Fact]
    public void The_first_that_leads_somewhere_is_left_by()
    {
        Assert.Null(WanReach.Choose([("a", true, true), ("b", true, true)]));
        Assert.Equal("b", WanReach.Choose([("a", true, false), ("b", true, true)]));
        Assert.Equal("c", WanReach.Choose([("a", true, false), ("b", false, true), ("c", true, true)]));
        Assert.Null(WanReach.Choose([("a", false, false), ("b", true, true)])); // routes lead there already
        Assert.Null(WanReach.Choose([("a", true, false), ("b", true, false)]));
        Assert.Null(WanReach.Choose([]));
    }

    private static WanReach After(WanReach state, string heard) => heard.Aggregate(state, static (reach, c) => reach.After(c == '!'));
}
