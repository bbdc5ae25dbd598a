using EdgeVpn.Demo.Screens;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Demo.Story;

/// <summary>Plays the chapters one after the other and keeps the score.</summary>
public sealed class Teller
{
    private readonly IScreen _screen;
    private readonly StoryClock _clock;
    private readonly List<ChapterResult> _results;

    public Teller(IScreen screen, StoryClock clock, IEnumerable<Chapter> chapters)
    {
        _screen = screen;
        _clock = clock;
        _results = [.. chapters.Select(chapter => new ChapterResult(chapter.Title, ChapterState.Waiting, "", TimeSpan.Zero))];
        _screen.Chapters([.. _results], null);
    }

    public IReadOnlyList<ChapterResult> Results => _results;

    public bool AllPassed => _results.All(result => result.State == ChapterState.Passed);

    /// <summary>After an essential chapter that failed, the rest is left out.</summary>
    /// <exception cref="OperationCanceledException">Interrupted; a chapter may still be on its way and ends with the lab.</exception>
    public async Task TellAsync(IReadOnlyList<Chapter> chapters, CancellationToken cancel)
    {
        for (var at = 0; at < chapters.Count; at++)
        {
            await PlayAsync(at, chapters[at], cancel);
            if (_results[at].State != ChapterState.Failed || !chapters[at].IsEssential) continue;
            for (var rest = at + 1; rest < chapters.Count; rest++) Set(rest, ChapterState.Skipped, "not played", TimeSpan.Zero);
            return;
        }
    }

    /// <summary>A chapter that is told when the others are over, whatever came of them.</summary>
    public void Epilogue(string title, string figure, string? problem)
    {
        _results.Add(new ChapterResult(title, ChapterState.Playing, "", TimeSpan.Zero));
        Set(_results.Count - 1, problem is null ? ChapterState.Passed : ChapterState.Failed, problem ?? figure, TimeSpan.Zero);
    }

    private async Task PlayAsync(int at, Chapter chapter, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        Set(at, ChapterState.Playing, "", TimeSpan.Zero);
        var start = _clock.Elapsed;
        try
        {
            var figure = await chapter.PlayAsync(cancel).WaitAsync(cancel);
            Set(at, ChapterState.Passed, figure, _clock.Elapsed - start);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure)
        {
            // Whatever it was, it is this chapter that failed: it is told, and the lab is taken down in order.
            var what = failure is ChapterFailedException or TimeoutException or ToolFailedException ? failure.Message : failure.ToString();
            _screen.Say(what);
            Set(at, ChapterState.Failed, what.Split('\n')[0], _clock.Elapsed - start);
        }
    }

    private void Set(int at, ChapterState state, string figure, TimeSpan took)
    {
        _results[at] = _results[at] with { State = state, Figure = figure, Took = took };
        _screen.Chapters([.. _results], _results[at]);
    }
}
