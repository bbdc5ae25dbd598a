using System.Collections.Immutable;
using System.CommandLine;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>A reason of the catalogue, for scripts.</summary>
public sealed record ReasonExplanation(
    string Code, int Digits, string Light, string Severity, string Sentence, ImmutableArray<string> Check, AzureError? Azure)
{
    public static ReasonExplanation Of(Reason reason) => new(
        reason.Name, reason.Digits, reason.Light.ToString().ToLowerInvariant(), reason.Severity.ToString().ToLowerInvariant(),
        reason.Sentence, reason.Check, reason.Azure);
}

/// <summary><c>edgevpn explain</c>: needs no box.</summary>
internal static class ExplainCommand
{
    public static Command Make(CommandContext context)
    {
        var code = new Argument<string?>("CODE") { HelpName = "CODE", Description = "Two digits as the lights blink them, or the reason's name. Default: list all.", Arity = ArgumentArity.ZeroOrOne };
        code.CompletionSources.Add(_ => ReasonCatalog.All.Select(reason => reason.Name));
        var command = new EdgeCommand("explain", "Explain a code read off the lights: what it means, what to check, and Azure's name for it.", "edgevpn explain 33", "edgevpn explain wrong-secret")
        {
            code, context.Json,
        };
        command.SetAction(parsed => parsed.GetValue(code) is { } written ? One(context, parsed, written) : All(context, parsed));
        return command;
    }

    private static int One(CommandContext context, ParseResult parsed, string written)
    {
        if (ReasonCatalog.Find(written, out var meant) is not { } reason)
        {
            var mend = meant is null ? "`edgevpn explain` lists all." : $"Did you mean \"{meant}\"?";
            return context.Fail(parsed, new ControlError("unknown-reason", $"There is no reason \"{written}\"."), ExitCode.Usage, mend);
        }

        if (context.IsJson(parsed))
        {
            context.Write(ReasonExplanation.Of(reason), LocalJson.Pages.ReasonExplanation);
            return ExitCode.Done;
        }

        var page = context.Terminal.NewPage();
        WhyPage.Write(page, reason);
        context.Terminal.Write(page);
        return ExitCode.Done;
    }

    private static int All(CommandContext context, ParseResult parsed)
    {
        if (context.IsJson(parsed))
        {
            context.Write([.. ReasonCatalog.All.Select(ReasonExplanation.Of)], LocalJson.Pages.ImmutableArrayReasonExplanation);
            return ExitCode.Done;
        }

        var page = context.Terminal.NewPage();
        page.Table("", [.. ReasonCatalog.All.Select(reason => (IReadOnlyList<Ink>)[Ink.Strong($"{reason.Digits}"), reason.Name, Ink.Faint(reason.Sentence)])]);
        context.Terminal.Write(page);
        return ExitCode.Done;
    }
}
