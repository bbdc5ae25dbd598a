namespace EdgeVpn.Board;

/// <summary>One brightness, held for a while.</summary>
/// <param name="Brightness">0 (dark) to 1 (full).</param>
/// <param name="Duration">Longer than zero.</param>
public readonly record struct LedStep(double Brightness, TimeSpan Duration);
