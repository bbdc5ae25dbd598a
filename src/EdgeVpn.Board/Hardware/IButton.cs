namespace EdgeVpn.Board.Hardware;

/// <summary>One button that can be asked what happened to its contact.</summary>
public interface IButton : IDisposable
{
    /// <summary>Takes the next edge up to <paramref name="elapsed"/>, bounce and all.</summary>
    /// <param name="elapsed">The panel's clock.</param>
    /// <exception cref="IOException">The hardware refused.</exception>
    bool TryTake(TimeSpan elapsed, out ButtonEdge edge);
}
