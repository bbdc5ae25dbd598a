using System.Device.Pwm;

namespace EdgeVpn.Board.Hardware;

/// <summary>A light on a hardware PWM channel, dimmed by its duty cycle.</summary>
public sealed class PwmLed : ILed
{
    private const int Hertz = 400; // above what the eye sees, below what every PWM block can do

    private readonly PwmChannel _channel;

    /// <summary>Takes the channel and starts it dark.</summary>
    /// <exception cref="IOException">There is no such channel, or it may not be used.</exception>
    public PwmLed(int chip, int channel)
        : this(Reach(() => PwmChannel.Create(chip, channel, Hertz, dutyCyclePercentage: 0)))
    {
    }

    /// <summary>Takes over <paramref name="channel"/>, and disposes it in the end.</summary>
    public PwmLed(PwmChannel channel)
    {
        _channel = channel;
        Reach(() =>
        {
            channel.Start();
            return true;
        });
    }

    public void Set(double brightness) => Reach(() => _channel.DutyCycle = Math.Clamp(brightness, 0, 1));

    public void Dispose() => _channel.Dispose();

    private static T Reach<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception fault) when (fault is ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // PwmChannel calls a missing chip a bad argument.
            throw new IOException($"PWM: {fault.Message}", fault);
        }
    }
}
