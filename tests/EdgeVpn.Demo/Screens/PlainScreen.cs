using EdgeVpn.Board.Drawing;
using EdgeVpn.Demo.Cast;
using EdgeVpn.Demo.Story;

namespace EdgeVpn.Demo.Screens;

/// <summary>Lines with a time each: for logs, pipes and small terminals.</summary>
public sealed class PlainScreen(TextWriter output, StoryClock clock) : IScreen
{
    private readonly Lock _lock = new();

    public void Chapters(IReadOnlyList<ChapterResult> chapters, ChapterResult? changed)
    {
        switch (changed?.State)
        {
            case ChapterState.Playing:
                Line("==", changed.Title);
                break;
            case ChapterState.Passed:
                Line("ok", $"{changed.Title}: {changed.Figure}");
                break;
            case ChapterState.Failed:
                Line("FAILED", $"{changed.Title}: {changed.Figure}");
                break;
        }
    }

    public void Say(string line) => Line("", line);

    public void Ike(string line) => Line("ike", line);

    public void Lights(PanelReading panel)
    {
        Line("lights", PanelText.Line(panel.Snapshot(clock.Elapsed)));
        Line("", panel.ToString());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Line(string kind, string text)
    {
        lock (_lock) output.WriteLine($"{clock.Elapsed.TotalSeconds,6:0.0} s  {kind,-7}{text}");
    }
}
