using System.Device.Gpio;

namespace EdgeVpn.Board.Hardware;

/// <summary>A light on a GPIO line: on or off.</summary>
public sealed class GpioLed : ILed
{
    private readonly GpioController _chip;
    private readonly int _line;
    private readonly bool _activeLow;

    /// <summary>Takes the line as an output, dark. The chip stays the caller's.</summary>
    /// <exception cref="IOException">The line is taken or does not exist.</exception>
    public GpioLed(GpioController chip, int line, bool activeLow)
    {
        (_chip, _line, _activeLow) = (chip, line, activeLow);
        GpioChips.Guard($"GPIO line {line}", () => chip.OpenPin(line, PinMode.Output, Level(lit: false)));
    }

    public void Set(double brightness) => GpioChips.Guard($"GPIO line {_line}", () =>
    {
        _chip.Write(_line, Level(brightness >= 0.5));
        return true;
    });

    /// <summary>Leaves the light dark and the line free.</summary>
    public void Dispose()
    {
        if (!_chip.IsPinOpen(_line)) return;
        _chip.Write(_line, Level(lit: false));
        _chip.ClosePin(_line);
    }

    private PinValue Level(bool lit) => lit != _activeLow ? PinValue.High : PinValue.Low;
}
