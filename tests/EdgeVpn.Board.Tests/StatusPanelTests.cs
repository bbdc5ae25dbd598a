namespace EdgeVpn.Board.Tests;

/// <summary>The lights tables, row by row. The rows are written out here, not computed.</summary>
public sealed class StatusPanelTests
{
    private static readonly PanelHealth s_well =
        new(PowerState.Running, WanState.Answers, VpnState.AllUp, CloudState.Confirmed);

    [Theory]
    [InlineData(PowerState.NoPower, "off")]
    [InlineData(PowerState.Starting, "slow blink")]
    [InlineData(PowerState.Fault, "fast blink")]
    [InlineData(PowerState.Updating, "two blinks")]
    [InlineData(PowerState.Running, "steady")]
    public void Power(PowerState state, string rhythm) =>
        Assert.Equal(rhythm, StatusPanel.Patterns(s_well with { Power = state }).Power.Name);

    [Theory]
    [InlineData(WanState.NoCarrier, "off")]
    [InlineData(WanState.WaitingForAddress, "slow blink")]
    [InlineData(WanState.NothingAnswers, "two blinks")]
    [InlineData(WanState.Answers, "steady")]
    public void Wan(WanState state, string rhythm) =>
        Assert.Equal(rhythm, StatusPanel.Patterns(s_well with { Wan = state }).Wan.Name);

    [Theory]
    [InlineData(VpnState.NotConfigured, "off")]
    [InlineData(VpnState.Negotiating, "slow blink")]
    [InlineData(VpnState.Refused, "fast blink")]
    [InlineData(VpnState.SomeUp, "two blinks")]
    [InlineData(VpnState.AllUp, "steady")]
    public void Vpn(VpnState state, string rhythm) =>
        Assert.Equal(rhythm, StatusPanel.Patterns(s_well with { Vpn = state }).Vpn.Name);

    [Theory]
    [InlineData(CloudState.NotEnrolled, "off")]
    [InlineData(CloudState.Connecting, "slow blink")]
    [InlineData(CloudState.Refused, "fast blink")]
    [InlineData(CloudState.Applying, "two blinks")]
    [InlineData(CloudState.Confirmed, "steady")]
    public void Cloud(CloudState state, string rhythm) =>
        Assert.Equal(rhythm, StatusPanel.Patterns(s_well with { Cloud = state }).Cloud.Name);

    [Fact]
    public void Each_light_speaks_for_itself_alone()
    {
        var patterns = StatusPanel.Patterns(
            new(PowerState.Updating, WanState.WaitingForAddress, VpnState.Refused, CloudState.NotEnrolled));
        Assert.Equal(
            ["two blinks", "slow blink", "fast blink", "off"],
            Enum.GetValues<Light>().Select(light => patterns[light].Name));
    }

    [Fact]
    public void The_code_is_blinked_by_the_power_light_only_after_it_was_asked_for()
    {
        var fault = s_well with { Power = PowerState.Fault, FaultCode = 33, Vpn = VpnState.Refused };
        var asked = StatusPanel.Patterns(fault with { Modes = PanelModes.ShowCode });
        Assert.Equal("fast blink", StatusPanel.Patterns(fault).Power.Name);
        Assert.Equal(("code 33", "steady", "fast blink"), (asked.Power.Name, asked.Wan.Name, asked.Vpn.Name));
    }

    [Fact]
    public void Without_a_fault_or_without_a_code_a_short_press_changes_no_light()
    {
        var noCode = s_well with { Power = PowerState.Fault };
        Assert.Equal(StatusPanel.Patterns(s_well), StatusPanel.Patterns(s_well with { FaultCode = 33, Modes = PanelModes.ShowCode }));
        Assert.Equal(StatusPanel.Patterns(noCode), StatusPanel.Patterns(noCode with { Modes = PanelModes.ShowCode }));
    }

    [Theory]
    [InlineData(PanelModes.SetUp, "chase")]
    [InlineData(PanelModes.Identify, "alternating pairs")]
    [InlineData(PanelModes.LampTest, "steady")]
    [InlineData(PanelModes.SetUp | PanelModes.Identify, "alternating pairs")]
    [InlineData(PanelModes.SetUp | PanelModes.Identify | PanelModes.LampTest, "steady")]
    public void A_mode_takes_all_lights_and_the_more_urgent_mode_wins(PanelModes modes, string rhythm)
    {
        var patterns = StatusPanel.Patterns(PanelHealth.Starting with { Modes = modes });
        Assert.All(Enum.GetValues<Light>(), light => Assert.Equal(rhythm, patterns[light].Name));
    }

    [Fact]
    public void The_code_asked_for_is_seen_in_set_up_mode_and_while_identifying()
    {
        var health = s_well with { Power = PowerState.Fault, FaultCode = 11, Modes = PanelModes.ShowCode | PanelModes.SetUp | PanelModes.Identify };
        Assert.Equal("code 11", StatusPanel.Patterns(health).Power.Name);
        Assert.Equal("code 11", StatusPanel.OnlyLight(health).Name);
    }

    [Theory]
    [InlineData(Gesture.Nothing, "off")]
    [InlineData(Gesture.SetUp, "chase")]
    [InlineData(Gesture.Reset, "fast blink")]
    [InlineData(Gesture.Cancelled, "off")]
    public void What_a_held_button_will_do_comes_before_everything(Gesture held, string rhythm)
    {
        var everything = new PanelHealth(PowerState.Fault, WanState.Answers, VpnState.AllUp, CloudState.Confirmed, 42,
            PanelModes.SetUp | PanelModes.Identify | PanelModes.ShowCode | PanelModes.LampTest);
        var patterns = StatusPanel.Patterns(everything, held);
        Assert.All(Enum.GetValues<Light>(), light => Assert.Equal(rhythm, patterns[light].Name));
        Assert.Equal(rhythm, StatusPanel.OnlyLight(everything, held).Name);
    }

    [Theory]
    [InlineData(Gesture.None)]
    [InlineData(Gesture.ShortPress)]
    [InlineData(Gesture.Stuck)]
    public void Within_the_first_second_and_of_a_stuck_button_the_lights_go_on_as_before(Gesture held) =>
        Assert.Equal(StatusPanel.Patterns(s_well), StatusPanel.Patterns(s_well, held));

    [Fact]
    public void The_chase_runs_from_power_to_cloud()
    {
        var lit = Enumerable.Range(0, 4).Select(turn => TimeSpan.FromMilliseconds((200 * turn) + 100))
            .Select(at => Enum.GetValues<Light>().Single(light => StatusPanel.Chase[light].BrightnessAt(at) > 0));
        Assert.Equal([Light.Power, Light.Wan, Light.Vpn, Light.Cloud], lit);
    }

    [Theory]
    // fault, set-up, wan, vpn, cloud: the first that is not steady
    [InlineData(PowerState.Fault, true, WanState.NothingAnswers, VpnState.Refused, CloudState.Connecting, "fast blink")]
    [InlineData(PowerState.Running, true, WanState.NothingAnswers, VpnState.Refused, CloudState.Connecting, "chase")]
    [InlineData(PowerState.Running, false, WanState.NothingAnswers, VpnState.Refused, CloudState.Connecting, "two blinks")]
    [InlineData(PowerState.Running, false, WanState.Answers, VpnState.Refused, CloudState.Connecting, "fast blink")]
    [InlineData(PowerState.Running, false, WanState.Answers, VpnState.AllUp, CloudState.Connecting, "slow blink")]
    [InlineData(PowerState.Running, false, WanState.Answers, VpnState.AllUp, CloudState.Confirmed, "steady")]
    // power's own rhythm is left for last
    [InlineData(PowerState.Updating, false, WanState.Answers, VpnState.Negotiating, CloudState.Confirmed, "slow blink")]
    [InlineData(PowerState.Updating, false, WanState.Answers, VpnState.AllUp, CloudState.Confirmed, "two blinks")]
    // off is a wink, for a dark light means no power
    [InlineData(PowerState.Running, false, WanState.NoCarrier, VpnState.AllUp, CloudState.Confirmed, "wink")]
    [InlineData(PowerState.Running, false, WanState.Answers, VpnState.AllUp, CloudState.NotEnrolled, "wink")]
    [InlineData(PowerState.NoPower, false, WanState.Answers, VpnState.AllUp, CloudState.Confirmed, "off")]
    public void One_light_shows_the_first_that_is_not_steady(
        PowerState power, bool setUp, WanState wan, VpnState vpn, CloudState cloud, string rhythm)
    {
        var health = new PanelHealth(power, wan, vpn, cloud, 33, setUp ? PanelModes.SetUp : PanelModes.None);
        Assert.Equal(rhythm, StatusPanel.OnlyLight(health).Name);
    }

    [Fact]
    public void One_light_blinks_the_code_and_identifies_itself()
    {
        var fault = s_well with { Power = PowerState.Fault, FaultCode = 21 };
        Assert.Equal("code 21", StatusPanel.OnlyLight(fault with { Modes = PanelModes.ShowCode }).Name);
        Assert.Equal("alternating pairs", StatusPanel.OnlyLight(fault with { Modes = PanelModes.Identify }).Name);
    }

    [Fact]
    public void The_legend_has_a_row_for_every_state_and_no_rhythm_twice_on_a_light()
    {
        Assert.Equal(5 + 4 + 5 + 5, PanelLegend.Lights.Length);
        Assert.Distinct(PanelLegend.Lights.Select(row => (row.Light, row.Pattern)));
        Assert.Equal("address, nothing answers beyond", PanelLegend.Describe(Light.Wan, LedPattern.TwoBlinks));
        Assert.Equal("fault code 33", PanelLegend.Describe(Light.Power, LedPattern.Code(33)));
        Assert.Null(PanelLegend.Describe(Light.Wan, LedPattern.FastBlink));
    }
}
