using System.Device.Gpio;

namespace EdgeVpn.Board.Tests.Hardware;

/// <summary>A GPIO chip in memory, below System.Device.Gpio's own controller: the adapters are tested through the library they use.</summary>
internal sealed class FakeGpio(int lines = 32) : GpioDriver
{
    private readonly Dictionary<int, PinMode> _open = [];
    private readonly PinValue[] _levels = new PinValue[lines];

    public List<string> Log { get; } = [];

    /// <summary>A line that somebody else has.</summary>
    public int? Busy { get; set; }

    protected override int PinCount => lines;

    /// <summary>Drives an input from outside.</summary>
    public void Drive(int line, bool high) => _levels[line] = high;

    public bool IsHigh(int line) => _levels[line] == PinValue.High;

    public PinMode? ModeOf(int line) => _open.TryGetValue(line, out var mode) ? mode : null;

    protected override void OpenPin(int pinNumber)
    {
        if (pinNumber >= lines) throw new System.Device.Gpio.Drivers.GpiodException($"no line {pinNumber}");
        if (pinNumber == Busy) throw new System.Device.Gpio.Drivers.GpiodException($"line {pinNumber} is busy");
        _open[pinNumber] = PinMode.Input;
    }

    protected override void ClosePin(int pinNumber) => _open.Remove(pinNumber);

    protected override void SetPinMode(int pinNumber, PinMode mode) => _open[pinNumber] = mode;

    protected override void SetPinMode(int pinNumber, PinMode mode, PinValue initialValue)
    {
        _open[pinNumber] = mode;
        Write(pinNumber, initialValue);
    }

    protected override PinMode GetPinMode(int pinNumber) => _open[pinNumber];

    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) => mode != PinMode.InputPullDown;

    protected override PinValue Read(int pinNumber) => _levels[pinNumber];

    protected override void Write(int pinNumber, PinValue value)
    {
        _levels[pinNumber] = value;
        Log.Add($"{pinNumber}={(value == PinValue.High ? 1 : 0)}");
    }

    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) =>
        throw new NotSupportedException("this chip has no interrupts");

    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback) =>
        throw new NotSupportedException("this chip has no interrupts");

    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback) =>
        throw new NotSupportedException("this chip has no interrupts");
}
