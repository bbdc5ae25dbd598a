using EdgeVpn.Board.Hardware;

namespace EdgeVpn.Board.Tests.Hardware;

public sealed class SysfsLedTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("edgevpn-leds-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Make(string name, int max = 255, string? trigger = "none timer [mmc0] pattern")
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "max_brightness"), $"{max}\n");
        File.WriteAllText(Path.Combine(folder, "brightness"), "200\n");
        if (trigger is null) return folder;
        File.WriteAllText(Path.Combine(folder, "trigger"), trigger + "\n");
        File.WriteAllText(Path.Combine(folder, "pattern"), "");
        return folder;
    }

    private static string Read(string folder, string attribute) => File.ReadAllText(Path.Combine(folder, attribute)).Trim();

    [Fact]
    public void A_light_is_taken_from_its_trigger_dimmed_in_its_own_steps_and_given_back()
    {
        var folder = Make("ACT");
        var led = new SysfsLed("ACT", root: _root);
        Assert.Equal(("none", "0"), (Read(folder, "trigger"), Read(folder, "brightness")));
        led.Set(1);
        Assert.Equal("255", Read(folder, "brightness"));
        led.Set(0.5);
        Assert.Equal("128", Read(folder, "brightness"));
        led.Dispose();
        Assert.Equal(("mmc0", "0"), (Read(folder, "trigger"), Read(folder, "brightness")));
    }

    [Fact]
    public void A_light_of_two_levels_and_no_trigger_is_on_or_off()
    {
        var folder = Make("plain", max: 1, trigger: null);
        using var led = new SysfsLed("plain", kernelBlink: true, root: _root);
        led.Set(1);
        Assert.Equal("1", Read(folder, "brightness"));
        Assert.False(led.TryRun(LedPattern.SlowBlink));
    }

    [Fact]
    public void A_rhythm_handed_to_the_kernel_jumps_between_its_steps()
    {
        var folder = Make("vpn");
        using var led = new SysfsLed("vpn", kernelBlink: true, root: _root);
        Assert.True(led.TryRun(LedPattern.TwoBlinks));
        Assert.Equal("pattern", Read(folder, "trigger"));
        Assert.Equal("255 200 255 0 0 200 0 0 255 200 255 0 0 1000 0 0", Read(folder, "pattern"));
        led.Set(1);
        Assert.Equal(("none", "255"), (Read(folder, "trigger"), Read(folder, "brightness")));
    }

    [Fact]
    public void A_rhythm_that_the_kernel_does_not_let_us_write_is_blinked_by_ourselves()
    {
        var folder = Make("vpn");
        File.Delete(Path.Combine(folder, "pattern"));
        using var led = new SysfsLed("vpn", kernelBlink: true, root: _root);
        Assert.False(led.TryRun(LedPattern.SlowBlink));
        Assert.Equal("none", Read(folder, "trigger"));
        led.Set(1);
        Assert.Equal("255", Read(folder, "brightness"));
        Assert.False(led.TryRun(LedPattern.TwoBlinks));
    }

    [Fact]
    public void The_kernel_is_given_no_rhythm_it_was_not_asked_to_take_or_cannot_take()
    {
        Make("asked-not");
        Make("cannot", trigger: "[none] timer");
        using var notAsked = new SysfsLed("asked-not", root: _root);
        using var cannot = new SysfsLed("cannot", kernelBlink: true, root: _root);
        Assert.False(notAsked.TryRun(LedPattern.SlowBlink));
        Assert.False(cannot.TryRun(LedPattern.SlowBlink));
    }

    [Fact]
    public void A_light_that_is_not_there_is_named_with_its_path() =>
        Assert.Contains(Path.Combine(_root, "gone"), Assert.Throws<IOException>(() => new SysfsLed("gone", root: _root)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_light_unplugged_while_in_use_refuses_and_can_still_be_let_go()
    {
        var folder = Make("usb");
        var led = new SysfsLed("usb", root: _root);
        Directory.Delete(folder, recursive: true);
        Assert.Throws<IOException>(() => led.Set(1));
        led.Dispose();
    }
}
