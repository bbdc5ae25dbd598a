using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Fleet.Broker;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>A broker on loopback that a test may stop and start again on the same port.</summary>
internal abstract class BrokerLab : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public int Port { get; protected set; }

    public BrokerAddress Address => new("127.0.0.1", Port, Tls: false);

    /// <param name="kind">embedded or mosquitto.</param>
    public static async Task<BrokerLab> StartAsync(string kind)
    {
        BrokerLab lab = kind == "embedded" ? new EmbeddedLab() : new MosquittoLab();
        await lab.StartAsync();
        return lab;
    }

    public abstract Task StartAsync();

    public abstract Task StopAsync();

    public virtual async ValueTask DisposeAsync() => await StopAsync();

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Asks again until it holds; fails with <paramref name="what"/> at the deadline.</summary>
    public static Task UntilAsync(Func<bool> holds, string what) => UntilAsync(holds, () => what);

    public static async Task UntilAsync(Func<bool> holds, Func<string> what)
    {
        var began = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(began.Elapsed < Deadline, $"not within {Deadline.TotalSeconds:0} s: {what()}");
            await Task.Delay(5);
        }
    }
}

internal sealed class EmbeddedLab : BrokerLab
{
    private EmbeddedBroker? _broker;

    public override async Task StartAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new BrokerOptions(new IPEndPoint(IPAddress.Loopback, Port)));
        Port = _broker.EndPoint.Port;
    }

    public override async Task StopAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
        _broker = null;
    }
}

/// <summary>Debian's Mosquitto with its state in a folder of the test; stopped by its process id.</summary>
internal sealed class MosquittoLab : BrokerLab
{
    private const string Program = "/usr/sbin/mosquitto";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edgevpn-mosquitto-");
    private readonly string _more;
    private Process? _process;

    /// <param name="more">Lines of configuration; the listener's come first.</param>
    public MosquittoLab(string more = "allow_anonymous true")
    {
        if (!File.Exists(Program)) Assert.Skip("Mosquitto is not installed.");
        Port = FreePort();
        _more = more;
        // Started by root it becomes "mosquitto", who must be able to write here.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_111_111);
    }

    public string Folder => _folder.FullName;

    public override async Task StartAsync()
    {
        var configuration = System.IO.Path.Combine(Folder, "mosquitto.conf");
        await File.WriteAllTextAsync(configuration, $"listener {Port} 127.0.0.1\n{_more.Replace("@", Folder, StringComparison.Ordinal)}\npersistence true\npersistence_location {Folder}/\nlog_dest stderr\n");
        _process = Process.Start(new ProcessStartInfo(Program, ["-c", configuration]) { RedirectStandardError = true })!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        await UntilAsync(Listens, "Mosquitto listens");
    }

    public override async Task StopAsync()
    {
        if (_process is null) return;
        using var process = _process;
        _process = null;
        using (Process.Start("/bin/kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) await process.WaitForExitAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private bool Listens()
    {
        Assert.False(_process!.HasExited, "Mosquitto ended at its start");
        try
        {
            using var socket = new TcpClient();
            socket.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>Stands between a box and its broker, and cuts their connections as a killed process or a pulled cable does.</summary>
internal sealed class TcpRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _lock = new();
    private readonly List<Socket> _sockets = [];
    private readonly int _target;
    private volatile bool _closed;

    public TcpRelay(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public BrokerAddress Address => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port, Tls: false);

    public int Accepted { get; private set; }

    /// <summary>Every connection through it ends at once, with a reset.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            foreach (var socket in _sockets)
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Dispose();
            }

            _sockets.Clear();
        }
    }

    /// <summary>Cuts, and lets nobody through until <see cref="Open"/>. A broker that notices the loss only when the box is back says no will.</summary>
    public void Close()
    {
        _closed = true;
        Cut();
    }

    public void Open() => _closed = false;

    public void Dispose()
    {
        _listener.Stop();
        Cut();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket near;
            try
            {
                near = await _listener.AcceptSocketAsync();
            }
            catch (SocketException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            if (_closed)
            {
                near.Dispose();
                continue;
            }

            Accepted++;
            var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _target);
            }
            catch (SocketException)
            {
                near.Dispose();
                continue;
            }

            lock (_lock) _sockets.AddRange([near, far]);
            _ = PumpAsync(near, far);
            _ = PumpAsync(far, near);
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16_384];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer)) > 0) await to.SendAsync(buffer.AsMemory(0, count));
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
