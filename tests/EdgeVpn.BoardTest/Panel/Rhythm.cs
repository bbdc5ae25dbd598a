using EdgeVpn.Board;

namespace EdgeVpn.BoardTest.Panel;

/// <summary>Recognises a rhythm of the lights table in what was seen of one light.</summary>
internal static class Rhythm
{
    /// <summary>Steady is what was lit longer than any rhythm leaves a light lit.</summary>
    private static readonly TimeSpan s_steady = TimeSpan.FromSeconds(1.5);

    /// <summary>Off is what was dark longer than any rhythm leaves a light dark: a code's two pauses.</summary>
    private static readonly TimeSpan s_off = TimeSpan.FromSeconds(3.2);

    /// <summary>An emulated board is late now and then: this much, and this part of the step.</summary>
    private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(70);
    private const double LatePart = 0.3;

    /// <summary>True if the light shows <paramref name="pattern"/> now.</summary>
    /// <param name="seen">Oldest first; the last one still lasts.</param>
    public static bool Shows(LedPattern pattern, IReadOnlyList<Level> seen)
    {
        if (seen.Count == 0) return false;
        var now = seen[^1];
        if (pattern == LedPattern.Steady) return now.Lit && now.Duration >= s_steady;
        if (pattern == LedPattern.Off) return !now.Lit && now.Duration >= s_off;

        var steps = Merged(pattern);
        var needed = Math.Max(3, steps.Count);
        if (seen.Count < needed + 1) return false; // one more: the first of them began before we looked
        return Enumerable.Range(0, steps.Count).Any(at => Fits(steps, at, [.. seen.Skip(seen.Count - 1 - needed)]));
    }

    private static bool Fits(List<Level> steps, int at, List<Level> seen)
    {
        for (var i = 0; i < seen.Count; i++)
        {
            var step = steps[(at + i) % steps.Count];
            var late = s_late + (step.Duration * LatePart);
            if (seen[i].Lit != step.Lit || seen[i].Duration > step.Duration + late) return false;
            if (i < seen.Count - 1 && seen[i].Duration < step.Duration - late) return false;
        }

        return true;
    }

    /// <summary>The steps as an eye sees them: neighbours of the same brightness are one, also round the end.</summary>
    private static List<Level> Merged(LedPattern pattern)
    {
        var merged = new List<Level>();
        foreach (var step in pattern.Steps)
        {
            var lit = step.Brightness >= 0.5;
            if (merged.Count > 0 && merged[^1].Lit == lit) merged[^1] = merged[^1] with { Duration = merged[^1].Duration + step.Duration };
            else merged.Add(new Level(lit, step.Duration));
        }

        if (merged.Count > 1 && merged[0].Lit == merged[^1].Lit)
        {
            merged[0] = merged[0] with { Duration = merged[0].Duration + merged[^1].Duration };
            merged.RemoveAt(merged.Count - 1);
        }

        return merged;
    }
}
