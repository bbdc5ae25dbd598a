using System.Text.Json;
using System.Threading.Channels;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>What came of an order.</summary>
/// <param name="Done">It did what it says.</param>
/// <param name="Text">The answer: a line, JSON, or lines of a log.</param>
/// <param name="Reason">Why not, where the catalogue has it.</param>
public sealed record CommandOutcome(bool Done, string Text, ReportedReason? Reason = null);

/// <summary>Does what orders say. What an order can cause is an outcome.</summary>
public interface ICommandHandler
{
    /// <summary>The orders it knows.</summary>
    IReadOnlyList<string> Commands { get; }

    /// <param name="command">For this box, authentic, not done before.</param>
    /// <param name="signer">Who signed it.</param>
    /// <param name="cancel">The box stops.</param>
    ValueTask<CommandOutcome> RunAsync(CommandDocument command, P256Key signer, CancellationToken cancel);
}

/// <summary>Takes orders one after the other, remembers them on disk before it does them, and answers in parts.</summary>
public sealed class CommandDesk
{
    private const int MaxWaiting = 8;

    /// <summary>Orders in a burst, and how soon one more: an operator's script gone wild does not keep a box busy.</summary>
    private const int Burst = 20;

    private static readonly TimeSpan Refill = TimeSpan.FromSeconds(1);

    /// <summary>Parts of an answer in one go, and the pause before more: 32 KB a second leave room on a branch's uplink.</summary>
    private const int PartsAtOnce = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CommandGate _gate;
    private readonly ICommandHandler _handler;
    private readonly ITwinStore _store;
    private readonly TimeProvider _time;
    private readonly Channel<(string Name, ReadOnlyMemory<byte> Payload)> _orders =
        Channel.CreateBounded<(string, ReadOnlyMemory<byte>)>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    private double _tokens = Burst;
    private long _filledAt;

    public CommandDesk(TwinIdentity identity, Func<IReadOnlyCollection<P256Key>> trusted, ICommandHandler handler, ITwinStore store, TimeProvider time)
    {
        var floor = store.Read(TwinFile.Commands) is { } octets && CommandFloor.Read(octets.Span) is { } at ? at : DateTimeOffset.MinValue;
        _gate = new CommandGate(identity, trusted, floor);
        (_handler, _store, _time, _filledAt) = (handler, store, time, time.GetTimestamp());
    }

    /// <summary>An order as it came; one too many is dropped. Any thread.</summary>
    public void Order(string name, ReadOnlyMemory<byte> payload) => _orders.Writer.TryWrite((name, payload));

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    /// <param name="respond">Sends one part of the answer to an id.</param>
    /// <param name="notice">For logs.</param>
    /// <param name="stop">The end.</param>
    public async Task RunAsync(Action<string, byte[]> respond, Action<CloudNotice> notice, CancellationToken stop)
    {
        await Task.Yield();
        try
        {
            await foreach (var (name, payload) in _orders.Reader.ReadAllAsync(stop).ConfigureAwait(false))
            {
                if (!Spend())
                {
                    notice(new CloudNotice.Ordered(name, "came too soon after many others."));
                    continue;
                }

                switch (_gate.Judge(name, payload, _time.GetUtcNow()))
                {
                    case CommandVerdict.Take take:
                        var outcome = await DoAsync(take, stop).ConfigureAwait(false);
                        notice(new CloudNotice.Ordered(name, outcome.Done ? null : outcome.Text));
                        await AnswerAsync(take.Command.Id, outcome, respond, stop).ConfigureAwait(false);
                        break;
                    case CommandVerdict.Refuse refuse:
                        notice(new CloudNotice.Ordered(name, refuse.Problem));
                        await AnswerAsync(refuse.Command.Id, new CommandOutcome(false, "The command " + refuse.Problem), respond, stop).ConfigureAwait(false);
                        break;
                    case CommandVerdict.Ignore ignore:
                        notice(new CloudNotice.Ordered(name, ignore.Problem));
                        break;
                    default:
                        throw new InvalidOperationException("A verdict takes, refuses or ignores.");
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async ValueTask<CommandOutcome> DoAsync(CommandVerdict.Take take, CancellationToken stop)
    {
        if (!_handler.Commands.Contains(take.Command.Name)) return new CommandOutcome(false, $"This box does not know '{take.Command.Name}'; it knows {string.Join(", ", _handler.Commands)}.");
        try
        {
            // Before it is done: an order that a power cut interrupts is not done twice.
            _store.Write(TwinFile.Commands, CommandFloor.ToOctets(_gate.Newest));
        }
        catch (IOException e)
        {
            return new CommandOutcome(false, $"The order could not be remembered, so it was not done: {e.Message}");
        }

        return await _handler.RunAsync(take.Command, take.Key, stop).ConfigureAwait(false);
    }

    private async Task AnswerAsync(string id, CommandOutcome outcome, Action<string, byte[]> respond, CancellationToken stop)
    {
        var parts = Parts(outcome.Text).ToList();
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0 && i % PartsAtOnce == 0) await Task.Delay(Pause, _time, stop).ConfigureAwait(false);
            var part = new ResponseDocument(id, i, i == parts.Count - 1, outcome.Done, i == 0 ? outcome.Reason : null, parts[i]);
            respond(id, JsonSerializer.SerializeToUtf8Bytes(part, TwinJson.Wire.ResponseDocument));
        }
    }

    /// <summary>At least one part; never between the halves of a surrogate pair; what is too long for an answer loses its end.</summary>
    private static IEnumerable<string> Parts(string text)
    {
        for (var (at, count) = (0, 0); count == 0 || (at < text.Length && count < TwinLimits.MaxParts); count++)
        {
            var end = Math.Min(text.Length, at + TwinLimits.MaxPartLength);
            if (end < text.Length && char.IsHighSurrogate(text[end - 1])) end--;
            yield return text[at..end];
            at = end;
        }
    }

    private bool Spend()
    {
        var now = _time.GetTimestamp();
        _tokens = Math.Min(Burst, _tokens + (_time.GetElapsedTime(_filledAt, now) / Refill));
        _filledAt = now;
        if (_tokens < 1) return false;
        _tokens--;
        return true;
    }
}
