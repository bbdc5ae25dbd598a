namespace EdgeVpn.Appliance.Setup;

/// <summary>Set-up mode: closed until somebody holds the button, open for a quarter of an hour, then closed by itself.</summary>
/// <remarks>Opening it again begins the quarter anew. The page's server exists only while it is open.</remarks>
/// <param name="serve">Starts the page; what it returns stops it. Null: there is no LAN port to show it on.</param>
/// <param name="time">For the quarter.</param>
/// <param name="tell">For log and operator.</param>
internal sealed class SetupMode(Func<SetupMode, Task<IAsyncDisposable?>> serve, TimeProvider time, Action<string> tell) : IAsyncDisposable
{
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(15);

    private readonly SemaphoreSlim _one = new(1, 1);
    private IAsyncDisposable? _page;
    private ITimer? _timer;
    private Opening? _opening; // null: closed
    private bool _disposed;

    public bool IsOpen => Volatile.Read(ref _opening) is not null;

    public TimeSpan Remaining => Volatile.Read(ref _opening) is { } opening && Span - time.GetElapsedTime(opening.At) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <returns>False: there is no LAN port, or it is in use; what was told says which.</returns>
    public async Task<bool> OpenAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_disposed) return false;
            _timer?.Dispose();
            _page ??= await serve(this).ConfigureAwait(false);
            if (_page is null) return false;
            Volatile.Write(ref _opening, new Opening(time.GetTimestamp())); // monotonic: a clock that is set does not shut the page
            _timer = time.CreateTimer(_ => _ = CloseAsync("its time is over"), null, Span, Timeout.InfiniteTimeSpan);
            return true;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <param name="why">Goes after "set-up mode closed: ".</param>
    public async Task CloseAsync(string why)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_page is null) return;
            tell($"set-up mode closed: {why}");
            await ShutAsync().ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        _disposed = true;
        await ShutAsync().ConfigureAwait(false);
        _one.Release();
    }

    private async Task ShutAsync()
    {
        Volatile.Write(ref _opening, null);
        _timer?.Dispose();
        _timer = null;
        if (_page is not { } page) return;
        _page = null;
        await page.DisposeAsync().ConfigureAwait(false);
    }

    /// <param name="At">Timestamp.</param>
    private sealed record Opening(long At);
}
