namespace EdgeVpn.Model;

/// <summary>Finds the word that was probably meant.</summary>
public static class DidYouMean
{
    /// <summary>The candidate nearest to <paramref name="written"/>, or null if none is near: at most a third of its letters differ.</summary>
    /// <remarks>Case, hyphens and underscores do not count. A tie goes to the first candidate.</remarks>
    public static string? Find(string written, IEnumerable<string> candidates)
    {
        const int longest = 64; // longer words are no slips; bounds the work
        var plain = Plain(written);
        if (plain.Length is 0 or > longest) return null;
        string? best = null;
        var bestDistance = Math.Max(1, plain.Length / 3) + 1;
        foreach (var candidate in candidates)
        {
            if (candidate.Length > longest) continue;
            var distance = Distance(plain, Plain(candidate));
            if (distance >= bestDistance) continue;
            (best, bestDistance) = (candidate, distance);
        }

        return best;
    }

    /// <summary>The question, ready to print, or null.</summary>
    public static string? Sentence(string written, IEnumerable<string> candidates) => Question(Find(written, candidates));

    /// <summary>The question about a word that was found, or null.</summary>
    public static string? Question(string? word) => word is null ? null : $"did you mean \"{word}\"?";

    private static string Plain(string word) =>
        new([.. word.Where(c => c is not ('-' or '_' or ' ')).Select(char.ToLowerInvariant)]);

    /// <summary>Optimal string alignment distance: insert, delete, replace, or swap two neighbours.</summary>
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                var least = Math.Min(replace, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) least = Math.Min(least, rows[i - 2, j - 2] + 1);
                rows[i, j] = least;
            }
        }

        return rows[a.Length, b.Length];
    }
}
