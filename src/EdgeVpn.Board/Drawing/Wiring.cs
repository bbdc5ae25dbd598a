using EdgeVpn.Board.Definitions;

namespace EdgeVpn.Board.Drawing;

/// <summary>In words, how a light, a button or a NIC of a board is connected.</summary>
internal static class Wiring
{
    /// <summary>Driven by what: <c>pinctrl-bcm2711 line 17</c>.</summary>
    public static string Source(BoardDefinition board, LightDefinition light) =>
        light.Gpio is { } line ? $"{board.GpioChip} line {line}{(light.ActiveLow ? ", active low" : "")}"
        : light.Led is { } led ? $"/sys/class/leds/{led}"
        : light.Pwm is { } pwm ? $"PWM chip {pwm.Chip} channel {pwm.Channel}"
        : "in memory";

    public static string Source(BoardDefinition board, ButtonDefinition button) =>
        button.Gpio is { } line ? $"{board.GpioChip} line {line}{(button.ActiveLow ? ", active low" : "")}{Pulled(button.Pull)}" : "in memory";

    /// <summary>From pin to pin through the parts between; empty if nothing is to be wired.</summary>
    public static string Parts(LightDefinition light) => (light.Pin, light.Ground, light.ActiveLow) switch
    {
        (null, _, _) => "",
        ({ } pin, null, false) => $"pin {pin}",
        ({ } pin, { } ground, false) => $"pin {pin} - 330 ohm - LED - pin {ground} (ground)",
        ({ } pin, _, true) => $"3.3 V - 330 ohm - LED - pin {pin}",
    };

    public static string Parts(ButtonDefinition button) => (button.Pin, button.Ground) switch
    {
        (null, _) => "",
        ({ } pin, null) => $"pin {pin}",
        ({ } pin, { } ground) => $"pin {pin} - button - pin {ground} (ground)",
    };

    public static string Found(NicDefinition nic) =>
        nic.Path is { } path ? $"plugged at {path}"
        : nic.Mac is { } mac ? $"address {mac}"
        : nic.Name is { } name ? $"interface {name}"
        : $"Ethernet port {nic.Index}, counted from 0 in the order of paths";

    public static string Role(NicDefinition nic) => nic.Role == NicRole.Wan ? "wan" : "lan";

    public static string Evidence(BoardDefinition board) => board.Evidence switch
    {
        BoardEvidence.Real => "run on the real board",
        BoardEvidence.Emulated => "run without hardware only",
        _ => "written from documents, never run on the real board",
    };

    private static string Pulled(Pull pull) => pull switch
    {
        Pull.Up => ", pulled up",
        Pull.Down => ", pulled down",
        _ => "",
    };
}
