using System.Collections.Immutable;

namespace EdgeVpn.Board;

/// <summary>A rhythm of one light: steps that repeat for ever.</summary>
/// <remarks>Immutable, and one instance per rhythm: two patterns are the same exactly if they are the same object.</remarks>
public sealed partial class LedPattern
{
    private LedPattern(string name, Start start, params ReadOnlySpan<LedStep> steps)
    {
        Name = name;
        StartsFresh = start != Start.Shared;
        IsEnsemble = start == Start.Ensemble;
        Steps = [.. steps];
        foreach (var step in steps) Period += step.Duration;
    }

    /// <summary>The column of the lights table: "slow blink", "steady", "code 33".</summary>
    public string Name { get; }

    /// <summary>One round, in order; never empty.</summary>
    public ImmutableArray<LedStep> Steps { get; }

    /// <summary>How long one round takes.</summary>
    public TimeSpan Period { get; }

    /// <summary>True if a watcher must see it from its beginning (a code, a chase); the others share one clock and blink together.</summary>
    public bool StartsFresh { get; }

    /// <summary>True if it means something only in step with the other lights (a chase): nobody may run it alone.</summary>
    public bool IsEnsemble { get; }

    /// <summary>Brightness, 0 to 1, <paramref name="elapsed"/> after the rhythm's origin; before the origin it has not begun.</summary>
    public double BrightnessAt(TimeSpan elapsed)
    {
        var left = Into(elapsed);
        foreach (var step in Steps)
        {
            if (left < step.Duration) return step.Brightness;
            left -= step.Duration;
        }

        return Steps[^1].Brightness;
    }

    /// <summary>The first time after <paramref name="elapsed"/> at which a step ends; <see cref="TimeSpan.MaxValue"/> if nothing ever changes.</summary>
    public TimeSpan NextChange(TimeSpan elapsed)
    {
        if (Steps.Length == 1) return TimeSpan.MaxValue;
        var left = Into(elapsed);
        var end = TimeSpan.Zero;
        foreach (var step in Steps)
        {
            end += step.Duration;
            if (left < end) break;
        }

        return (elapsed < TimeSpan.Zero ? TimeSpan.Zero : elapsed) + (end - left);
    }

    public override string ToString() => Name;

    /// <summary>Where the rhythm's origin lies.</summary>
    private enum Start
    {
        /// <summary>On the panel's clock: lights that blink, blink together.</summary>
        Shared,

        /// <summary>Where this light begins to show it.</summary>
        Fresh,

        /// <summary>Where all lights together begin to show it.</summary>
        Ensemble,
    }

    private TimeSpan Into(TimeSpan elapsed) =>
        elapsed <= TimeSpan.Zero ? TimeSpan.Zero : new TimeSpan(elapsed.Ticks % Period.Ticks);
}
