using System.Net.Sockets;
using System.Text;
using EdgeVpn.Appliance.Local;

namespace EdgeVpn.Appliance.Tests.Local;

/// <summary>A control socket in a folder of its own, with a fake box behind it.</summary>
internal sealed class ControlBench : IAsyncDisposable
{
    /// <summary>Nothing here takes this long unless it hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("evpn");
    private ControlSocket? _server;

    public ControlBench(Func<ControlSocketOptions, ControlSocketOptions>? adjust = null, bool open = true)
    {
        Options = (adjust ?? (o => o))(new ControlSocketOptions { Path = Path.Combine(_folder.FullName, "c"), Fault = Faults.Add });
        if (open) Open();
    }

    public ControlSocketOptions Options { get; }

    public FakeBox Box { get; } = new();

    public List<Exception> Faults { get; } = [];

    public ControlSocket Server => _server!;

    public ControlClient Client => new(Options.Path);

    public void Open() => _server = ControlSocket.Open(Options, Box);

    /// <summary>Sends octets as they are and returns every line that comes back.</summary>
    public async Task<string[]> RawAsync(ReadOnlyMemory<byte> octets, bool halfClose = false)
    {
        using var socket = await ConnectAsync();
        try
        {
            for (var sent = 0; sent < octets.Length;) sent += await socket.SendAsync(octets[sent..]);
            if (halfClose) socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Turned away while still sending; the answer is there all the same.
        }

        return await ReadAsync(socket);
    }

    public Task<string[]> RawAsync(string text, bool halfClose = false) => RawAsync(Encoding.UTF8.GetBytes(text), halfClose);

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Options.Path));
        return socket;
    }

    public static async Task<string[]> ReadAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(Patience);
        var all = new MemoryStream();
        var buffer = new byte[65_536];
        try
        {
            while (await socket.ReceiveAsync(buffer, patience.Token) is var got and > 0) all.Write(buffer, 0, got);
        }
        catch (SocketException)
        {
            // A reset where the other end closed with octets unread: as good as closed.
        }

        return Encoding.UTF8.GetString(all.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>True once the condition holds; false if it did not within <see cref="Patience"/>.</summary>
    public static async Task<bool> SoonAsync(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience) return false;
            await Task.Delay(5);
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
