using System.Collections.Concurrent;
using System.Net.Sockets;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Local;

/// <summary>The daemon's door for commands: a Unix stream socket, one request per connection, answers in lines of JSON.</summary>
/// <remarks>
/// Everything a client can do is bounded: the length of its request, the time it takes to send it and to accept the answer, how many come at once.
/// </remarks>
public sealed class ControlSocket : IAsyncDisposable
{
    private const int Backlog = 512; // a full queue makes clients wait and try again
    private static readonly TimeSpan s_outOfDescriptors = TimeSpan.FromMilliseconds(100);

    private readonly ControlSocketOptions _options;
    private readonly IControlHandler _handler;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, bool> _clients = new();
    private readonly Task _accepting;

    private ControlSocket(ControlSocketOptions options, IControlHandler handler, Socket listener)
    {
        _options = options;
        _handler = handler;
        _listener = listener;
        _accepting = Task.Run(AcceptAsync);
    }

    public string Path => _options.Path;

    /// <summary>Clients being served now.</summary>
    public int Clients => _clients.Count;

    /// <summary>Listens. A socket that a dead daemon left behind is replaced; the folder is made if it is missing.</summary>
    /// <exception cref="ControlException">Another daemon listens there, something else than a socket has the name, or the path is too long.</exception>
    /// <exception cref="IOException">The folder or the file cannot be made.</exception>
    public static ControlSocket Open(ControlSocketOptions options, IControlHandler handler)
    {
        var address = ControlPath.EndPoint(options.Path);
        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(options.Path)) is { } folder) Directory.CreateDirectory(folder);
        RemoveStale(options.Path, address);

        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(address);
            ProcessIdentity.SetMode(options.Path, options.Mode); // before listen: until then nobody can connect
            listener.Listen(Backlog);
            return new ControlSocket(options, handler, listener);
        }
        catch (SocketException fault)
        {
            listener.Dispose();
            throw new IOException($"The control socket {options.Path} cannot be made: {fault.Message}.", fault);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_clients.Keys).ConfigureAwait(false);
        File.Delete(_options.Path);
        _stop.Dispose();
    }

    private static void RemoveStale(string path, UnixDomainSocketEndPoint address)
    {
        var file = new FileInfo(path);
        if (!file.Exists && file.LinkTarget is null) return;
        if (file.LinkTarget is not null || file.Length > 0) // a socket has no length
            throw new ControlException(ControlFault.Taken, $"{path} is no socket; move it away, or name another with --control.");
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(address);
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }

        throw new ControlException(ControlFault.Taken, $"Another edgevpn answers on {path}; stop it, or name another socket with --control.");
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                if (_stop.IsCancellationRequested) return;
                await Task.Delay(s_outOfDescriptors).ConfigureAwait(false); // they come back when someone closes
                continue;
            }

            var session = new ControlSession(client, _options, _handler, busy: _clients.Count >= _options.MaxClients);
            Track(session.RunAsync(_stop.Token));
        }
    }

    private void Track(Task client)
    {
        _clients[client] = true;
        client.ContinueWith(
            static (done, clients) => ((ConcurrentDictionary<Task, bool>)clients!).TryRemove(done, out _),
            _clients, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
