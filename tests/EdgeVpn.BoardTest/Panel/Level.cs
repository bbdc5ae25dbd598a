namespace EdgeVpn.BoardTest.Panel;

/// <summary>A stretch of time in which a light did not change.</summary>
internal readonly record struct Level(bool Lit, TimeSpan Duration);
