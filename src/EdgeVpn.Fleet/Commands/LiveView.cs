using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgeVpn.Fleet.Commands;

/// <summary>A table of boxes that changes in place, and the last lines of what happened.</summary>
internal sealed class LiveView(FleetConsole console) : IWatchView
{
    private const int MaxRows = 40; // what fits on a screen; --json has them all
    private const int MaxLines = 8;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly SortedDictionary<string, FleetBox> _boxes = new(StringComparer.Ordinal);
    private readonly Queue<string> _lines = new();

    public Task ShowAsync(OperatorSession session, CancellationToken cancel)
    {
        var ansi = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(console.Out),
            ColorSystem = console.HasColor ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        return ansi.Live(Draw()).AutoClear(false).StartAsync(async live =>
        {
            live.Refresh();
            while (true)
            {
                Take(await session.Messages.ReadAsync(cancel).ConfigureAwait(false));
                // A burst is drawn once.
                while (session.Messages.TryRead(out var message)) Take(message);
                live.UpdateTarget(Draw());
                live.Refresh();
                await Task.Delay(Pace, cancel).ConfigureAwait(false);
            }
        });
    }

    private void Take(TwinMessage message)
    {
        var key = message.Topic.Identity.ToString();
        if (!_boxes.TryGetValue(key, out var box)) _boxes[key] = box = new FleetBox(message.Topic.Identity);
        if (!box.Take(message)) return;
        if (message.Topic.Channel != TwinChannel.Events || box.LastEvent is not { } happened) return;
        _lines.Enqueue($"{message.At:HH:mm:ss} {key} {ReportText.Event(happened)}");
        while (_lines.Count > MaxLines) _lines.Dequeue();
    }

    private Rows Draw()
    {
        var table = new Table().RoundedBorder().AddColumns("box", "cloud", "document", "health", "connections", "traffic");
        foreach (var box in _boxes.Values.Take(MaxRows))
        {
            var report = box.Report;
            table.AddRow(
                new Text(box.Identity.ToString()),
                box.Online == true ? new Text("online", new Style(Color.Green)) : new Text("offline", new Style(Color.Red)),
                new Text(report is null ? "-" : ReportText.Document(report), new Style(Shade(report?.State))),
                new Text(report is null ? "-" : ReportText.Word(report.Health)),
                new Text(report is null ? "-" : string.Join("\n", report.Connections.Select(ReportText.Connection))),
                new Text(box.Telemetry is null ? "-" : ReportText.Telemetry(box.Telemetry)));
        }

        List<IRenderable> rows = [table];
        if (_boxes.Count > MaxRows) rows.Add(new Text($"and {_boxes.Count - MaxRows} more boxes"));
        if (_boxes.Count == 0) rows.Add(new Text("No box has said anything yet."));
        rows.AddRange(_lines.Select(line => new Text(line, new Style(Color.Grey))));
        return new Rows(rows);
    }

    private static Color Shade(DocumentState? state) => state switch
    {
        DocumentState.Confirmed => Color.Green,
        DocumentState.Refused or DocumentState.Reverted => Color.Red,
        null or DocumentState.None => Color.Grey,
        _ => Color.Yellow,
    };
}
