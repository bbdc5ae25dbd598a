using System.Device.Gpio;
using EdgeVpn.Board.Definitions;
using EdgeVpn.Board.Hardware;

namespace EdgeVpn.Board.Tests.Hardware;

public sealed class GpioTests
{
    /// <summary>A folder stands for a chip without permission: it may not be opened either, not even by root.</summary>
    [Fact]
    public void A_chip_that_may_not_be_opened_is_named_before_the_library_trips_over_it()
    {
        var folder = Directory.CreateTempSubdirectory("evb-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "gpiochip0"), "");
            Assert.Null(GpioChips.Refused(folder));
            Directory.CreateDirectory(Path.Combine(folder, "gpiochip1"));
            Assert.StartsWith($"{folder}/gpiochip1 may not be opened: ", GpioChips.Refused(folder), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_light_begins_dark_follows_its_polarity_and_ends_dark(bool activeLow)
    {
        var gpio = new FakeGpio();
        using var chip = new GpioController(gpio);
        var led = new GpioLed(chip, 17, activeLow);
        Assert.Equal((PinMode.Output, activeLow), (gpio.ModeOf(17), gpio.IsHigh(17)));
        led.Set(1);
        Assert.Equal(!activeLow, gpio.IsHigh(17));
        led.Set(0.49);
        Assert.Equal(activeLow, gpio.IsHigh(17));
        led.Set(0.5);
        led.Dispose();
        Assert.Equal((null, activeLow), (gpio.ModeOf(17), gpio.IsHigh(17)));
        led.Dispose();
    }

    [Theory]
    [InlineData(false, Pull.None, PinMode.Input)]
    [InlineData(true, Pull.Up, PinMode.InputPullUp)]
    public void A_button_tells_each_change_once(bool activeLow, Pull pull, PinMode mode)
    {
        var gpio = new FakeGpio();
        gpio.Drive(5, activeLow);
        using var chip = new GpioController(gpio);
        using var button = new GpioButton(chip, 5, activeLow, pull);
        Assert.Equal(mode, gpio.ModeOf(5));
        Assert.False(button.TryTake(TimeSpan.FromSeconds(1), out _));

        gpio.Drive(5, !activeLow);
        Assert.True(button.TryTake(TimeSpan.FromSeconds(2), out var pressed));
        Assert.Equal(new ButtonEdge(true, TimeSpan.FromSeconds(2)), pressed);
        Assert.False(button.TryTake(TimeSpan.FromSeconds(3), out _));

        gpio.Drive(5, activeLow);
        Assert.True(button.TryTake(TimeSpan.FromSeconds(4), out var released));
        Assert.Equal(new ButtonEdge(false, TimeSpan.FromSeconds(4)), released);
    }

    [Fact]
    public void What_the_chip_refuses_names_the_line()
    {
        using var chip = new GpioController(new FakeGpio());
        Assert.Contains("line 99", Assert.Throws<IOException>(() => new GpioLed(chip, 99, false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_panel_of_a_board_is_driven_through_its_chip_by_label()
    {
        var gpio = new FakeGpio();
        var board = BoardCatalog.Load("raspberry-pi-4").Definition!;
        gpio.Drive(24, true);
        string? opened = null;
        using var hardware = PanelHardware.Open(board, label =>
        {
            opened = label;
            return new GpioController(gpio);
        });
        Assert.Equal(("pinctrl-bcm2711", 0), (opened, hardware.Failures.Length));

        var panel = new PanelDriver(hardware) { Health = new(PowerState.Running, WanState.Answers, VpnState.NotConfigured, CloudState.Confirmed) };
        panel.Tick(TimeSpan.Zero);
        Assert.Equal((true, true, false, true), (gpio.IsHigh(17), gpio.IsHigh(27), gpio.IsHigh(22), gpio.IsHigh(23)));

        gpio.Drive(24, false);
        for (var ms = 0; ms <= 3500; ms += 10) Assert.Equal(Gesture.None, panel.Tick(TimeSpan.FromMilliseconds(ms)));
        Assert.Equal(Gesture.SetUp, panel.Snapshot.Held);
        gpio.Drive(24, true);
        panel.Tick(TimeSpan.FromMilliseconds(3510));
        Assert.Equal(Gesture.SetUp, panel.Tick(TimeSpan.FromMilliseconds(3570)));
    }

    [Fact]
    public void A_board_whose_chip_is_missing_runs_dark_and_says_why()
    {
        var board = BoardCatalog.Load("raspberry-pi-4").Definition!;
        using var hardware = PanelHardware.Open(board, _ => throw new IOException("no such chip"));
        Assert.Equal(["gpioChip: no such chip"], hardware.Failures);
        Assert.Equal(4, hardware.Leds.Length);
        Assert.False(hardware.Button!.TryTake(TimeSpan.Zero, out _));
        var panel = new PanelDriver(hardware);
        panel.Tick(TimeSpan.Zero);
        Assert.Equal(0, panel.Faults);
    }

    [Fact]
    public void A_chip_that_comes_late_is_taken_then_and_its_lights_show_at_once_what_they_should()
    {
        var gpio = new FakeGpio();
        gpio.Drive(24, true);
        var (isThere, tries) = (false, 0);
        using var hardware = PanelHardware.Open(BoardCatalog.Load("raspberry-pi-4").Definition!, _ =>
        {
            tries++;
            return isThere ? new GpioController(gpio) : throw new IOException("no such chip");
        });
        var found = new List<string>();
        hardware.Found = found.Add;
        var panel = new PanelDriver(hardware) { Health = new(PowerState.Running, WanState.Answers, VpnState.NotConfigured, CloudState.Confirmed) };
        for (var ms = 0; ms < 3500; ms += 10) panel.Tick(TimeSpan.FromMilliseconds(ms));
        Assert.Equal(3, tries); // at once, after one second, after two more: not at every tick

        isThere = true;
        for (var ms = 3500; ms < 8000; ms += 10) panel.Tick(TimeSpan.FromMilliseconds(ms));
        Assert.Equal(4, tries);
        Assert.Equal(["gpioChip", "lights.power", "lights.wan", "lights.vpn", "lights.cloud", "button"], found);
        Assert.Empty(hardware.Failures);
        Assert.Equal((true, true, false, true), (gpio.IsHigh(17), gpio.IsHigh(27), gpio.IsHigh(22), gpio.IsHigh(23)));

        gpio.Drive(24, false);
        for (var ms = 8000; ms <= 11_500; ms += 10) panel.Tick(TimeSpan.FromMilliseconds(ms));
        Assert.Equal(Gesture.SetUp, panel.Snapshot.Held);
    }

    [Fact]
    public void A_line_that_somebody_else_holds_leaves_the_others_lit_and_is_taken_when_it_is_free()
    {
        var gpio = new FakeGpio { Busy = 22 };
        gpio.Drive(24, true);
        using var hardware = PanelHardware.Open(BoardCatalog.Load("raspberry-pi-4").Definition!, _ => new GpioController(gpio));
        Assert.Contains("line 22", Assert.Single(hardware.Failures), StringComparison.Ordinal);
        Assert.StartsWith("lights.vpn: ", hardware.Failures[0], StringComparison.Ordinal);
        var panel = new PanelDriver(hardware) { Health = new(PowerState.Running, WanState.Answers, VpnState.AllUp, CloudState.Confirmed) };
        panel.Tick(TimeSpan.Zero);
        Assert.Equal((true, true, false, true), (gpio.IsHigh(17), gpio.IsHigh(27), gpio.IsHigh(22), gpio.IsHigh(23)));

        gpio.Busy = null;
        panel.Tick(TimeSpan.FromSeconds(1));
        Assert.True(gpio.IsHigh(22));
    }

    [Fact]
    public void A_chip_is_found_by_its_label_on_a_simulated_chip_of_the_kernel()
    {
        if (!OperatingSystem.IsLinux() || Directory.GetFiles("/dev", "gpiochip*").Length == 0)
            Assert.Skip("this kernel has no GPIO chip: no gpio-sim or gpio-mockup is loaded");
        var label = Environment.GetEnvironmentVariable("EDGEVPN_GPIO_LABEL");
        if (label is null) Assert.Skip("set EDGEVPN_GPIO_LABEL to the label of a simulated chip whose line 0 may be driven");

        using var chip = GpioChips.Open(label);
        using var led = new GpioLed(chip, 0, activeLow: false);
        led.Set(1);
        Assert.Equal(PinValue.High, chip.Read(0));
        led.Set(0);
        Assert.Equal(PinValue.Low, chip.Read(0));
    }

    [Fact]
    public void A_chip_that_is_not_there_is_told_in_words()
    {
        var fault = Assert.Throws<IOException>(() => GpioChips.Open("no-such-chip"));
        Assert.Matches("no GPIO chip (is labelled|can be listed)", fault.Message);
    }
}
