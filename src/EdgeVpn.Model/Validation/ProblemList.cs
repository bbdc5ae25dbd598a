using System.Collections.Immutable;

namespace EdgeVpn.Model.Validation;

/// <summary>Collects problems up to a bound, and remembers which places are unsound so that one slip is told once.</summary>
internal sealed class ProblemList
{
    /// <summary>Problems that are named.</summary>
    public const int MostProblems = 100;

    private readonly List<ConfigurationProblem> _problems = [];
    private readonly HashSet<string> _unsound = [];
    private bool _hasMore;

    public bool HasErrors { get; private set; }

    /// <summary>The document is refused and no more is named: looking on would only cost.</summary>
    public bool IsFull => HasErrors && _hasMore;

    public void Error(ProblemKind kind, JsonPath path, string sentence, string? mend = null)
    {
        HasErrors = true;
        Add(new ConfigurationProblem(ProblemSeverity.Error, kind, path, sentence, mend));
    }

    public void Warn(ProblemKind kind, JsonPath path, string sentence, string? mend = null) =>
        Add(new ConfigurationProblem(ProblemSeverity.Warning, kind, path, sentence, mend));

    /// <summary>The value at <paramref name="path"/> is a stand-in: nothing should be concluded from it.</summary>
    public void MarkUnsound(JsonPath path) => _unsound.Add(path.Text);

    /// <summary>False if the value at <paramref name="path"/>, or one around it, is a stand-in.</summary>
    public bool IsSound(JsonPath path)
    {
        if (_unsound.Count == 0) return true;
        var text = path.Text;
        for (var end = text.Length; end > 0; end = text.AsSpan(0, end).LastIndexOfAny('.', '['))
            if (_unsound.Contains(text[..end])) return false;
        return true;
    }

    /// <summary>Errors first, then by place in the document's order of discovery.</summary>
    public ImmutableArray<ConfigurationProblem> ToImmutable()
    {
        var sorted = _problems.OrderByDescending(p => p.Severity).ToList();
        if (_hasMore)
            sorted.Add(new(HasErrors ? ProblemSeverity.Error : ProblemSeverity.Warning, ProblemKind.TooMuch, JsonPath.Root, $"There are more problems than these {MostProblems}."));
        return [.. sorted];
    }

    private void Add(ConfigurationProblem problem)
    {
        if (_problems.Count < MostProblems) _problems.Add(problem);
        else _hasMore = true;
    }
}
