using System.Runtime.CompilerServices;
using System.Threading.Channels;
using EdgeVpn.Appliance.Local;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

/// <summary>A daemon that answers as it is told.</summary>
internal sealed class FakeBox : IControlHandler
{
    private readonly Channel<BoxEvent> _events = Channel.CreateUnbounded<BoxEvent>();
    private int _watching;

    public List<ControlRequest> Requests { get; } = [];

    public Func<ControlRequest, CancellationToken, ValueTask<ControlAnswer>> Answer { get; set; } = static (request, _) => new(request.Command switch
    {
        ControlCommand.Status => ControlAnswer.Of(Samples.Status),
        ControlCommand.Why => ControlAnswer.Of(new WhyAnswer { Reports = [Samples.WrongSecret] }),
        ControlCommand.Lights => ControlAnswer.Of(Samples.Status.Lights),
        ControlCommand.Up or ControlCommand.Down or ControlCommand.Rekey or ControlCommand.Press => ControlAnswer.Done($"{request.Command} done"),
        _ => ControlAnswer.Failed(ControlErrorCode.UnknownCommand, $"There is no command \"{request.Command}\"."),
    });

    /// <summary>Completes when somebody watches.</summary>
    public TaskCompletionSource Watched { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a watcher's stream is over.</summary>
    public TaskCompletionSource Unwatched { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Watching => Volatile.Read(ref _watching);

    public void Publish(BoxEvent happened) => Assert.True(_events.Writer.TryWrite(happened));

    public void EndStream() => _events.Writer.TryComplete();

    public ValueTask<ControlAnswer> HandleAsync(ControlRequest request, CancellationToken cancel)
    {
        lock (Requests) Requests.Add(request);
        return Answer(request, cancel);
    }

    public async IAsyncEnumerable<BoxEvent> Watch([EnumeratorCancellation] CancellationToken cancel)
    {
        Interlocked.Increment(ref _watching);
        Watched.TrySetResult();
        try
        {
            await foreach (var happened in _events.Reader.ReadAllAsync(cancel)) yield return happened;
        }
        finally
        {
            Interlocked.Decrement(ref _watching);
            Unwatched.TrySetResult();
        }
    }
}
