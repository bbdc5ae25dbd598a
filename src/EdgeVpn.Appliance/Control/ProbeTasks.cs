namespace EdgeVpn.Appliance.Control;

/// <summary>What asks on and on, one task per probe, until a new configuration replaces them all, or the end.</summary>
internal sealed class ProbeTasks : IAsyncDisposable
{
    private CancellationTokenSource _stop = new();
    private List<Task> _running = [];

    /// <param name="start">Starts every task of the new configuration. They end by their token, and their cancellation is no news.</param>
    public void Start(Func<CancellationToken, IEnumerable<Task>> start) => _running = [.. start(_stop.Token)];

    /// <summary>Ends them all, and waits until they have.</summary>
    public async Task StopAsync()
    {
        using var stop = _stop;
        _stop = new CancellationTokenSource();
        await stop.CancelAsync().ConfigureAwait(false);
        foreach (var task in _running)
        {
            try
            {
                await task.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // As asked.
            }
        }

        _running = [];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}
