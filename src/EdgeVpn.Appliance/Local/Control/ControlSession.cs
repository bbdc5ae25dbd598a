using System.Net.Sockets;
using System.Text.Json;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Local;

/// <summary>One client of the control socket: who is it, what does it want, here is the answer.</summary>
internal sealed class ControlSession(Socket socket, ControlSocketOptions options, IControlHandler handler, bool busy)
{
    private const int ChunkOctets = 64 * 1024;

    /// <summary>Serves the client and closes. Ends without exception whatever the client does.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using (socket)
        {
            try
            {
                await ServeAsync(stop).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // The client has gone; there is nobody left to tell.
            }
            catch (OperationCanceledException)
            {
                // The daemon stops, or the client was too slow: closing is the answer.
            }
        }
    }

    private async Task ServeAsync(CancellationToken stop)
    {
        if (Refusal() is { } refusal)
        {
            await SendAsync(ControlAnswer.Failed(refusal), stop).ConfigureAwait(false);
            return;
        }

        LineRead line;
        using (var patience = Within(options.RequestTime, stop))
            line = await new LineReader(socket, options.MaxRequestOctets).ReadAsync(patience.Token).ConfigureAwait(false);
        if (line.End == LineEnd.Closed) return;
        if (!TryParse(line, out var request, out var wrong)) await SendAsync(ControlAnswer.Failed(wrong), stop).ConfigureAwait(false);
        else if (request.Command == ControlCommand.Watch) await StreamAsync(stop).ConfigureAwait(false);
        else await SendAsync(await AnswerAsync(request, stop).ConfigureAwait(false), stop).ConfigureAwait(false);
    }

    private ControlError? Refusal()
    {
        if (busy) return new(ControlErrorCode.Busy, $"{options.MaxClients} clients are being served; try again in a moment.");
        return options.Admits(ProcessIdentity.PeerOf(socket)) ? null
            : new(ControlErrorCode.Forbidden, "Only root and the daemon's own user may ask; try again with sudo.");
    }

    private bool TryParse(LineRead line, out ControlRequest request, out ControlError wrong)
    {
        request = null!;
        wrong = new(ControlErrorCode.BadRequest, """A request is one line: { "command": "…", "arguments": { "name": "text" } }.""");
        if (line.End == LineEnd.TooLong)
        {
            wrong = new(ControlErrorCode.BadRequest, $"A request has at most {options.MaxRequestOctets} octets.");
            return false;
        }

        try
        {
            if (JsonSerializer.Deserialize(line.Octets.Span, LocalJson.Lines.ControlRequest) is not { Command: not null } parsed) return false;
            request = parsed;
            return parsed.Arguments is null || parsed.Arguments.Values.All(value => value is not null);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private async Task<ControlAnswer> AnswerAsync(ControlRequest request, CancellationToken stop)
    {
        using var patience = Within(options.AnswerTime, stop);
        try
        {
            return await handler.HandleAsync(request, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return ControlAnswer.Failed(ControlErrorCode.Failed, $"{request.Command} was not done within {options.AnswerTime.TotalSeconds:0} s; it may still be under way.");
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            return AtFault(fault);
        }
    }

    private async Task StreamAsync(CancellationToken stop)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var hangUp = CancelWhenClosedAsync(gone);
        var last = ControlAnswer.Failed(ControlErrorCode.Ended, "The stream of events ended: the daemon stops, or this client was too slow.");
        try
        {
            await foreach (var happened in handler.Watch(gone.Token).ConfigureAwait(false))
                await SendAsync(new ControlLine { Event = happened }, gone.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not (SocketException or OperationCanceledException))
        {
            last = AtFault(fault);
        }
        finally
        {
            if (stop.IsCancellationRequested || !gone.IsCancellationRequested) await TrySendAsync(last).ConfigureAwait(false);
            await gone.CancelAsync().ConfigureAwait(false);
            await hangUp.ConfigureAwait(false);
        }
    }

    // A watcher says nothing more: whatever it sends is thrown away, and its end is the end of the stream.
    private async Task CancelWhenClosedAsync(CancellationTokenSource gone)
    {
        var ignored = new byte[256];
        try
        {
            while (await socket.ReceiveAsync(ignored, gone.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // As good as closed.
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await gone.CancelAsync().ConfigureAwait(false);
    }

    private ControlAnswer AtFault(Exception fault)
    {
        options.Fault(fault);
        return ControlAnswer.Failed(ControlErrorCode.Internal, $"The daemon is at fault: {fault.GetType().Name}: {fault.Message}");
    }

    private async Task TrySendAsync(ControlAnswer answer)
    {
        try
        {
            await SendAsync(answer, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException)
        {
            // It does not read: that is why it is being dropped.
        }
    }

    private Task SendAsync(ControlAnswer answer, CancellationToken cancel) =>
        SendAsync(new ControlLine { Result = answer.Result, Error = answer.Error }, cancel);

    private async Task SendAsync(ControlLine line, CancellationToken cancel)
    {
        ReadOnlyMemory<byte> rest = (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(line, LocalJson.Lines.ControlLine), (byte)'\n'];
        while (!rest.IsEmpty)
        {
            using var patience = Within(options.WriteTime, cancel);
            var sent = await socket.SendAsync(rest[..Math.Min(rest.Length, ChunkOctets)], patience.Token).ConfigureAwait(false);
            rest = rest[sent..];
        }
    }

    private static CancellationTokenSource Within(TimeSpan time, CancellationToken cancel)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        source.CancelAfter(time);
        return source;
    }
}
