namespace EdgeVpn.Appliance.Local;

/// <summary>The daemon behind the control socket. Called from any thread, by several clients at once.</summary>
public interface IControlHandler
{
    /// <summary>Answers one request; unknown commands and wrong arguments are answers, not exceptions.</summary>
    /// <param name="request">Any command but <see cref="ControlCommand.Watch"/>.</param>
    /// <param name="cancel">The daemon stops, or the answer took too long.</param>
    ValueTask<ControlAnswer> HandleAsync(ControlRequest request, CancellationToken cancel);

    /// <summary>Events from now on. What it holds for a reader that does not read is bounded by the handler.</summary>
    /// <param name="cancel">The client closed, or the daemon stops: the stream ends, with or without <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<BoxEvent> Watch(CancellationToken cancel);
}
