using EdgeVpn.Board.Drawing;
using EdgeVpn.Demo.Cast;
using EdgeVpn.Demo.Story;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgeVpn.Demo.Screens;

/// <summary>One screen, drawn ten times a second: lights, chapters, IKE messages and what is going on.</summary>
public sealed class LiveScreen : IScreen
{
    /// <summary>Below this the panels do not fit, and lines tell more.</summary>
    public const int MinWidth = 90, MinHeight = 26;

    private const int LightsHeight = 8, NewsHeight = 8;
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(100); // the fastest light changes every 100 ms

    private readonly IAnsiConsole _console;
    private readonly StoryClock _clock;
    private readonly string _title;
    private readonly Lock _lock = new();
    private readonly LinkedList<string> _ike = new();
    private readonly LinkedList<string> _news = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _drawing;
    private IReadOnlyList<ChapterResult> _chapters = [];
    private PanelReading _panel = PanelReading.Dark;

    public LiveScreen(IAnsiConsole console, StoryClock clock, string title)
    {
        _console = console;
        _clock = clock;
        _title = title;
        _drawing = Task.Run(DrawAsync);
    }

    public static bool Fits(IAnsiConsole console) =>
        console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi && console.Profile.Width >= MinWidth && console.Profile.Height >= MinHeight;

    public void Chapters(IReadOnlyList<ChapterResult> chapters, ChapterResult? changed)
    {
        lock (_lock) _chapters = chapters;
    }

    public void Say(string line) => Add(_news, line);

    public void Ike(string line) => Add(_ike, line);

    public void Lights(PanelReading panel)
    {
        lock (_lock) _panel = panel;
        Say($"lights: {panel}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested) await _stop.CancelAsync();
        await _drawing;
        _stop.Dispose();
    }

    private void Add(LinkedList<string> lines, string line)
    {
        lock (_lock)
        {
            lines.AddLast($"{_clock.Elapsed.TotalSeconds,5:0.0}  {line}");
            while (lines.Count > _console.Profile.Height) lines.RemoveFirst();
        }
    }

    private async Task DrawAsync()
    {
        // The alternate screen gives the terminal back as it was; the summary is printed below what stood there before.
        _console.Write(new ControlCode("\e[?1049h\e[?25l\e[H"));
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                _console.Write(new ControlCode("\e[H"));
                _console.Write(Picture());
                await Task.Delay(Frame, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            _console.Write(new ControlCode("\e[?25h\e[?1049l"));
        }
    }

    private Layout Picture()
    {
        lock (_lock)
        {
            // One row is kept free: writing into the last one would scroll.
            var height = Math.Max(MinHeight, _console.Profile.Height) - 1;
            var middle = height - LightsHeight - NewsHeight - 2;
            var screen = new Layout().SplitRows(
                new Layout("lights").Size(LightsHeight),
                new Layout("story").SplitColumns(new Layout("chapters").Ratio(3), new Layout("ike").Ratio(4)),
                new Layout("news").Size(NewsHeight));
            screen["lights"].Update(Framed($"[bold]{Markup.Escape(_title)}[/] {_clock.Elapsed.TotalSeconds:0} s", LightsPanel()));
            screen["chapters"].Update(Framed("the story", Rows(_chapters.Select(Tick), middle)));
            screen["ike"].Update(Framed("edgevpn watch", Rows(_ike.Select(Markup.Escape), middle)));
            screen["news"].Update(Framed("what is going on", Rows(_news.Select(Markup.Escape), NewsHeight - 2)));
            return screen;
        }
    }

    private Markup LightsPanel()
    {
        var text = Markup.Escape(PanelText.Explained(_panel.Snapshot(_clock.Elapsed)).TrimEnd());
        return new Markup(text.Replace("(*)", "[green]●[/]", StringComparison.Ordinal).Replace("( )", "[grey]○[/]", StringComparison.Ordinal));
    }

    private static Panel Framed(string header, IRenderable content) => new Panel(content).Header(header).Expand().RoundedBorder();

    private static Rows Rows(IEnumerable<string> lines, int count) =>
        new(lines.TakeLast(count).Select(line => new Markup(line).Overflow(Overflow.Ellipsis)));

    private static string Tick(ChapterResult chapter) => chapter.State switch
    {
        ChapterState.Playing => $"[yellow]▸ {Markup.Escape(chapter.Title)}[/]",
        ChapterState.Passed => $"[green]✓[/] {Markup.Escape(chapter.Title)} [grey]{Markup.Escape(chapter.Figure)}[/]",
        ChapterState.Failed => $"[red]✗ {Markup.Escape(chapter.Title)}[/]",
        _ => $"[grey]· {Markup.Escape(chapter.Title)}[/]",
    };
}
