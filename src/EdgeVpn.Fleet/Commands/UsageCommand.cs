using System.CommandLine;
using System.Globalization;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Usage;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet usage</c>: what the boxes behind one gateway carried together, and what it costs.</summary>
internal static class UsageCommand
{
    private const int MaxFiles = 1_000;

    public static Command Make(FleetConsole console)
    {
        var files = new Argument<string[]>("FILES") { Description = "What `edgevpn usage --json` printed on each box; the file's name names the box.", Arity = ArgumentArity.OneOrMore };
        var month = new Option<string?>("--month") { HelpName = "YYYY-MM", Description = "Default: the newest in the files." };
        var prices = new Option<string?>("--prices") { HelpName = "FILE", Description = "A price sheet, as for `edgevpn usage`." };
        var sku = new Option<string?>("--sku") { HelpName = "NAME", Description = "The gateway's SKU: its price, and whether the fleet outgrows it." };
        var json = new Option<bool>("--json") { Description = "One JSON object, for scripts." };
        var command = new DetailedCommand("usage", "Adds up hours and octets of boxes behind one gateway, and estimates its month by a price sheet.",
            """
            Each file counts as one box. With --sku it says when the boxes are more than that gateway takes; with --prices too, what the
            month costs. Exit code: 0 done, 2 a file or an option cannot be used.

            Example: edgefleet usage lyon.json paris.json --prices prices.json --sku VpnGw1AZ
            """)
        { files, month, prices, sku, json };
        command.SetAction(parsed =>
        {
            var sheet = parsed.GetValue(prices) is { } named ? Prices(named) : null;
            var boxes = Boxes(parsed.GetRequiredValue(files));
            var chosen = parsed.GetValue(month) ?? boxes.SelectMany(b => b.Usage.Months).Select(m => m.Name).Where(n => n != UsageMonth.UnknownName).Max(StringComparer.Ordinal)
                ?? throw new UsageException("The files hold no month.");
            var tunnels = boxes.SelectMany(b => b.Usage.Months.Where(m => m.Name == chosen).SelectMany(m => m.Tunnels).Select(t => t with { Tunnel = $"{b.Name}/{t.Tunnel}" })).ToList();
            if (tunnels.Count == 0) throw new UsageException($"Nothing was counted in {chosen}.");
            var gateway = parsed.GetValue(sku) ?? (sheet?.GatewayHour.Count == 1 ? sheet.GatewayHour.Keys.Single() : null);
            if (sheet is not null && gateway is null) throw new UsageException($"Which gateway is it: --sku {string.Join(" | ", sheet.GatewayHour.Keys.Order(StringComparer.Ordinal))}.");
            var estimate = sheet is null ? null
                : UsageEstimate.Of(tunnels, chosen, gateway!, sheet, DateTimeOffset.UtcNow) ?? throw new UsageException($"The price sheet has no \"{gateway}\", or {chosen} is no month.");
            var notes = gateway is null ? [] : AzureSku.Find(gateway)?.Outgrown(tunnels) ?? [];
            if (parsed.GetValue(json)) console.Line(Json(chosen, tunnels, estimate, notes));
            else Print(console, chosen, boxes.Count, tunnels, estimate, notes);
            return ExitCode.Done;
        });
        return command;
    }

    private static List<(string Name, UsageDocument Usage)> Boxes(string[] files)
    {
        if (files.Length > MaxFiles) throw new UsageException($"{files.Length} files are more than {MaxFiles}.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        return
        [
            .. files.Select(file => (
                names.Add(Path.GetFileNameWithoutExtension(file)) ? Path.GetFileNameWithoutExtension(file) : throw new UsageException($"Two files are called {Path.GetFileName(file)}: the name is the box's."),
                UsageDocument.Read(Read(file)) ?? throw new UsageException($"{file} is not what `edgevpn usage --json` prints."))),
        ];
    }

    private static PriceSheet Prices(string file) => PriceSheet.Read(Read(file), out var problem) ?? throw new UsageException($"{file}: {problem}");

    private static byte[] Read(string file)
    {
        try
        {
            var length = new FileInfo(file).Length;
            return length <= UsageDocument.MaxFileOctets ? File.ReadAllBytes(file) : throw new UsageException($"{file} has {length} octets; at most {UsageDocument.MaxFileOctets} are read.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(Model.FileTrouble.Sentence(file, fault, Directory.Exists(file)));
        }
    }

    private static void Print(FleetConsole console, string month, int boxes, List<TunnelUsage> tunnels, UsageEstimate? estimate, IReadOnlyCollection<string> notes)
    {
        var count = tunnels.Select(t => t.Tunnel).Distinct(StringComparer.Ordinal).Count();
        console.Line($"{month}: {boxes} {(boxes == 1 ? "box" : "boxes")}, {count} {(count == 1 ? "tunnel" : "tunnels")}");
        foreach (var kind in tunnels.GroupBy(t => t.Class).OrderBy(g => g.Key))
            console.Line(string.Create(CultureInfo.InvariantCulture, $"  {UsageEstimate.Words(kind.Key)}: {kind.Sum(t => t.Seconds) / 3_600:0.0} h, {kind.Sum(t => (double)t.OctetsIn) / 1e9:0.000} GB from the cloud, {kind.Sum(t => (double)t.OctetsOut) / 1e9:0.000} GB to it"));
        foreach (var line in estimate?.Lines ?? [])
            console.Line(string.Create(CultureInfo.InvariantCulture, $"  {line.What}: {line.SoFar:0.00} so far, {line.Month:0.00} {estimate!.Currency} the month ({line.Quantity:0.###} {line.Unit} at {line.Price})"));
        if (estimate is not null)
            console.Line(string.Create(CultureInfo.InvariantCulture, $"  together: {estimate.SoFar:0.00} so far, {estimate.AtMonthEnd:0.00} {FleetConsole.Printable(estimate.Currency)} the month; an estimate, not a bill"), Tone.Good);
        foreach (var note in notes) console.Line(FleetConsole.Printable(note), Tone.Busy);
    }

    private static string Json(string month, List<TunnelUsage> tunnels, UsageEstimate? estimate, IReadOnlyCollection<string> notes) => JsonLine.Of(writer =>
    {
        writer.WriteString("month", month);
        writer.WriteNumber("tunnels", tunnels.Select(t => t.Tunnel).Distinct(StringComparer.Ordinal).Count());
        writer.WriteNumber("hours", tunnels.Sum(t => t.Seconds) / 3_600);
        writer.WriteNumber("octetsIn", tunnels.Sum(t => (decimal)t.OctetsIn));
        writer.WriteNumber("octetsOut", tunnels.Sum(t => (decimal)t.OctetsOut));
        if (estimate is not null)
        {
            writer.WriteString("currency", estimate.Currency);
            writer.WriteNumber("soFar", estimate.SoFar);
            writer.WriteNumber("atMonthEnd", estimate.AtMonthEnd);
        }

        if (notes.Count > 0) writer.WriteString("note", string.Join(' ', notes));
    });
}
