namespace EdgeVpn.Board.Tests;

public sealed class ButtonGestureTests
{
    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>Plays edges against a panel that ticks every <paramref name="tick"/> ms; all completed gestures, in order.</summary>
    private static List<Gesture> Play(IEnumerable<ButtonEdge> edges, double until, double tick = 1, ButtonGesture? gesture = null)
    {
        gesture ??= new ButtonGesture();
        var waiting = new Queue<ButtonEdge>(edges);
        var completed = new List<Gesture>();
        for (var now = 0.0; now <= until; now += tick)
        {
            while (waiting.TryPeek(out var edge) && edge.At <= Ms(now)) Note(gesture.Edge(waiting.Dequeue()));
            Note(gesture.Advance(Ms(now)));
        }

        return completed;

        void Note(Gesture one)
        {
            if (one != Gesture.None) completed.Add(one);
        }
    }

    private static ButtonEdge[] Press(double at, double milliseconds) => [new(true, Ms(at)), new(false, Ms(at + milliseconds))];

    [Theory]
    [InlineData(50, Gesture.ShortPress)]
    [InlineData(999, Gesture.ShortPress)]
    // The lights go dark at exactly 1 s; who releases in that very instant still saw them as before.
    [InlineData(1000, Gesture.ShortPress)]
    [InlineData(1001, Gesture.Nothing)]
    [InlineData(3000, Gesture.Nothing)]
    [InlineData(3001, Gesture.SetUp)]
    [InlineData(10_000, Gesture.SetUp)]
    [InlineData(10_001, Gesture.Reset)]
    [InlineData(20_000, Gesture.Reset)]
    [InlineData(20_001, Gesture.Cancelled)]
    [InlineData(60_000, Gesture.Cancelled)]
    public void A_release_means_the_stage_that_was_shown(double held, Gesture expected) =>
        Assert.Equal([expected], Play(Press(100, held), held + 300));

    [Theory]
    [InlineData(0.999, Gesture.ShortPress)]
    [InlineData(1, Gesture.Nothing)]
    [InlineData(2.999, Gesture.Nothing)]
    [InlineData(3, Gesture.SetUp)]
    [InlineData(9.999, Gesture.SetUp)]
    [InlineData(10, Gesture.Reset)]
    [InlineData(19.999, Gesture.Reset)]
    [InlineData(20, Gesture.Cancelled)]
    public void The_lights_confirm_each_stage_from_its_very_instant(double seconds, Gesture shown)
    {
        var gesture = new ButtonGesture();
        gesture.Edge(new(true, Ms(500)));
        gesture.Advance(Ms(500) + TimeSpan.FromSeconds(seconds));
        Assert.Equal(shown, gesture.Shown);

        // Released after the lights were set: what they showed is what is done.
        gesture.Edge(new(false, Ms(500) + TimeSpan.FromSeconds(seconds)));
        Assert.Equal(shown, gesture.Advance(Ms(600) + TimeSpan.FromSeconds(seconds)));
        Assert.Equal(Gesture.None, gesture.Shown);
    }

    [Fact]
    public void The_lights_show_nothing_of_a_contact_that_has_not_stood_for_50_ms()
    {
        var gesture = new ButtonGesture();
        gesture.Edge(new(true, Ms(0)));
        gesture.Advance(Ms(49.9));
        Assert.Equal((Gesture.None, true), (gesture.Shown, gesture.IsActive));
        gesture.Advance(Ms(50));
        Assert.Equal(Gesture.ShortPress, gesture.Shown);
    }

    [Fact]
    public void A_contact_shorter_than_the_debounce_is_no_press() => Assert.Empty(Play(Press(100, 49), 1000));

    [Fact]
    public void A_slip_of_the_finger_shorter_than_the_debounce_does_not_end_a_hold() =>
        Assert.Equal([Gesture.Reset], Play([new(true, Ms(0)), new(false, Ms(8000)), new(true, Ms(8049)), new(false, Ms(11_000))], 12_000));

    [Fact]
    public void A_release_as_long_as_the_debounce_ends_the_hold() =>
        Assert.Equal(
            [Gesture.SetUp, Gesture.Nothing],
            Play([new(true, Ms(0)), new(false, Ms(8000)), new(true, Ms(8050)), new(false, Ms(10_500))], 12_000));

    [Fact]
    public void The_stage_stands_still_from_the_first_edge_of_a_release()
    {
        // Released 1 ms before the reset stage; proven only 50 ms later, in the time of the reset stage.
        Assert.Equal([Gesture.SetUp], Play(Press(0, 9_999), 11_000));
    }

    [Fact]
    public void A_panel_that_stood_still_never_resets_the_box()
    {
        var gesture = new ButtonGesture();
        gesture.Edge(new(true, Ms(0)));
        gesture.Edge(new(false, Ms(12_000)));
        Assert.Equal(Gesture.ShortPress, gesture.Advance(Ms(12_100)));
    }

    [Fact]
    public void A_slow_panel_does_what_it_showed_and_not_what_a_stopwatch_says()
    {
        // The panel ticks every 400 ms: at 2.8 s it showed "nothing", at 3.2 s it would have shown set-up.
        Assert.Equal([Gesture.Nothing], Play(Press(0, 3_100), 5000, tick: 400));
        Assert.Equal([Gesture.SetUp], Play(Press(0, 3_300), 5000, tick: 400));
    }

    [Fact]
    public void Two_presses_are_two_gestures() =>
        Assert.Equal(
            [Gesture.ShortPress, Gesture.SetUp, Gesture.ShortPress],
            Play([.. Press(0, 200), .. Press(300, 4000), .. Press(4500, 100)], 6000));

    [Fact]
    public void Repeated_edges_to_the_same_level_and_edges_from_the_past_do_no_harm() =>
        Assert.Equal(
            [Gesture.SetUp],
            Play([new(true, Ms(0)), new(true, Ms(2000)), new(true, Ms(1000)), new(false, Ms(4000)), new(false, Ms(4020))], 6000));

    [Fact]
    public void A_button_stuck_since_power_on_does_nothing_at_all()
    {
        var gesture = new ButtonGesture();
        Assert.Empty(Play([new(true, Ms(0))], 120_000, tick: 20, gesture));
        Assert.Equal(Gesture.Stuck, gesture.Shown);
    }

    [Fact]
    public void A_button_that_was_stuck_for_minutes_does_nothing_when_it_comes_loose_and_works_again_then()
    {
        Assert.Equal([Gesture.Stuck, Gesture.SetUp], Play([.. Press(0, 200_000), .. Press(201_000, 4_000)], 210_000, tick: 20));
    }

    [Theory]
    [InlineData(300, Gesture.ShortPress)]
    [InlineData(2000, Gesture.Nothing)]
    [InlineData(5000, Gesture.SetUp)]
    [InlineData(15_000, Gesture.Reset)]
    [InlineData(25_000, Gesture.Cancelled)]
    public void Bouncing_contacts_make_one_gesture_per_press(double held, Gesture expected)
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var random = new Random(seed);
            List<ButtonEdge> edges = [.. Train(random, 100, true), .. Train(random, 100 + held, false)];
            var completed = Play(edges, held + 600, tick: 10);
            Assert.True(completed is [var only] && only == expected, $"seed {seed}: {string.Join(", ", completed)}");
        }
    }

    [Fact]
    public void Noise_on_the_line_without_a_stable_level_is_no_press()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var random = new Random(seed);
            var (at, level) = (0.0, false);
            var edges = new List<ButtonEdge>();
            while (at < 5000)
            {
                at += random.NextDouble() * 49;
                edges.Add(new(level = !level, Ms(at)));
            }

            if (level) edges.Add(new(false, Ms(at + 20)));
            Assert.True(Play(edges, 6000, tick: 10) is [], $"seed {seed}");
        }
    }

    /// <summary>An odd number of edges within 30 ms that ends on <paramref name="level"/>.</summary>
    private static List<ButtonEdge> Train(Random random, double at, bool level)
    {
        var edges = new List<ButtonEdge>();
        var count = (2 * random.Next(0, 8)) + 1;
        for (var i = 0; i < count; i++) edges.Add(new(i % 2 == 0 ? level : !level, Ms(at + (random.NextDouble() * 30 / count) + (30.0 * i / count))));
        return edges;
    }
}
