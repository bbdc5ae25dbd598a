using EdgeVpn.Board.Hardware;
using EdgeVpn.Board.Tests.Hardware;

namespace EdgeVpn.Board.Tests;

public sealed class PanelDriverTests
{
    private static readonly PanelHealth s_well = new(PowerState.Running, WanState.Answers, VpnState.AllUp, CloudState.Confirmed);

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static (PanelDriver Panel, FakeLed[] Leds) Make(bool runsPatterns = false, VirtualBoard? buttonOf = null)
    {
        FakeLed[] leds = [new(runsPatterns), new(runsPatterns), new(runsPatterns), new(runsPatterns)];
        return (new(new([.. leds], buttonOf?.Button)) { Health = s_well }, leds);
    }

    private static void Run(PanelDriver panel, int from, int until)
    {
        for (var ms = from; ms < until; ms += 10) panel.Tick(Ms(ms));
    }

    [Fact]
    public void A_steady_light_is_written_once_and_a_blinking_one_once_per_change()
    {
        var (panel, leds) = Make();
        panel.Health = s_well with { Vpn = VpnState.Negotiating };
        Run(panel, 0, 10_000);
        Assert.Equal(["1"], leds[0].Told);
        Assert.Equal(20, leds[2].Told.Count);
        Assert.Equal(["1", "0", "1"], leds[2].Told[..3]);
    }

    [Fact]
    public void A_change_of_rhythm_at_the_same_brightness_is_not_written()
    {
        var (panel, leds) = Make();
        panel.Health = s_well with { Wan = WanState.WaitingForAddress };
        panel.Tick(Ms(0));
        panel.Health = s_well;
        panel.Tick(Ms(10));
        Assert.Equal(["1"], leds[1].Told);
        Assert.Equal("steady", panel.Snapshot.Patterns[1].Name);
    }

    [Fact]
    public void Lights_that_blink_blink_together_whenever_they_began()
    {
        var (panel, leds) = Make();
        panel.Health = s_well with { Wan = WanState.WaitingForAddress };
        Run(panel, 0, 1230);
        panel.Health = panel.Health with { Cloud = CloudState.Connecting };
        for (var ms = 1230; ms < 4000; ms += 10)
        {
            panel.Tick(Ms(ms));
            Assert.Equal(leds[1].Brightness, leds[3].Brightness);
        }
    }

    [Fact]
    public void Ticking_only_when_told_shows_the_same_as_ticking_all_the_time()
    {
        var (lazy, lazyLeds) = Make();
        var (busy, busyLeds) = Make();
        var health = new PanelHealth(PowerState.Fault, WanState.WaitingForAddress, VpnState.SomeUp, CloudState.Refused);
        (lazy.Health, busy.Health) = (health, health);
        var next = TimeSpan.Zero;
        var lazyTicks = 0;
        for (var ms = 0; ms < 5000; ms += 10)
        {
            busy.Tick(Ms(ms));
            if (Ms(ms) >= next)
            {
                lazy.Tick(Ms(ms));
                next = lazy.NextTick(Ms(ms));
                lazyTicks++;
            }

            Assert.Equal(busyLeds.Select(led => led.Brightness), lazyLeds.Select(led => led.Brightness));
        }

        Assert.Equal(50, lazyTicks);
    }

    [Fact]
    public void With_nothing_to_blink_and_no_button_the_loop_may_sleep_for_ever()
    {
        var (panel, _) = Make();
        panel.Tick(Ms(0));
        Assert.Equal(TimeSpan.MaxValue, panel.NextTick(Ms(0)));
    }

    [Fact]
    public void A_button_is_looked_at_every_20_ms_and_more_often_while_pressed()
    {
        var board = new VirtualBoard();
        var (panel, _) = Make(buttonOf: board);
        panel.Tick(Ms(0));
        Assert.Equal(Ms(20), panel.NextTick(Ms(0)));
        board.Press(Ms(5), Ms(500));
        panel.Tick(Ms(20));
        Assert.Equal(Ms(30), panel.NextTick(Ms(20)));
    }

    [Fact]
    public void A_short_press_blinks_the_code_three_times_from_its_beginning_and_then_the_fault_again()
    {
        var board = new VirtualBoard();
        var (panel, leds) = Make(buttonOf: board);
        panel.Health = s_well with { Power = PowerState.Fault, FaultCode = 11 };
        board.Press(Ms(1000), Ms(150));
        Run(panel, 0, 1200);
        Assert.Equal("fast blink", panel.Snapshot.Patterns[0].Name);

        leds[0].Told.Clear();
        var end = 1200 + (int)(3 * LedPattern.Code(11).Period).TotalMilliseconds;
        Run(panel, 1200, end);
        Assert.Equal("code 11", panel.Snapshot.Patterns[0].Name);
        Assert.Equal(3 * 2, leds[0].Told.Count(told => told == "1"));
        panel.Tick(Ms(end));
        Assert.Equal("fast blink", panel.Snapshot.Patterns[0].Name);
    }

    [Theory]
    [InlineData(PowerState.Running, null)]
    [InlineData(PowerState.Fault, 21)]
    public void A_code_is_told_to_its_end_although_the_press_mended_it_or_brought_out_another(PowerState then, int? other)
    {
        var board = new VirtualBoard();
        var (panel, _) = Make(buttonOf: board);
        panel.Health = s_well with { Power = PowerState.Fault, FaultCode = 33 };
        board.Press(Ms(100), Ms(150));
        Run(panel, 0, 310);
        Assert.Equal("code 33", panel.Snapshot.Patterns[0].Name);

        panel.Health = s_well with { Power = then, FaultCode = other };
        var end = 310 + (int)(3 * LedPattern.Code(33).Period).TotalMilliseconds;
        for (var ms = 310; ms < end - 20; ms += 10)
        {
            panel.Tick(Ms(ms));
            Assert.Equal("code 33", panel.Snapshot.Patterns[0].Name);
        }

        panel.Tick(Ms(end));
        Assert.Equal(StatusPanel.Power(then), panel.Snapshot.Patterns[0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_board_with_fewer_lights_still_says_what_four_would_show(int lights)
    {
        var panel = new PanelDriver(new([.. Enumerable.Range(0, lights).Select(_ => (ILed)new FakeLed())], null)) { Health = s_well with { Vpn = VpnState.SomeUp } };
        panel.Tick(Ms(0));
        Assert.Equal(lights, panel.Snapshot.Patterns.Length);
        Assert.Equal(StatusPanel.Patterns(panel.Health), panel.Snapshot.Four);

        panel.Health = s_well;
        panel.Tick(Ms(10));
        Assert.Equal(LedPattern.Steady, panel.Snapshot.Four.Vpn);
    }

    [Fact]
    public void A_rhythm_is_handed_over_once_but_never_one_that_needs_the_other_lights()
    {
        var (panel, leds) = Make(runsPatterns: true);
        panel.Health = s_well with { Vpn = VpnState.SomeUp };
        Run(panel, 0, 3000);
        Assert.Equal(["two blinks"], leds[2].Told);
        Assert.Equal(TimeSpan.MaxValue, panel.NextTick(Ms(3000)));

        panel.Health = s_well with { Modes = PanelModes.SetUp };
        panel.Tick(Ms(3000));
        Assert.Equal(["two blinks", "0"], leds[2].Told);
    }

    [Fact]
    public void A_light_that_refuses_is_counted_tried_again_and_disturbs_no_other()
    {
        var (panel, leds) = Make();
        leds[1].Broken = true;
        Run(panel, 0, 50);
        Assert.Equal((5, "unplugged"), (panel.Faults, panel.LastFault));
        Assert.Equal([1.0, 0, 1, 1], leds.Select(led => led.Brightness));
        Assert.Equal("steady", panel.Snapshot.Patterns[1].Name);

        leds[1].Broken = false;
        Run(panel, 50, 100);
        Assert.Equal((5, 1.0), (panel.Faults, leds[1].Brightness));
    }

    [Fact]
    public void A_board_without_lights_still_has_a_panel()
    {
        var panel = new PanelDriver(new([], null));
        Assert.Equal(Gesture.None, panel.Tick(Ms(0)));
        Assert.Empty(panel.Snapshot.Patterns);
    }
}
