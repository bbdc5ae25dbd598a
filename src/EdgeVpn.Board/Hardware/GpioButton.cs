using System.Device.Gpio;
using EdgeVpn.Board.Definitions;

namespace EdgeVpn.Board.Hardware;

/// <summary>A button on a GPIO line, read whenever the panel asks.</summary>
/// <remarks>
/// Read, not interrupted: the kernel keeps 16 edges per line, which a bouncing contact can overrun, and over libgpiod 1 the library
/// asks for edges in a new request that does not name the pull. A panel asks every 20 ms, so a press of 80 ms is always seen.
/// </remarks>
public sealed class GpioButton : IButton
{
    private readonly GpioController _chip;
    private readonly int _line;
    private readonly PinValue _pressed;
    private bool _last;

    /// <summary>Takes the line as an input. The chip stays the caller's.</summary>
    /// <exception cref="IOException">The line is taken, does not exist, or cannot be pulled as asked.</exception>
    public GpioButton(GpioController chip, int line, bool activeLow, Pull pull)
    {
        (_chip, _line, _pressed) = (chip, line, activeLow ? PinValue.Low : PinValue.High);
        var mode = pull switch
        {
            Pull.Up => PinMode.InputPullUp,
            Pull.Down => PinMode.InputPullDown,
            _ => PinMode.Input,
        };
        GpioChips.Guard($"GPIO line {line}", () => chip.OpenPin(line, mode));
    }

    public bool TryTake(TimeSpan elapsed, out ButtonEdge edge)
    {
        var pressed = GpioChips.Guard($"GPIO line {_line}", () => _chip.Read(_line) == _pressed);
        edge = new(pressed, elapsed);
        if (pressed == _last) return false;
        _last = pressed;
        return true;
    }

    public void Dispose()
    {
        if (_chip.IsPinOpen(_line)) _chip.ClosePin(_line);
    }
}
