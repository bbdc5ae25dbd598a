using System.Net.Sockets;
using System.Text;

namespace EdgeVpn.BoardTest.Machine;

/// <summary>A root shell inside the emulated board, over a virtio port: what a technician would type on its console.</summary>
/// <remarks>Somebody is always connected: without, the port ends every read at once, and the board does nothing but start shells.</remarks>
internal sealed class GuestShell : IDisposable
{
    private readonly string _path;
    private readonly Action<string> _journal;
    private Socket _socket;
    private StreamReader _reader;
    private int _commands;

    public GuestShell(string path, Action<string> journal)
    {
        (_path, _journal) = (path, journal);
        (_socket, _reader) = Connect();
    }

    /// <summary>Runs a line and gives what it printed.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public async Task<string> RunAsync(string line, TimeSpan within)
    {
        var (code, output) = await TryAsync(line, within);
        return code == 0 ? output : throw new InvalidOperationException($"on the board: {line} -> {code}\n{output}");
    }

    /// <summary>Runs a line; its exit code and what it printed.</summary>
    /// <exception cref="TimeoutException">No answer: the board does not run, or the command does not end.</exception>
    public async Task<(int Code, string Output)> TryAsync(string line, TimeSpan within)
    {
        using var deadline = new CancellationTokenSource(within);
        var mark = $"answered-{Environment.ProcessId}-{++_commands}";
        try
        {
            await _socket.SendAsync(Encoding.UTF8.GetBytes($"{{ {line}\n}} 2>&1 </dev/null; echo; echo {mark} $?\n"), deadline.Token);
            var output = new StringBuilder();
            while (await _reader.ReadLineAsync(deadline.Token) is { } read)
            {
                if (!read.StartsWith(mark, StringComparison.Ordinal))
                {
                    if (read.StartsWith("answered-", StringComparison.Ordinal)) output.Clear(); // of a command that was given up
                    else output.AppendLine(read);
                    continue;
                }

                var code = int.Parse(read[mark.Length..], System.Globalization.CultureInfo.InvariantCulture);
                var text = output.ToString().TrimEnd();
                _journal($"board: {line} -> {code}\n{text}\n");
                return (code, text);
            }

            throw new InvalidOperationException("the emulator closed the board's shell");
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"not within {within.TotalSeconds:0} s: the board answers to: {line}");
        }
    }

    /// <summary>Types a line that nobody lives to answer.</summary>
    public async Task SendAsync(string line)
    {
        await _socket.SendAsync(Encoding.UTF8.GetBytes(line + "\n"));
        _journal($"board: {line}\n");
    }

    /// <summary>Forgets what was said before: the board starts anew.</summary>
    public void Reset()
    {
        Dispose();
        (_socket, _reader) = Connect();
    }

    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
    }

    private (Socket Socket, StreamReader Reader) Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(_path));
        return (socket, new StreamReader(new NetworkStream(socket, ownsSocket: false)));
    }
}
