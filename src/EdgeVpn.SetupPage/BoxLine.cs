using System.Collections.Concurrent;
using System.Net.Sockets;
using EdgeVpn.SetupPage.Seam;

namespace EdgeVpn.SetupPage;

/// <summary>The daemon, as its page's server knows it: questions go out, answers come back in any order. When the daemon closes its end, it is over.</summary>
internal sealed class BoxLine(Socket daemon) : IDisposable
{
    private readonly FrameLine _line = new(daemon, Answer.MaxOctets);
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<Answer?>> _open = new();
    private uint _last;
    private volatile bool _isOver;

    /// <summary>Says that the page is served from now on.</summary>
    public Task GreetAsync() => _line.WriteAsync(new Question(0, QuestionKind.See, "", "", "", default).ToFrame(), CancellationToken.None);

    /// <returns>Null: the daemon has ended set-up mode, or itself.</returns>
    public async Task<Answer?> AskAsync(QuestionKind kind, string path, string cookie, string token, ReadOnlyMemory<byte> body)
    {
        var question = new Question(Interlocked.Increment(ref _last), kind, path, cookie, token, body);
        var answered = new TaskCompletionSource<Answer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[question.Number] = answered;
        try
        {
            await _line.WriteAsync(question.ToFrame(), CancellationToken.None).ConfigureAwait(false);
            return _isOver ? null : await answered.Task.ConfigureAwait(false);
        }
        catch (IOException)
        {
            return null;
        }
        finally
        {
            _open.TryRemove(question.Number, out _);
        }
    }

    /// <summary>Hands answers out until the daemon closes its end.</summary>
    public async Task ListenAsync()
    {
        while (await _line.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } frame)
            if (Answer.Read(frame) is { } answer && _open.TryRemove(answer.Number, out var asked)) asked.SetResult(answer);
        _isOver = true; // before the last look at what is open: who asks after it sees this
        foreach (var asked in _open.Values) asked.TrySetResult(null);
    }

    public void Dispose() => _line.Dispose();
}
