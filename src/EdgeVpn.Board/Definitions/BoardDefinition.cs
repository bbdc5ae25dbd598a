using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EdgeVpn.Board.Definitions;

/// <summary>How far a board definition has been proven.</summary>
public enum BoardEvidence
{
    /// <summary>Not said: an error.</summary>
    [JsonStringEnumMemberName("unknown")] Unknown,

    /// <summary>Written from documents; never run on the real board.</summary>
    [JsonStringEnumMemberName("documents")] Documents,

    /// <summary>Run in an emulator, or needs no hardware.</summary>
    [JsonStringEnumMemberName("emulated")] Emulated,

    /// <summary>Run on the real board.</summary>
    [JsonStringEnumMemberName("real")] Real,
}

/// <summary>What board/&lt;name&gt;/board.json says: which pins are lights and button, which NIC is WAN and which LAN, which watchdog.</summary>
/// <remarks>Read through <see cref="BoardReader"/>, which validates it; a missing text is empty and a missing list has no elements.</remarks>
public sealed record BoardDefinition
{
    public const int CurrentSchema = 1;

    public int Schema { get; init; }

    /// <summary>The name given to --board: lower-case letters, digits and dashes; also the folder's name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The name people use.</summary>
    public string Title { get; init => field = value ?? ""; } = "";

    public BoardEvidence Evidence { get; init; }

    /// <summary>What /proc/device-tree/model begins with on this board.</summary>
    public ImmutableArray<string> Models { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The GPIO chip by its label; its number changes between kernels.</summary>
    public string? GpioChip { get; init; }

    public LightsDefinition Lights { get; init => field = value ?? new(); } = new();

    public ButtonDefinition? Button { get; init; }

    public ImmutableArray<NicDefinition> Nics { get; init => field = value.IsDefault ? [] : value; } = [];

    public WatchdogDefinition? Watchdog { get; init; }
}

/// <summary>All four lights, or one that stands for them (<see cref="Status"/>), or none.</summary>
public sealed record LightsDefinition
{
    public LightDefinition? Power { get; init; }

    public LightDefinition? Wan { get; init; }

    public LightDefinition? Vpn { get; init; }

    public LightDefinition? Cloud { get; init; }

    /// <summary>The only light of a board with fewer than four.</summary>
    public LightDefinition? Status { get; init; }

    [JsonIgnore]
    public LightDefinition? this[Light light] => light switch
    {
        Light.Power => Power,
        Light.Wan => Wan,
        Light.Vpn => Vpn,
        Light.Cloud => Cloud,
        _ => null,
    };

    /// <summary>The lights that are there, by the name they have in board.json.</summary>
    public IEnumerable<(string Name, LightDefinition Light)> Named()
    {
        foreach (var light in Enum.GetValues<Light>())
            if (this[light] is { } one)
                yield return (LightNames.Of(light), one);
        if (Status is { } status) yield return ("status", status);
    }
}

/// <summary>One light, driven in exactly one way: <see cref="Gpio"/>, <see cref="Led"/>, <see cref="Pwm"/> or <see cref="Virtual"/>.</summary>
public sealed record LightDefinition
{
    /// <summary>Line of the GPIO chip.</summary>
    public int? Gpio { get; init; }

    /// <summary>Name below /sys/class/leds.</summary>
    public string? Led { get; init; }

    public PwmDefinition? Pwm { get; init; }

    /// <summary>In memory only.</summary>
    public bool Virtual { get; init; }

    /// <summary>The light is on while the GPIO line is low.</summary>
    public bool ActiveLow { get; init; }

    /// <summary>Let the kernel's pattern trigger blink a <see cref="Led"/>. Saves wake-ups; but the light goes on blinking when the daemon is dead.</summary>
    public bool KernelBlink { get; init; }

    /// <summary>Pin of the 40-pin header it is wired to.</summary>
    public int? Pin { get; init; }

    /// <summary>Pin of the header its other side is wired to.</summary>
    public int? Ground { get; init; }

    public string? Colour { get; init; }
}

/// <summary>A hardware PWM channel: /sys/class/pwm/pwmchip{Chip}/pwm{Channel}.</summary>
public sealed record PwmDefinition
{
    public int Chip { get; init; }

    public int Channel { get; init; }
}

/// <summary>The resistor that holds the button's line while the button is up.</summary>
public enum Pull
{
    /// <summary>On the board, or none needed.</summary>
    [JsonStringEnumMemberName("none")] None,

    [JsonStringEnumMemberName("up")] Up,

    [JsonStringEnumMemberName("down")] Down,
}

/// <summary>The button: a GPIO line, or one in memory.</summary>
public sealed record ButtonDefinition
{
    public int? Gpio { get; init; }

    public bool Virtual { get; init; }

    /// <summary>The line is low while the button is pressed.</summary>
    public bool ActiveLow { get; init; }

    public Pull Pull { get; init; }

    public int? Pin { get; init; }

    public int? Ground { get; init; }
}

public enum NicRole
{
    [JsonStringEnumMemberName("unknown")] Unknown,
    [JsonStringEnumMemberName("wan")] Wan,
    [JsonStringEnumMemberName("lan")] Lan,
}

/// <summary>Which NIC has a role, said in exactly one way.</summary>
public sealed record NicDefinition
{
    public NicRole Role { get; init; }

    /// <summary>Where it is plugged, as udev's ID_PATH; * stands for any characters.</summary>
    public string? Path { get; init; }

    /// <summary>Its permanent address: 02:00:5e:10:00:01.</summary>
    public string? Mac { get; init; }

    /// <summary>Its kernel name, where that is stable.</summary>
    public string? Name { get; init; }

    /// <summary>The nth Ethernet port in the order of paths, from 0.</summary>
    public int? Index { get; init; }
}

/// <summary>The hardware watchdog that systemd is to own.</summary>
public sealed record WatchdogDefinition
{
    public string Device { get; init => field = value ?? ""; } = "";

    /// <summary>The kernel module that drives it.</summary>
    public string? Driver { get; init; }

    /// <summary>RuntimeWatchdogSec: no longer than the hardware can count.</summary>
    public TimeSpan Timeout { get; init; }
}
