namespace EdgeVpn.Board.Tests;

public sealed class LedPatternTests
{
    /// <summary>One character per 100 ms, sampled in the middle of each: # lit, . dark.</summary>
    private static string Timeline(LedPattern pattern, int tenths) =>
        string.Concat(Enumerable.Range(0, tenths)
            .Select(i => pattern.BrightnessAt(TimeSpan.FromMilliseconds((100 * i) + 50)) > 0.5 ? '#' : '.'));

    [Fact]
    public void Off_is_dark_and_steady_is_lit() =>
        Assert.Equal(("..........", "##########"), (Timeline(LedPattern.Off, 10), Timeline(LedPattern.Steady, 10)));

    [Fact]
    public void Slow_blink_is_1_Hz() => Assert.Equal("#####.....#####.....", Timeline(LedPattern.SlowBlink, 20));

    [Fact]
    public void Fast_blink_is_5_Hz() => Assert.Equal("#.#.#.#.#.", Timeline(LedPattern.FastBlink, 10));

    [Fact]
    public void Two_blinks_are_followed_by_a_pause() =>
        Assert.Equal("##..##..........##..##..........", Timeline(LedPattern.TwoBlinks, 32));

    [Fact]
    public void Chase_lights_one_after_another_and_never_two()
    {
        string[] lines = [.. Enumerable.Range(0, 4).Select(slot => Timeline(LedPattern.Chase(slot), 16))];
        Assert.Equal(["##......##......", "..##......##....", "....##......##..", "......##......##"], lines);
    }

    [Fact]
    public void Alternating_pairs_are_never_lit_together()
    {
        for (var ms = 0; ms < 2000; ms += 10)
        {
            var at = TimeSpan.FromMilliseconds(ms);
            Assert.Equal(1, LedPattern.AlternatingPairs(true).BrightnessAt(at) + LedPattern.AlternatingPairs(false).BrightnessAt(at));
        }
    }

    /// <summary>Counts as a technician does: blinks until a dark second ends the digit.</summary>
    private static List<int> ReadDigits(LedPattern pattern)
    {
        var digits = new List<int>();
        var (blinks, dark, lit) = (0, 0, false);
        for (var ms = 0; ms < pattern.Period.TotalMilliseconds; ms += 10)
        {
            var now = pattern.BrightnessAt(TimeSpan.FromMilliseconds(ms)) > 0.5;
            if (now && !lit) blinks++;
            dark = now ? 0 : dark + 10;
            lit = now;
            if (dark == 1000 && blinks > 0)
            {
                digits.Add(blinks);
                blinks = 0;
            }
        }

        return digits;
    }

    [Fact]
    public void Every_code_can_be_counted_off_the_light()
    {
        for (var code = 0; code <= LedPattern.MaxCode; code++)
        {
            var digits = ReadDigits(LedPattern.Code(code)).ConvertAll(blinks => blinks == 10 ? 0 : blinks);
            Assert.Equal([code / 10, code % 10], digits);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100)]
    public void A_code_of_other_than_two_digits_is_refused(int code) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LedPattern.Code(code));

    [Fact]
    public void A_code_begins_dark_so_that_the_first_blink_is_seen() =>
        Assert.Equal("..........", Timeline(LedPattern.Code(33), 10));

    public static TheoryData<LedPattern> Rhythms =>
    [
        LedPattern.Off, LedPattern.Steady, LedPattern.SlowBlink, LedPattern.FastBlink, LedPattern.TwoBlinks, LedPattern.Wink,
        LedPattern.Chase(0), LedPattern.Chase(3), LedPattern.AlternatingPairs(false), LedPattern.Code(10),
    ];

    [Theory]
    [MemberData(nameof(Rhythms))]
    public void Between_two_announced_changes_the_brightness_stands_still(LedPattern pattern)
    {
        var at = TimeSpan.Zero;
        for (var i = 0; i < 50 && at < TimeSpan.FromMinutes(1); i++)
        {
            var next = pattern.NextChange(at);
            Assert.True(next > at);
            if (next == TimeSpan.MaxValue)
            {
                Assert.Single(pattern.Steps);
                return;
            }

            Assert.Equal(pattern.BrightnessAt(at), pattern.BrightnessAt(next - TimeSpan.FromTicks(1)));
            at = next;
        }
    }

    [Theory]
    [MemberData(nameof(Rhythms))]
    public void A_rhythm_repeats_and_before_its_origin_it_has_not_begun(LedPattern pattern)
    {
        Assert.Equal(pattern.BrightnessAt(TimeSpan.Zero), pattern.BrightnessAt(TimeSpan.FromSeconds(-3)));
        for (var ms = 0; ms < 3000; ms += 70)
        {
            var at = TimeSpan.FromMilliseconds(ms);
            Assert.Equal(pattern.BrightnessAt(at), pattern.BrightnessAt(at + (pattern.Period * 12_345)));
        }
    }

    [Fact]
    public void On_one_light_no_two_rhythms_look_alike()
    {
        LedPattern[] seenOnOneLight =
        [
            LedPattern.Off, LedPattern.Steady, LedPattern.SlowBlink, LedPattern.FastBlink, LedPattern.TwoBlinks,
            LedPattern.Wink, LedPattern.Chase(0), LedPattern.AlternatingPairs(true),
        ];
        Assert.Distinct(seenOnOneLight.Select(pattern => Timeline(pattern, 40)));
    }
}
