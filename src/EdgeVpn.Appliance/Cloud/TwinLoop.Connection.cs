using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>The client that runs now, and the change to another.</summary>
public sealed partial class TwinLoop
{
    private void Open(Connection connection)
    {
        _moved = false;
        connection.End = new CancellationTokenSource();
        connection.Client = new TwinClient(Volatile.Read(ref _options), new TwinClientEvents(Arrived, TellAsync, Noticed, _commands is null ? null : _commands.Order, Came), Outbox, _entropy, _time);
        Volatile.Write(ref _client, connection.Client);
        connection.Running = RingAtEnd(RunAsync(connection.Client, connection.End.Token));

        static async Task RunAsync(TwinClient client, CancellationToken end)
        {
            await Task.Yield();
            await client.RunAsync(end).ConfigureAwait(false);
        }
    }

    private async Task ReopenAsync(Connection connection)
    {
        await CloseAsync(connection).ConfigureAwait(false);
        Open(connection);
    }

    private async Task CloseAsync(Connection connection)
    {
        await connection.End.CancelAsync().ConfigureAwait(false);
        // The farewell may have things to tell: they are taken while it runs.
        while (!connection.Running.IsCompleted)
        {
            Take();
            await Task.WhenAny(connection.Running, _inputs.Reader.WaitToReadAsync(CancellationToken.None).AsTask()).ConfigureAwait(false);
        }

        await connection.Running.ConfigureAwait(false);
        connection.End.Dispose();
        connection.Client = null;
        Take();
    }

    /// <summary>A document from elsewhere than the broker: the signature says whose it is, not the way it came.</summary>
    public void Offer(ReadOnlyMemory<byte> payload) => Arrived(payload);

    private void Arrived(ReadOnlyMemory<byte> payload)
    {
        _documents.Writer.TryWrite(new TwinInput.DocumentArrived(payload, _time.GetUtcNow()));
        Ring();
    }

    // One piece is asked for at a time: the one that came is taken before the next can come.
    private void Came(string piece, ReadOnlyMemory<byte> octets)
    {
        Interlocked.Exchange(ref _piece, new TwinInput.PieceArrived(piece, octets));
        Ring();
    }

    private void Noticed(CloudNotice notice)
    {
        if (notice is CloudNotice.Connected) _offline = null;
        if (notice is CloudNotice.Disconnected disconnected) _offline = disconnected.Reason;
        _handler.Notice(notice);
        Ring();
    }

    private sealed class Connection
    {
        public TwinClient? Client { get; set; }

        public Task Running { get; set; } = Task.CompletedTask;

        public CancellationTokenSource End { get; set; } = new();
    }
}
