using EdgeVpn.Appliance.Composition;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Setup;

/// <summary>A change made on the spot, on trial: confirmed by the button or the page in time, or taken back.</summary>
/// <remarks>
/// The person who changes a box may cut himself off with it. So nothing is written before he said, from the other side of the change, that it is
/// good; a power cut takes it back too. An operator's document that arrives meanwhile ends the trial: see <see cref="Box.TakeSettled"/>.
/// </remarks>
/// <param name="box">What is changed.</param>
/// <param name="keep">Makes the document (UTF-8 JSON) what the box starts from.</param>
/// <param name="seek">Seeks the operator where a configuration says.</param>
/// <param name="time">For the deadline.</param>
internal sealed class LocalChange(ISpot box, Func<byte[], Task<StorageResult>> keep, Func<BoxConfig, Task> seek, TimeProvider time) : IAsyncDisposable
{
    /// <summary>In which a change must be confirmed: long enough to plug the laptop back in.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile Trial? _trial;

    /// <summary>How long the change on trial still has; null: none is.</summary>
    public TimeSpan? Remaining => _trial is { } trial && box.HasSettled ? Patience - time.GetElapsedTime(trial.Begun) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero : null;

    /// <summary>Puts a validated configuration in force on trial; a trial before it is over.</summary>
    /// <param name="body">The configuration as it would be kept.</param>
    /// <param name="configuration">The same, read.</param>
    public async Task TryAsync(byte[] body, BoxConfig configuration)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            EndTrial();
            await box.TryAsync(configuration, new ConfigurationInForce { Source = ConfigurationSource.Local, Hash = DesiredDocument.Hash(body) }).ConfigureAwait(false);
            var trial = new Trial(body, time.GetTimestamp());
            trial.Timer = time.CreateTimer(_ => _ = RevertAsync(trial, "was not confirmed in time"), null, Patience, Timeout.InfiniteTimeSpan);
            _trial = trial;
            box.Tell($"a change made on the spot is on trial for {Patience.TotalMinutes:0} minutes");
            await seek(configuration).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Keeps what is on trial.</summary>
    /// <returns>Null: nothing is on trial (any more).</returns>
    public async Task<StorageResult?> ConfirmAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_trial is not { } trial) return null;
            EndTrial();
            if (box.TakeSettled() is not { } before) return null; // the operator's document came first
            var kept = await keep(trial.Body).ConfigureAwait(false);
            if (!kept.IsOk) await ReturnAsync(before).ConfigureAwait(false);
            return kept;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Takes back what is on trial.</summary>
    /// <returns>False: nothing was.</returns>
    public Task<bool> RevertAsync(string why) => RevertAsync(null, why);

    public async ValueTask DisposeAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        EndTrial();
        _one.Dispose();
    }

    /// <param name="which">Only this trial; null: whichever there is.</param>
    private async Task<bool> RevertAsync(Trial? which, string why)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_trial is not { } trial || (which ?? trial) != trial) return false;
            EndTrial();
            if (box.TakeSettled() is not { } before) return false;
            await ReturnAsync(before).ConfigureAwait(false);
            box.Tell($"a change made on the spot {why}: taken back");
            return true;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task ReturnAsync(SettledConfiguration before)
    {
        await box.ReturnAsync(before).ConfigureAwait(false);
        await seek(before.Configuration).ConfigureAwait(false);
    }

    private void EndTrial()
    {
        _trial?.Timer?.Dispose();
        _trial = null;
    }

    /// <param name="body">As it would be kept.</param>
    /// <param name="begun">Timestamp.</param>
    private sealed class Trial(byte[] body, long begun)
    {
        public byte[] Body { get; } = body;

        public long Begun { get; } = begun;

        public ITimer? Timer { get; set; }
    }
}

/// <summary>What a change on the spot needs of the box.</summary>
internal interface ISpot
{
    /// <summary>Something is on trial here, and nobody else has taken over.</summary>
    bool HasSettled { get; }

    /// <summary>Puts a configuration in force; what was settled before it is remembered.</summary>
    Task TryAsync(BoxConfig configuration, ConfigurationInForce inForce);

    /// <summary>What was settled before, once; null: nothing is on trial, or another took it.</summary>
    SettledConfiguration? TakeSettled();

    Task ReturnAsync(SettledConfiguration before);

    /// <summary>For log and operator.</summary>
    void Tell(string text);
}

/// <summary>A configuration that was not on trial.</summary>
internal sealed record SettledConfiguration(BoxConfig Configuration, ConfigurationInForce InForce);
