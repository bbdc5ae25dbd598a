using EdgeVpn.Board.Hardware;

namespace EdgeVpn.Board.Tests.Hardware;

/// <summary>A light that writes down what it was told, and can be made to refuse.</summary>
internal sealed class FakeLed(bool runsPatterns = false) : ILed
{
    public List<string> Told { get; } = [];

    public double Brightness { get; private set; }

    public bool Broken { get; set; }

    public void Set(double brightness)
    {
        if (Broken) throw new IOException("unplugged");
        Brightness = brightness;
        Told.Add($"{brightness}");
    }

    public bool TryRun(LedPattern pattern)
    {
        if (!runsPatterns) return false;
        Told.Add(pattern.Name);
        return true;
    }

    public void Dispose() => Told.Add("disposed");
}
