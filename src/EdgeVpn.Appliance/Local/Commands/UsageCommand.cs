using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Usage;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>What <c>usage</c> prints for scripts.</summary>
/// <param name="Since">When the box began to count.</param>
/// <param name="Months">Tunnels by month.</param>
/// <param name="Estimate">What the chosen month costs; null without a price sheet.</param>
/// <param name="Notes">What a person should know.</param>
public sealed record UsageAnswer(DateTimeOffset Since, ImmutableArray<UsageMonth> Months, UsageEstimate? Estimate, ImmutableArray<string> Notes);

/// <summary><c>edgevpn usage</c>: hours and octets, and what they cost.</summary>
internal static class UsageCommand
{
    public static Command Make(CommandContext context)
    {
        var month = new Option<string?>("--month") { HelpName = "YYYY-MM", Description = "One month. Default: the newest." };
        var prices = new Option<string?>("--prices") { HelpName = "FILE", Description = "A price sheet: currency, gatewayHour by SKU, egressPerGigabyte by class; README.md shows one." };
        var sku = new Option<string?>("--sku") { HelpName = "NAME", Description = "The gateway's SKU, for --prices. Default: the sheet's only one." };
        var state = new Option<string>("--state") { HelpName = "DIR", Description = "Where the meter's file is, if the daemon does not run.", DefaultValueFactory = _ => DaemonOptions.StandardStateFolder };
        var command = new EdgeCommand(
            "usage", "Show hours and octets of every tunnel by month, and what a gateway's month costs by a price sheet.", "edgevpn usage", "edgevpn usage --prices prices.json --sku VpnGw1AZ", "edgevpn usage --json")
        {
            month, prices, sku, state, context.Control, context.Json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(sku) is not null && result.GetValue(prices) is null) result.AddError("--sku is about --prices.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            PriceSheet? sheet = null;
            if (parsed.GetValue(prices) is { } file)
            {
                if (DocumentFile.Read(context.Terminal, file, out var trouble) is not { } octets) return context.Fail(parsed, trouble!, ExitCode.Failed);
                if ((sheet = PriceSheet.Read(octets, out var problem)) is null) return context.Fail(parsed, new ControlError("prices", $"{file}: {problem}"), ExitCode.Usage);
            }

            try
            {
                var usage = await ReadAsync(context, parsed, parsed.GetValue(state)!, cancel).ConfigureAwait(false);
                if (usage is null) return context.Fail(parsed, new ControlException(ControlFault.NotRunning, "The daemon is not running, and nothing was counted yet."));
                return Show(context, parsed, usage, parsed.GetValue(month), sheet, parsed.GetValue(sku));
            }
            catch (ControlException fault)
            {
                return context.Fail(parsed, fault);
            }
        });
        return command;
    }

    /// <summary>The daemon's numbers; without a daemon, what it wrote down.</summary>
    private static async Task<UsageDocument?> ReadAsync(CommandContext context, ParseResult parsed, string state, CancellationToken cancel)
    {
        try
        {
            var answer = await context.Client(parsed).AskAsync(new(ControlCommand.Usage), cancel).ConfigureAwait(false);
            if (answer.Error is { } error) throw new ControlException(error.Code == ControlErrorCode.Forbidden ? ControlFault.Forbidden : ControlFault.Lost, error.Message);
            return UsageDocument.Read(System.Text.Encoding.UTF8.GetBytes(answer.Result!.Value.GetRawText())) ?? throw new ControlException(ControlFault.Garbled, "The daemon's answer cannot be read; is it of the same version as this command?");
        }
        catch (ControlException fault) when (fault.Fault == ControlFault.NotRunning)
        {
            var file = Path.Combine(state, UsageDocument.FileName);
            return File.Exists(file) && DocumentFile.Read(context.Terminal, file, UsageDocument.MaxFileOctets, out _) is { } octets ? UsageDocument.Read(octets) : null;
        }
    }

    private static int Show(CommandContext context, ParseResult parsed, UsageDocument usage, string? named, PriceSheet? sheet, string? sku)
    {
        var chosen = named is null ? usage.Months.LastOrDefault(m => m.Name != UsageMonth.UnknownName) ?? usage.Months.LastOrDefault() : usage.Months.FirstOrDefault(m => m.Name == named);
        if (named is not null && chosen is null)
            return context.Fail(parsed, new ControlError("month", $"Nothing was counted in {named}; there are {(usage.Months.IsEmpty ? "no months" : string.Join(", ", usage.Months.Select(m => m.Name)))}."), ExitCode.Usage);

        UsageEstimate? estimate = null;
        var notes = new List<string>();
        if (sheet is not null && chosen is not null)
        {
            sku ??= sheet.GatewayHour.Count == 1 ? sheet.GatewayHour.Keys.Single() : null;
            if (sku is null) return context.Fail(parsed, new ControlError("sku", $"Which gateway is it: --sku {string.Join(" | ", sheet.GatewayHour.Keys.Order(StringComparer.Ordinal))}."), ExitCode.Usage);
            estimate = UsageEstimate.Of(chosen.Tunnels, chosen.Name, sku, sheet, context.Terminal.Clock.GetUtcNow());
            if (estimate is null && chosen.Name != UsageMonth.UnknownName) return context.Fail(parsed, new ControlError("sku", $"The price sheet has no \"{sku}\"; it has {string.Join(", ", sheet.GatewayHour.Keys.Order(StringComparer.Ordinal))}."), ExitCode.Usage);
        }

        if (sku is not null && chosen is not null && AzureSku.Find(sku) is { } gateway) notes.AddRange(gateway.Outgrown(chosen.Tunnels));

        if (usage.Months.Any(m => m.Name == UsageMonth.UnknownName)) notes.Add("Some was counted before the clock was set; it stands under \"unknown\".");
        if (context.IsJson(parsed)) context.Write(new UsageAnswer(usage.Since, named is null ? usage.Months : [chosen!], estimate, [.. notes]), LocalJson.Pages.UsageAnswer);
        else Print(context, usage, chosen, estimate, notes);
        return ExitCode.Done;
    }

    private static void Print(CommandContext context, UsageDocument usage, UsageMonth? month, UsageEstimate? estimate, List<string> notes)
    {
        var page = context.Terminal.NewPage();
        page.Line(Ink.Strong(month?.Name ?? "nothing yet"), Ink.Faint($"   counted since {usage.Since:yyyy-MM-dd HH:mm} UTC"));
        if (month is not null)
        {
            page.Table("  ",
            [
                [Ink.Faint("tunnel"), Ink.Faint("hours"), Ink.Faint("from the peer"), Ink.Faint("to the peer"), Ink.Faint("busiest minute"), Ink.Faint("class")],
                .. month.Tunnels.Select(t => (IReadOnlyList<Ink>)
                [
                    Ink.Strong(t.Tunnel), (t.Seconds / 3_600).ToString("0.0", CultureInfo.InvariantCulture), Gigabytes(t.OctetsIn), Gigabytes(t.OctetsOut), Peak(t), Ink.Faint(UsageEstimate.Words(t.Class)),
                ]),
            ]);
        }

        if (estimate is not null)
        {
            page.Line();
            page.Table("  ",
            [
                [Ink.Faint(estimate.Currency), Ink.Faint("so far"), Ink.Faint("month"), Ink.Faint("")],
                .. estimate.Lines.Select(l => (IReadOnlyList<Ink>)
                [
                    l.What, Money(l.SoFar), Money(l.Month), Ink.Faint(string.Create(CultureInfo.InvariantCulture, $"{l.Quantity:0.###} {l.Unit} at {l.Price}")),
                ]),
                [Ink.Strong("together"), Ink.Strong(Money(estimate.SoFar)), Ink.Strong(Money(estimate.AtMonthEnd)), Ink.Faint("an estimate, not a bill")],
            ]);
        }

        foreach (var note in notes) page.Line(Ink.Warning("note"), $": {note}");
        context.Terminal.Write(page);
    }

    private static string Peak(TunnelUsage t) => t.PeakOctets == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{t.PeakOctets * 8 / 1e6:0.0} Mbit/s, {t.PeakPackets} packets/s");

    private static string Money(decimal amount) => amount.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Gigabytes(long octets) => octets < 1_000_000 ? $"{octets} octets" : (octets / 1e9).ToString("0.000 GB", CultureInfo.InvariantCulture);
}
