using System.Collections.Immutable;

namespace EdgeVpn.Model.Reasons;

/// <summary>What to expect of a reason.</summary>
public enum ReasonSeverity
{
    /// <summary>Works, but a person should look.</summary>
    Notice,

    /// <summary>May pass by itself: the box keeps trying.</summary>
    Trouble,

    /// <summary>Someone said no, and will again until something is changed at one end.</summary>
    Refusal,

    /// <summary>The box itself is at fault.</summary>
    Fault,
}

/// <summary>The light that shows a reason.</summary>
public enum ReasonLight
{
    Power,
    Wan,
    Vpn,
    Cloud,
}

/// <summary>What Azure's IKEDiagnosticLog says about the same event.</summary>
/// <param name="Code">Azure's number.</param>
/// <param name="Text">Azure's words.</param>
public sealed record AzureError(int Code, string Text);

/// <summary>Why something does not work, the same in lights, page, <c>why</c>, <c>reported</c> and logs.</summary>
/// <param name="Name">Stable, lower case with hyphens; for programs.</param>
/// <param name="Digits">Two digits from 1 to 9, as the lights blink them.</param>
/// <param name="Light">The light concerned.</param>
/// <param name="Severity">Whether waiting helps.</param>
/// <param name="Sentence">What is the matter.</param>
/// <param name="Check">What to look at, most likely first.</param>
/// <param name="Azure">Azure's view of it, where it has one.</param>
public sealed record Reason(
    string Name, int Digits, ReasonLight Light, ReasonSeverity Severity, string Sentence, ImmutableArray<string> Check, AzureError? Azure = null)
{
    /// <summary>Digits and name: <c>33 wrong-secret</c>.</summary>
    public override string ToString() => $"{Digits} {Name}";
}
