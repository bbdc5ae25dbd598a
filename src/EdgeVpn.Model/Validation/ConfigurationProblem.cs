namespace EdgeVpn.Model.Validation;

/// <summary>How bad a problem is.</summary>
public enum ProblemSeverity
{
    /// <summary>Works, but a person should look.</summary>
    Warning,

    /// <summary>The document is refused.</summary>
    Error,
}

/// <summary>What kind of problem it is, for programs.</summary>
public enum ProblemKind
{
    /// <summary>Not JSON.</summary>
    Syntax,

    /// <summary>More octets than allowed.</summary>
    TooLarge,

    /// <summary>More nesting, or more problems, than are looked at.</summary>
    TooMuch,

    /// <summary>A field nobody knows.</summary>
    UnknownField,

    /// <summary>A field written twice.</summary>
    DuplicateField,

    /// <summary>A field that must be there.</summary>
    MissingField,

    /// <summary>A string where a number belongs, and the like.</summary>
    WrongType,

    /// <summary>A value that cannot be read, or lies outside its bounds.</summary>
    BadValue,

    /// <summary>Two values that do not go together.</summary>
    Contradiction,

    /// <summary>A name that leads nowhere.</summary>
    UnknownName,

    /// <summary>An algorithm or a secret weaker than it should be.</summary>
    Weak,

    /// <summary>Something the peer will not take, or that will have no effect.</summary>
    Doubtful,

    /// <summary>Understood and kept, but this version does not act on it.</summary>
    NotActedOn,
}

/// <summary>One thing that is wrong with a document.</summary>
/// <param name="Severity">Error: the document is refused.</param>
/// <param name="Kind">For programs.</param>
/// <param name="Path">Where.</param>
/// <param name="Sentence">What is wrong; begins with a capital letter, ends with a full stop, names no secret.</param>
/// <param name="Mend">What to do, where it is obvious: "did you mean …?"</param>
public sealed record ConfigurationProblem(ProblemSeverity Severity, ProblemKind Kind, JsonPath Path, string Sentence, string? Mend = null)
{
    /// <summary>One line: path, sentence, mend.</summary>
    public override string ToString() =>
        $"{(Severity == ProblemSeverity.Error ? "error" : "warning")}: {Path}: {Sentence}{(Mend is null ? "" : $" ({Mend})")}";
}
