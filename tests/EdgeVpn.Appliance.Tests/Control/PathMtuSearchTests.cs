using EdgeVpn.Appliance.Control;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Control;

public class PathMtuSearchTests
{
    [Theory]
    [InlineData(576, 1422)]
    [InlineData(1372, 1422)] // 1,373 to 1,472 vanish (opnsense/core#3674)
    [InlineData(1421, 1422)] // one octet too many
    [InlineData(1000, 1422)]
    [InlineData(1280, 8900)]
    [InlineData(577, 578)]
    public void A_hole_above_any_size_is_found_to_the_octet(int passes, int most)
    {
        var asked = Run(new PathMtuSearch(576, most), size => size <= passes, out var result);
        Assert.Equal(new PathMtuResult(PathMtuKind.BlackHole, passes), result);
        Assert.InRange(asked, 1, 60);
    }

    [Fact]
    public void A_whole_path_costs_two_questions()
    {
        Assert.Equal(2, Run(new PathMtuSearch(576, 1422), _ => true, out var result));
        Assert.Equal(new PathMtuResult(PathMtuKind.Whole, 1422), result);
    }

    [Fact]
    public void A_host_that_does_not_answer_says_nothing_of_the_path()
    {
        Assert.Equal(PathMtuSearch.Tries, Run(new PathMtuSearch(576, 1422), _ => false, out var result));
        Assert.Equal(new PathMtuResult(PathMtuKind.Unknown, 0), result);
    }

    [Fact]
    public void Weather_that_passes_is_not_taken_for_a_hole()
    {
        var questions = 0;
        Run(new PathMtuSearch(576, 1422), size => size <= 576 || ++questions > 9, out var result);
        Assert.Equal(new PathMtuResult(PathMtuKind.Whole, 1422), result);
    }

    [Fact]
    public void Ten_percent_loss_hardly_ever_makes_a_hole_of_a_whole_path()
    {
        var holes = 0;
        for (var seed = 0; seed < 10_000; seed++)
        {
            var random = new Random(seed);
            Run(new PathMtuSearch(576, 1422), _ => random.NextDouble() > 0.1, out var result);
            holes += result.Kind == PathMtuKind.BlackHole ? 1 : 0;
        }

        Assert.Equal(0, holes); // it takes the full size lost six times
    }

    [Fact]
    public void A_hole_stays_a_hole_and_never_looks_wider_than_it_is_under_loss()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            Run(new PathMtuSearch(576, 1422), size => size <= 1372 && random.NextDouble() > 0.05, out var result);
            if (result.Kind == PathMtuKind.BlackHole) Assert.InRange(result.Mtu, 576, 1372);
            else Assert.Equal(PathMtuKind.Unknown, result.Kind);
        }
    }

    private static int Run(PathMtuSearch search, Func<int, bool> answers, out PathMtuResult result)
    {
        var asked = 0;
        for (; search.Next is { } size; asked++) search.Report(answers(size));
        result = search.Result!.Value;
        return asked;
    }
}
