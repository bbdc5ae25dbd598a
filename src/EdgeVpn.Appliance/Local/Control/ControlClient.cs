using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace EdgeVpn.Appliance.Local;

/// <summary>Asks the daemon through its control socket; one connection per question.</summary>
/// <param name="path">The socket.</param>
public sealed class ControlClient(string path)
{
    private const int MaxAnswerOctets = 32 * 1024 * 1024; // a gateway of a thousand branches answers in about two
    private static readonly TimeSpan s_connectTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_queueFull = TimeSpan.FromMilliseconds(50);

    /// <summary>The answer; an error of the daemon is an answer too.</summary>
    /// <exception cref="ControlException">There is no daemon, it may not be asked, or its answer cannot be read.</exception>
    public async Task<ControlAnswer> AskAsync(ControlRequest request, CancellationToken cancel)
    {
        using var socket = await SendAsync(request, cancel).ConfigureAwait(false);
        var lines = new LineReader(socket, MaxAnswerOctets);
        while (true)
        {
            var line = await NextAsync(lines, cancel).ConfigureAwait(false);
            if (line.Error is { } error) return ControlAnswer.Failed(error);
            if (line.Result is { } result) return ControlAnswer.Of(result);
        }
    }

    /// <summary>Events as they happen, until cancelled.</summary>
    /// <exception cref="ControlException">As above; <see cref="ControlFault.Lost"/> when the daemon ends the stream.</exception>
    public async IAsyncEnumerable<BoxEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        using var socket = await SendAsync(new(ControlCommand.Watch), cancel).ConfigureAwait(false);
        var lines = new LineReader(socket, MaxAnswerOctets);
        while (true)
        {
            var line = await NextAsync(lines, cancel).ConfigureAwait(false);
            if (line.Error is { } error)
                throw new ControlException(error.Code == ControlErrorCode.Forbidden ? ControlFault.Forbidden : ControlFault.Lost, error.Message);
            if (line.Event is { } happened) yield return happened;
        }
    }

    private async Task<Socket> SendAsync(ControlRequest request, CancellationToken cancel)
    {
        var socket = await ConnectAsync(cancel).ConfigureAwait(false);
        try
        {
            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(request, LocalJson.Lines.ControlRequest), (byte)'\n'];
            for (var sent = 0; sent < line.Length;)
                sent += await socket.SendAsync(line.AsMemory(sent), cancel).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // Turned away at the door, before the request was read: the reason is there to be read all the same.
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return socket;
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancel)
    {
        var address = ControlPath.EndPoint(path);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(s_connectTime);
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(address, patience.Token).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException queueFull) when (queueFull.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain)
            {
                socket.Dispose();
            }
            catch (SocketException fault)
            {
                socket.Dispose();
                throw Explain(fault);
            }
            catch (OperationCanceledException fault)
            {
                socket.Dispose();
                cancel.ThrowIfCancellationRequested();
                throw TooBusy(fault);
            }

            try
            {
                await Task.Delay(s_queueFull, patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException fault) when (!cancel.IsCancellationRequested)
            {
                throw TooBusy(fault);
            }
        }
    }

    private ControlException TooBusy(Exception fault) =>
        new(ControlFault.Lost, $"The daemon takes no requests on {path}: it hangs, or is flooded with them.", fault);

    private ControlException Explain(SocketException fault) => fault.SocketErrorCode switch
    {
        SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.HostNotFound => NotRunning(fault),
        SocketError.AccessDenied => new(ControlFault.Forbidden, $"{path} is not for this user; try again with sudo.", fault),
        _ when !File.Exists(path) => NotRunning(fault),
        _ => new(ControlFault.Lost, $"{path}: {fault.Message}.", fault),
    };

    private ControlException NotRunning(SocketException fault) => new(ControlFault.NotRunning, $"The daemon is not running: nothing listens on {path}.", fault);

    private static async Task<ControlLine> NextAsync(LineReader lines, CancellationToken cancel)
    {
        try
        {
            var line = await lines.ReadAsync(cancel).ConfigureAwait(false);
            if (line.End == LineEnd.Closed) throw Lost();
            if (line.End == LineEnd.Line && JsonSerializer.Deserialize(line.Octets.Span, LocalJson.Lines.ControlLine) is { } read) return read;
            throw Garbled();
        }
        catch (SocketException fault)
        {
            throw Lost(fault);
        }
        catch (JsonException fault)
        {
            throw Garbled(fault);
        }
    }

    private static ControlException Lost(Exception? inner = null) =>
        new(ControlFault.Lost, "The daemon closed the connection before its answer was complete; see its log.", inner);

    private static ControlException Garbled(Exception? inner = null) =>
        new(ControlFault.Garbled, "The daemon's answer cannot be read; is it of the same version as this command?", inner);
}
