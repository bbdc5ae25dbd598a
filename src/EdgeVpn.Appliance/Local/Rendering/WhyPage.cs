using System.Collections.Immutable;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Local.Rendering;

/// <summary>What <c>edgevpn why</c> and <c>edgevpn explain</c> print for people.</summary>
public static class WhyPage
{
    public static void Write(Page page, WhyReport report)
    {
        page.Line(Ink.Strong(report.Connection), report.Healthy ? Ink.Good(" works") : Ink.Bad(" does not work"));
        page.Table("  ", [.. report.Steps.Select(step => (IReadOnlyList<Ink>)[Mark(page, step.Result), Words(step.Name), Ink.Faint(step.Detail ?? "")])]);
        if (report.Reason is not { } reason) return;
        page.Line();
        Reason(page, reason.Digits, reason.Code, reason.Sentence, reason.Detail);
        Rest(page, report.Check, report.Azure);
    }

    /// <summary>What is wrong with the box itself.</summary>
    public static void Write(Page page, BoxTrouble box)
    {
        page.Line(Ink.Strong("the box itself"));
        Reason(page, box.Reason.Digits, box.Reason.Code, box.Reason.Sentence, box.Reason.Detail);
        Rest(page, box.Check, null);
    }

    /// <summary>A reason of the catalogue by itself.</summary>
    public static void Write(Page page, Reason reason)
    {
        Reason(page, reason.Digits, reason.Name, reason.Sentence, Expectation(reason));
        Rest(page, reason.Check, reason.Azure);
    }

    private static void Reason(Page page, int digits, string name, string sentence, string? detail)
    {
        page.Line(Ink.Bad($"{digits} {name}"), $": {sentence}");
        if (detail is not null) page.Line(detail);
    }

    private static void Rest(Page page, ImmutableArray<string> check, AzureError? azure)
    {
        if (!check.IsEmpty)
        {
            page.Line();
            page.Line("What to check:");
            page.Table("  ", [.. check.Select((line, i) => (IReadOnlyList<Ink>)[$"{i + 1}.", line])]);
        }

        if (azure is null) return;
        page.Line();
        page.Line($"Azure calls it {azure.Code}: {azure.Text}");
    }

    private static string Expectation(Reason reason) =>
        $"Shown by the {reason.Light.ToString().ToLowerInvariant()} light. " + reason.Severity switch
        {
            ReasonSeverity.Notice => "Everything works, but a person should look.",
            ReasonSeverity.Trouble => "It may pass by itself: the box keeps trying.",
            ReasonSeverity.Refusal => "Waiting does not help: something must be changed at one end.",
            _ => "The box itself is at fault.",
        };

    private static Ink Mark(Page page, WhyResult result) => result switch
    {
        WhyResult.Ok => Ink.Good(page.Symbols ? "✓" : "ok"),
        WhyResult.Failed => Ink.Bad(page.Symbols ? "✗" : "FAILED"),
        WhyResult.Skipped => Ink.Faint("-"),
        _ => Ink.Warning("?"),
    };

    internal static string Words(WhyStepName step) => step switch
    {
        WhyStepName.Cable => "cable",
        WhyStepName.Address => "address",
        WhyStepName.Gateway => "next hop answers",
        WhyStepName.Name => "peer's name resolves",
        WhyStepName.Internet => "internet beyond",
        WhyStepName.Udp500 => "UDP 500 to the peer",
        WhyStepName.Udp4500 => "UDP 4500 to the peer",
        WhyStepName.Peer => "peer agrees to proposals",
        WhyStepName.Authentication => "authentication",
        WhyStepName.Selectors => "traffic selectors",
        WhyStepName.Lasting => "stays up",
        WhyStepName.Traffic => "packets come back",
        WhyStepName.PathMtu => "path MTU",
        WhyStepName.Probe => "probes answer",
        _ => step.ToString(),
    };
}
