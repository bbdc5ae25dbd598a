namespace EdgeVpn.Ipsec;

/// <summary>A point in monotonic time: ticks of 100 ns since an origin that only its maker knows.</summary>
/// <remarks>Passed in as the last argument everywhere; the core never asks a clock.</remarks>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>The origin.</summary>
    public static readonly Instant Zero;

    /// <summary>Later than every instant a clock will show.</summary>
    public static readonly Instant Never = new(long.MaxValue);

    public static Instant operator +(Instant at, TimeSpan span) =>
        at == Never ? Never : new(checked(at.Ticks + span.Ticks));

    public static Instant operator -(Instant at, TimeSpan span) => at == Never ? Never : new(at.Ticks - span.Ticks);

    public static TimeSpan operator -(Instant later, Instant earlier) => new(later.Ticks - earlier.Ticks);

    public static bool operator <(Instant a, Instant b) => a.Ticks < b.Ticks;

    public static bool operator >(Instant a, Instant b) => a.Ticks > b.Ticks;

    public static bool operator <=(Instant a, Instant b) => a.Ticks <= b.Ticks;

    public static bool operator >=(Instant a, Instant b) => a.Ticks >= b.Ticks;

    public static Instant Min(Instant a, Instant b) => a < b ? a : b;

    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    public override string ToString() => this == Never ? "never" : $"t+{new TimeSpan(Ticks):c}";
}
