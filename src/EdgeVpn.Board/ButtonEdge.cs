namespace EdgeVpn.Board;

/// <summary>The button's contact changed.</summary>
/// <param name="Pressed">The level it changed to.</param>
/// <param name="At">When, on the clock the panel is driven by.</param>
public readonly record struct ButtonEdge(bool Pressed, TimeSpan At);
