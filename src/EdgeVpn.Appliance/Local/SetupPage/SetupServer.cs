using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Linux;
using EdgeVpn.SetupPage.Seam;

namespace EdgeVpn.Appliance.Local.SetupPage;

/// <summary>The page's HTTP server, a program of its own (<c>edgevpn-setup</c>): started when set-up mode opens, ended when it closes.</summary>
/// <remarks>
/// <code>
///      browser ── HTTP ── edgevpn-setup ── questions ── <see cref="SetupDesk"/>
///                         no key, no right               the daemon
/// </code>
/// The sockets are made here, since the program may not: each is bound to an address of the LAN port *and* to that interface, as Linux takes packets for
/// any of its addresses on every interface. It needs tens of megabytes that the daemon need not hold while nobody sets anything up.
/// </remarks>
internal sealed class SetupServer : IAsyncDisposable
{
    public const int StandardPort = 80;

    private const int MaxAtOnce = 8; // questions; the next one waits on its line
    private const int Backlog = 32;
    private const int SolSocket = 1; // <bits/socket.h>
    private const int SoReuseAddr = 2;
    private const int SoBindToDevice = 25; // <asm-generic/socket.h>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20); // of the slowest board, busy
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly ChildProcess _program;
    private readonly FrameLine _line;
    private readonly SetupDesk _desk;
    private readonly Action<string> _died;
    private readonly SemaphoreSlim _desks = new(MaxAtOnce, MaxAtOnce);
    private readonly CancellationTokenSource _closing = new();
    private Task _listening = Task.CompletedTask;

    private SetupServer(ChildProcess program, FrameLine line, SetupDesk desk, Action<string> died) => (_program, _line, _desk, _died) = (program, line, desk, died);

    /// <summary>Of the program that serves.</summary>
    public int ProcessId => _program.Id;

    /// <param name="desk">Who answers.</param>
    /// <param name="places">Where it is shown.</param>
    /// <param name="died">Called with how, should the program end by itself.</param>
    /// <exception cref="IOException">An address is not there, its port is taken, or the program is missing or does not start.</exception>
    public static async Task<SetupServer> StartAsync(SetupDesk desk, ImmutableArray<PagePlace> places, Action<string> died, int port = StandardPort)
    {
        var sockets = new List<Socket>();
        try
        {
            foreach (var place in places) sockets.Add(Listen(new IPEndPoint(place.Address, port), place.Interface));
            var (ours, childs) = ChildProcess.Line();
            using (childs)
            {
                var line = new FrameLine(ours, Question.MaxOctets);
                try
                {
                    var program = ChildProcess.Start(
                        SetupProgram.Find(), [sockets.Count.ToString(CultureInfo.InvariantCulture)], SetupProgram.Environment(), [childs, .. sockets.Select(static socket => socket.SafeHandle)]);
                    var server = new SetupServer(program, line, desk, died);
                    childs.Dispose(); // from here on the line ends with the program
                    await server.GreetedAsync().ConfigureAwait(false);
                    server._listening = server.ListenAsync();
                    return server;
                }
                catch
                {
                    line.Dispose();
                    throw;
                }
            }
        }
        catch (Exception refused) when (refused is SocketException or LinuxException)
        {
            throw new IOException(refused.Message, refused);
        }
        finally
        {
            foreach (var socket in sockets) socket.Dispose(); // the program has its own
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Answers under way go out first: the request that closes set-up mode is one of them.
        using (var patience = new CancellationTokenSource(AnswerPatience))
        {
            try
            {
                for (var i = 0; i < MaxAtOnce; i++) await _desks.WaitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Cut off, then.
            }
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await _listening.ConfigureAwait(false);
        await EndAsync().ConfigureAwait(false);
    }

    /// <summary>The program says once that it serves.</summary>
    private async Task GreetedAsync()
    {
        using var patience = new CancellationTokenSource(StartPatience);
        byte[]? greeting = null;
        try
        {
            greeting = await _line.ReadAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Said below.
        }

        if (greeting is not null) return;
        var ending = _program.WaitFor(EndPatience) ?? "no answer";
        await EndAsync().ConfigureAwait(false);
        throw new IOException($"{SetupProgram.Name} did not start: {ending}");
    }

    private async Task ListenAsync()
    {
        try
        {
            while (await _line.ReadAsync(_closing.Token).ConfigureAwait(false) is { } frame && Question.Read(frame) is { } question)
            {
                await _desks.WaitAsync(_closing.Token).ConfigureAwait(false);
                _ = AnswerAsync(question);
            }

            _died($"{SetupProgram.Name} ended by itself: {_program.WaitFor(EndPatience) ?? "it sent what is no question"}");
        }
        catch (OperationCanceledException)
        {
            // Set-up mode is over.
        }
    }

    private async Task AnswerAsync(Question question)
    {
        try
        {
            var answer = await _desk.AnswerAsync(question).ConfigureAwait(false);
            await _line.WriteAsync(answer.ToFrame(), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // The program ended, as the listener says, or was ended while this was done.
        }
        finally
        {
            _desks.Release();
        }
    }

    /// <summary>Hangs up: the program lets its last answers out and ends; if not, it is ended.</summary>
    private async Task EndAsync()
    {
        _line.Finish();
        await Task.Run(() => _program.WaitFor(EndPatience)).ConfigureAwait(false);
        _program.Dispose();
        _line.Dispose();
    }

    private static Socket Listen(IPEndPoint endpoint, string interfaceName)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetRawSocketOption(SolSocket, SoReuseAddr, BitConverter.GetBytes(1)); // .NET's ReuseAddress would share the port with others (SO_REUSEPORT)
            socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(interfaceName + '\0'));
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
