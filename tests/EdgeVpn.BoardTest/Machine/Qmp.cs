using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.BoardTest.Machine;

/// <summary>The emulator's own socket (QEMU Machine Protocol): one command, one answer, events in between counted.</summary>
internal sealed class Qmp : IDisposable
{
    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private readonly StreamWriter _writer;
    private readonly Lock _lock = new();

    private Qmp(Socket socket)
    {
        _socket = socket;
        var stream = new NetworkStream(socket, ownsSocket: false);
        (_reader, _writer) = (new StreamReader(stream), new StreamWriter(stream) { AutoFlush = true });
    }

    /// <summary>Names of events since the start, counted: "WATCHDOG", "RESET".</summary>
    public ConcurrentDictionary<string, int> Events { get; } = new(StringComparer.Ordinal);

    /// <summary>As soon as the emulator listens.</summary>
    public static Task<Qmp> ConnectAsync(Daemon emulator, string path) => Until.SomethingAsync("the emulator answers", TimeSpan.FromSeconds(20), () =>
    {
        if (!emulator.IsRunning) throw new InvalidOperationException($"the emulator ended with {emulator.ExitCode}: {emulator.Log()}");
        try
        {
            return Task.FromResult<Qmp?>(Connect(path));
        }
        catch (SocketException)
        {
            return Task.FromResult<Qmp?>(null);
        }
    }, emulator.Log);

    /// <exception cref="SocketException">Nobody listens there yet.</exception>
    private static Qmp Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }

        var qmp = new Qmp(socket);
        qmp._reader.ReadLine(); // the greeting
        qmp.Execute("qmp_capabilities");
        return qmp;
    }

    /// <exception cref="InvalidOperationException">The emulator refuses, or is gone.</exception>
    public JsonNode? Execute(string command, params ReadOnlySpan<(string Name, JsonNode Value)> arguments)
    {
        var given = new JsonObject();
        foreach (var (name, value) in arguments) given[name] = value;
        lock (_lock)
        {
            _writer.WriteLine(new JsonObject { ["execute"] = command, ["arguments"] = given }.ToJsonString());
            while (_reader.ReadLine() is { } line)
            {
                var answer = JsonNode.Parse(line)!.AsObject();
                if (answer["error"] is { } error) throw new InvalidOperationException($"{command}: {error["desc"]}");
                if ((string?)answer["event"] is { } name) Events.AddOrUpdate(name, 1, static (_, count) => count + 1);
                if (answer.ContainsKey("return")) return answer["return"]?.DeepClone();
            }
        }

        throw new InvalidOperationException($"{command}: the emulator is gone");
    }

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
        _socket.Dispose();
    }
}
