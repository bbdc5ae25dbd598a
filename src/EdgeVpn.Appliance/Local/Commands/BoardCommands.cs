using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Board;
using EdgeVpn.Board.Definitions;
using EdgeVpn.Board.Drawing;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn board show|lights|press</c>.</summary>
internal static class BoardCommands
{
    private static readonly TimeSpan s_longestPress = TimeSpan.FromMinutes(1); // twice what any gesture needs

    public static Command Make(CommandContext context) => new EdgeCommand(
        "board", "The box's lights and button.", "edgevpn board show")
    {
        Show(context), Lights(context), Press(context),
    };

    private static EdgeCommand Show(CommandContext context)
    {
        var board = new Option<string?>("--board") { HelpName = "NAME|FILE", Description = "Another board than this machine's." };
        board.CompletionSources.Add(_ => BoardCatalog.Names);
        var card = new Option<bool>("--card") { Description = "Print the card to put beside the box, as SVG." };
        var command = new EdgeCommand(
            "show", "Draw the board: lights, button, wiring, ports.", "edgevpn board show --board raspberry-pi-4", "edgevpn board show --card > card.svg")
        {
            board, card, context.Json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(card) && result.GetValue(context.Json)) result.AddError("A card is SVG, not JSON.");
        });
        command.SetAction(parsed => Draw(context, parsed, parsed.GetValue(board), parsed.GetValue(card)));
        return command;
    }

    private static EdgeCommand Lights(CommandContext context)
    {
        var command = new EdgeCommand("lights", "Say what the lights show now, and what that means.", "edgevpn board lights") { context.Json, context.Control };
        command.SetAction((parsed, cancel) => context.AskAsync(
            parsed, new(ControlCommand.Lights), "asking the daemon", LocalJson.Lines.LightsStatus,
            (lights, page) =>
            {
                if (lights.Only is { } only)
                    page.Line(Ink.Strong("status"), $" {only}", Ink.Faint(": the first of fault, set-up, wan, vpn, cloud that is not steady. Four lights would show:"));
                page.Table("", [Row(Light.Power, lights.Power), Row(Light.Wan, lights.Wan), Row(Light.Vpn, lights.Vpn), Row(Light.Cloud, lights.Cloud)]);
                if (lights.Code is { } code) page.Line(Ink.Bad($"fault {code}"), ReasonCatalog.ByDigits(code) is { } reason ? $": {reason.Sentence}" : "", Ink.Faint($" edgevpn explain {code}"));
                return ExitCode.Done;
            },
            cancel));
        return command;
    }

    private static EdgeCommand Press(CommandContext context)
    {
        var duration = new Argument<TimeSpan>("DURATION") { Description = "How long: 0.5s, 3s, 500ms.", CustomParser = Duration };
        var command = new EdgeCommand("press", "Press the button of a virtual board.", "edgevpn board press 0.5s", "edgevpn board press 3s")
        {
            duration, context.Json, context.Control,
        };
        command.SetAction((parsed, cancel) => ConnectionCommands.AskAsync(
            context, parsed,
            ControlRequest.Of(ControlCommand.Press, (ControlArgument.Seconds, parsed.GetRequiredValue(duration).TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture))),
            "pressing", cancel));
        return command;
    }

    private static int Draw(CommandContext context, ParseResult parsed, string? named, bool card)
    {
        var reading = named is null ? BoardCatalog.OfThisMachine() : BoardCatalog.Load(named);
        if (reading.Definition is not { } definition)
            return context.Fail(parsed, new ControlError("board", string.Join("; ", reading.Problems)), ExitCode.Usage);
        if (context.IsJson(parsed)) context.Write(definition, LocalJson.Pages.BoardDefinition);
        else if (card) context.Terminal.Out.WriteLine(BoardCard.Svg(definition, [.. ReasonCatalog.All.Select(reason => (reason.Digits, reason.Sentence))]));
        else context.Terminal.Out.Write(BoardText.Draw(definition));
        return ExitCode.Done;
    }

    private static IReadOnlyList<Ink> Row(Light light, string pattern)
    {
        var meaning = PanelLegend.Lights.FirstOrDefault(row => row.Light == light && row.Pattern.Name == pattern)?.Meaning;
        return [Ink.Strong(LightNames.Of(light)), pattern, Ink.Faint(meaning ?? "")];
    }

    private static TimeSpan Duration(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var (number, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 0.001) : text.EndsWith('s') ? (text[..^1], 1) : (text, 1);
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value > 0 && value * unit <= s_longestPress.TotalSeconds)
            return TimeSpan.FromSeconds(value * unit);
        result.AddError($"'{text}' is no duration of a press: 0.5s, 3s, 500ms, at most {s_longestPress.TotalSeconds:0}s.");
        return default;
    }
}
