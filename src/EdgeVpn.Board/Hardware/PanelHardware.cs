using System.Collections.Immutable;
using System.Device.Gpio;
using EdgeVpn.Board.Definitions;

namespace EdgeVpn.Board.Hardware;

/// <summary>The lights and the button of one board, opened.</summary>
/// <remarks>A broken light must not keep a tunnel down: what could not be opened is told in <see cref="Failures"/>, and stays dark.</remarks>
public sealed class PanelHardware : IDisposable
{
    private readonly GpioController? _chip;

    /// <param name="leds">Four in the order of <see cref="Light"/>, one, or none; disposed with this.</param>
    /// <param name="button">Disposed with this.</param>
    public PanelHardware(ImmutableArray<ILed> leds, IButton? button)
        : this(leds, button, virtualBoard: null, chip: null, [])
    {
    }

    private PanelHardware(
        ImmutableArray<ILed> leds, IButton? button, VirtualBoard? virtualBoard, GpioController? chip, ImmutableArray<string> failures)
    {
        if (leds.Length is not (0 or 1 or 4)) throw new ArgumentException("a board has four lights, one or none", nameof(leds));
        (Leds, Button, VirtualBoard, _chip, Failures) = (leds, button, virtualBoard, chip, failures);
    }

    public ImmutableArray<ILed> Leds { get; }

    public IButton? Button { get; }

    /// <summary>The board in memory, where lights or button are virtual: the one that can be pressed by command.</summary>
    public VirtualBoard? VirtualBoard { get; }

    /// <summary>What could not be opened and why, each beginning with its path in board.json.</summary>
    public ImmutableArray<string> Failures { get; }

    /// <summary>Opens what <paramref name="board"/> describes. Never throws for what hardware refuses.</summary>
    /// <param name="ledRoot">Where the kernel shows its LEDs.</param>
    public static PanelHardware Open(BoardDefinition board, string ledRoot = SysfsLed.Root) =>
        Open(board, GpioChips.Open, ledRoot);

    /// <summary>The same, with the way to open a GPIO chip by its label.</summary>
    public static PanelHardware Open(
        BoardDefinition board, Func<string, GpioController> openChip, string ledRoot = SysfsLed.Root)
    {
        var failures = ImmutableArray.CreateBuilder<string>();
        var named = board.Lights.Named().ToArray();
        var chip = OpenChip(board, openChip, failures);
        var memory = named.Any(one => one.Light.Virtual) || board.Button is { Virtual: true } ? new VirtualBoard(named.Length == 1 ? 1 : 4) : null;

        var leds = ImmutableArray.CreateBuilder<ILed>(named.Length);
        for (var i = 0; i < named.Length; i++)
        {
            var (index, light) = (i, named[i].Light);
            leds.Add(Try<ILed>($"lights.{named[i].Name}", failures, () =>
                light.Virtual ? memory!.Leds[index]
                : light.Led is { } led ? new SysfsLed(led, light.KernelBlink, ledRoot)
                : light.Pwm is { } pwm ? new PwmLed(pwm.Chip, pwm.Channel)
                : chip is null ? null
                : new GpioLed(chip, light.Gpio!.Value, light.ActiveLow)) ?? new NoLed());
        }

        var button = board.Button is not { } wanted ? null : Try<IButton>("button", failures, () =>
            wanted.Virtual ? memory!.Button
            : chip is null ? null
            : new GpioButton(chip, wanted.Gpio!.Value, wanted.ActiveLow, wanted.Pull));
        return new(leds.MoveToImmutable(), button, memory, chip, failures.ToImmutable());
    }

    public void Dispose()
    {
        foreach (var led in Leds) led.Dispose();
        Button?.Dispose();
        _chip?.Dispose();
    }

    private static GpioController? OpenChip(
        BoardDefinition board, Func<string, GpioController> openChip, ImmutableArray<string>.Builder failures)
    {
        var needed = board.Button?.Gpio is not null || board.Lights.Named().Any(one => one.Light.Gpio is not null);
        return needed ? Try("gpioChip", failures, () => openChip(board.GpioChip ?? "")) : null;
    }

    private static T? Try<T>(string path, ImmutableArray<string>.Builder failures, Func<T?> open)
        where T : class
    {
        try
        {
            return open();
        }
        catch (IOException fault)
        {
            failures.Add($"{path}: {fault.Message}");
            return null;
        }
    }

    /// <summary>Stands for a light that could not be opened.</summary>
    private sealed class NoLed : ILed
    {
        public void Set(double brightness)
        {
        }

        public void Dispose()
        {
        }
    }
}
