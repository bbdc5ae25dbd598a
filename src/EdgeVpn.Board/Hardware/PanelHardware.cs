using System.Collections.Immutable;
using System.Device.Gpio;
using EdgeVpn.Board.Definitions;

namespace EdgeVpn.Board.Hardware;

/// <summary>The lights and the button of one board, opened.</summary>
/// <remarks>
/// A broken light must not keep a tunnel down: what could not be opened is told in <see cref="Failures"/>, and stays dark. It may only be late, for
/// a daemon starts before udev has given it every chip and light, and a module may be loaded after it: <see cref="TryAgain"/>.
/// </remarks>
public sealed class PanelHardware : IDisposable
{
    private readonly List<Missing> _missing = [];
    private GpioController? _chip;

    /// <param name="leds">Four in the order of <see cref="Light"/>, one, or none; disposed with this.</param>
    /// <param name="button">Disposed with this.</param>
    public PanelHardware(ImmutableArray<ILed> leds, IButton? button)
    {
        if (leds.Length is not (0 or 1 or 4)) throw new ArgumentException("a board has four lights, one or none", nameof(leds));
        (Leds, Button) = (leds, button);
    }

    private PanelHardware(BoardDefinition board, Func<string, GpioController> openChip, string ledRoot)
    {
        var named = board.Lights.Named().ToArray();
        var memory = named.Any(one => one.Light.Virtual) || board.Button is { Virtual: true } ? new VirtualBoard(named.Length == 1 ? 1 : 4) : null;
        if (board.Button?.Gpio is not null || named.Any(one => one.Light.Gpio is not null))
            _missing.Add(new("gpioChip", IsOnChip: false, () => _chip = openChip(board.GpioChip ?? "")));

        var leds = ImmutableArray.CreateBuilder<ILed>(named.Length);
        for (var i = 0; i < named.Length; i++)
        {
            var (name, light) = named[i];
            if (light.Virtual)
            {
                leds.Add(memory!.Leds[i]);
                continue;
            }

            var late = new LateLed();
            leds.Add(late);
            _missing.Add(new($"lights.{name}", light.Gpio is not null, () => late.Take(
                light.Led is { } led ? new SysfsLed(led, light.KernelBlink, ledRoot)
                : light.Pwm is { } pwm ? new PwmLed(pwm.Chip, pwm.Channel)
                : new GpioLed(_chip!, light.Gpio!.Value, light.ActiveLow))));
        }

        (Leds, VirtualBoard) = (leds.MoveToImmutable(), memory);
        if (board.Button is { Virtual: true }) Button = memory!.Button;
        else if (board.Button is { Gpio: { } line } button)
        {
            var late = new LateButton();
            Button = late;
            _missing.Add(new("button", IsOnChip: true, () => late.Button = new GpioButton(_chip!, line, button.ActiveLow, button.Pull)));
        }

        TryAgain();
    }

    public ImmutableArray<ILed> Leds { get; }

    /// <summary>Null on a board without one; one that could not be opened is never pressed.</summary>
    public IButton? Button { get; }

    /// <summary>The board in memory, where lights or button are virtual: the one that can be pressed by command.</summary>
    public VirtualBoard? VirtualBoard { get; }

    /// <summary>What could not be opened and why, each beginning with its path in board.json. Those of a chip that is missing are not told besides.</summary>
    public ImmutableArray<string> Failures { get; private set; } = [];

    /// <summary>Told by <see cref="TryAgain"/>: the path of what could be opened in the end.</summary>
    public Action<string> Found { get; set; } = static _ => { };

    /// <summary>Opens what <paramref name="board"/> describes. Never throws for what hardware refuses.</summary>
    /// <param name="ledRoot">Where the kernel shows its LEDs.</param>
    public static PanelHardware Open(BoardDefinition board, string ledRoot = SysfsLed.Root) =>
        Open(board, GpioChips.Open, ledRoot);

    /// <summary>The same, with the way to open a GPIO chip by its label.</summary>
    public static PanelHardware Open(
        BoardDefinition board, Func<string, GpioController> openChip, string ledRoot = SysfsLed.Root) => new(board, openChip, ledRoot);

    /// <summary>Opens what could not be opened before, as far as it can be now. One thread: the one that sets the lights.</summary>
    public void TryAgain()
    {
        var failures = ImmutableArray.CreateBuilder<string>();
        foreach (var part in _missing.ToArray())
        {
            if (part.IsOnChip && _chip is null) continue; // the chip's own failure says it
            try
            {
                part.Open();
                _missing.Remove(part);
                Found(part.Path);
            }
            catch (IOException fault)
            {
                failures.Add($"{part.Path}: {fault.Message}");
            }
        }

        Failures = failures.ToImmutable();
    }

    public void Dispose()
    {
        foreach (var led in Leds) led.Dispose();
        Button?.Dispose();
        _chip?.Dispose();
    }

    /// <param name="Path">In board.json.</param>
    /// <param name="IsOnChip">Cannot be opened before the GPIO chip is.</param>
    /// <param name="Open">Throws <see cref="IOException"/> if it is not there (yet).</param>
    private sealed record Missing(string Path, bool IsOnChip, Action Open);

    /// <summary>A light that may come later: dark until then, and then as bright as it should be by now.</summary>
    private sealed class LateLed : ILed
    {
        private ILed? _led;
        private double _brightness;

        public void Take(ILed led)
        {
            try
            {
                led.Set(_brightness);
            }
            catch (IOException)
            {
                led.Dispose();
                throw;
            }

            _led = led;
        }

        public void Set(double brightness)
        {
            _brightness = brightness;
            _led?.Set(brightness);
        }

        public bool TryRun(LedPattern pattern) => _led?.TryRun(pattern) ?? false;

        public void Dispose() => _led?.Dispose();
    }

    /// <summary>A button that may come later: up until then.</summary>
    private sealed class LateButton : IButton
    {
        public GpioButton? Button { get; set; }

        public bool TryTake(TimeSpan elapsed, out ButtonEdge edge)
        {
            edge = default;
            return Button?.TryTake(elapsed, out edge) ?? false;
        }

        public void Dispose() => Button?.Dispose();
    }
}
