namespace EdgeVpn.Board.Hardware;

/// <summary>One light that can be set.</summary>
public interface ILed : IDisposable
{
    /// <summary>Sets the brightness, 0 to 1; a light that cannot be dimmed is on from 0.5.</summary>
    /// <exception cref="IOException">The hardware refused.</exception>
    void Set(double brightness);

    /// <summary>Hands the whole rhythm over to hardware or kernel, to be repeated without us until the next call of either method.</summary>
    /// <returns>False if it cannot: drive it by <see cref="Set"/>.</returns>
    /// <exception cref="IOException">The hardware refused.</exception>
    bool TryRun(LedPattern pattern) => false;
}
