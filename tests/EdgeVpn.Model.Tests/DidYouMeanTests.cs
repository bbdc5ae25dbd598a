namespace EdgeVpn.Model.Tests;

public class DidYouMeanTests
{
    private static readonly string[] s_fields = ["endpoints", "strategy", "networks", "name", "mode"];

    [Theory]
    [InlineData("endpoint", "endpoints")]
    [InlineData("end_points", "endpoints")]
    [InlineData("Endpoints", "endpoints")]
    [InlineData("netwroks", "networks")]
    [InlineData("nmae", "name")]
    [InlineData("mod", "mode")]
    [InlineData("address", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_found_if_it_is_near(string written, string? meant) => Assert.Equal(meant, DidYouMean.Find(written, s_fields));

    [Fact]
    public void A_word_of_a_megabyte_costs_nothing() => Assert.Null(DidYouMean.Find(new string('e', 1 << 20), s_fields));
}
