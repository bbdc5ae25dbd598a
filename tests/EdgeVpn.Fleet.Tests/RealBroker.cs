using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace EdgeVpn.Fleet.Tests;

/// <summary>A broker of somebody else's, as a process on loopback; skipped plainly where it is not installed.</summary>
internal sealed class RealBroker : IAsyncDisposable
{
    private readonly Process _process;
    private readonly System.Text.StringBuilder _said = new();

    private RealBroker(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, e) => Say(e.Data);
        _process.ErrorDataReceived += (_, e) => Say(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static async Task<RealBroker> MosquittoAsync(string configuration, int port)
    {
        if (!File.Exists("/usr/sbin/mosquitto")) Assert.Skip("Mosquitto is not installed.");
        return await new RealBroker(new ProcessStartInfo("/usr/sbin/mosquitto", ["-c", configuration])).ListeningAsync(port, TimeSpan.FromSeconds(10));
    }

    /// <summary>RabbitMQ 4 in the root that <c>scripts/lab-deps --rabbitmq</c> makes, in a process tree that ends with it.</summary>
    /// <param name="folder">For its configuration and state.</param>
    public static async Task<RealBroker> RabbitMqAsync(string folder, int port)
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } named ? named : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var root = Path.Combine(cache, "edgevpn", "rabbitmq");
        if (!File.Exists(Path.Combine(root, "usr/lib/rabbitmq/bin/rabbitmq-server"))) Assert.Skip($"No RabbitMQ in {root}: scripts/lab-deps --rabbitmq.");
        if (!Environment.IsPrivilegedProcess) Assert.Skip("RabbitMQ runs in a chroot here: run as root.");
        const string Inside = "/tmp/edgevpn-lab";
        await File.WriteAllTextAsync(Path.Combine(folder, "rabbitmq.conf"), string.Create(CultureInfo.InvariantCulture, $"""
            listeners.tcp = none
            mqtt.listeners.tcp.default = 127.0.0.1:{port}
            mqtt.allow_anonymous = true
            anonymous_login_user = guest
            anonymous_login_pass = guest
            log.console = true

            """));
        await File.WriteAllTextAsync(Path.Combine(folder, "enabled_plugins"), "[rabbitmq_mqtt].\n");
        string[] environment =
        [
            $"HOME={Inside}", $"RABBITMQ_MNESIA_BASE={Inside}/mnesia", $"RABBITMQ_LOG_BASE={Inside}/log", "RABBITMQ_NODENAME=check@localhost", $"RABBITMQ_CONFIG_FILE={Inside}/rabbitmq.conf",
            $"RABBITMQ_ENABLED_PLUGINS_FILE={Inside}/enabled_plugins", string.Create(CultureInfo.InvariantCulture, $"RABBITMQ_DIST_PORT={FreePort()}"),
            string.Create(CultureInfo.InvariantCulture, $"ERL_EPMD_PORT={FreePort()}"), "ERL_EPMD_ADDRESS=127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}",
        ];
        const string Script = """root=$1 folder=$2; shift 2; mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" && mount --bind "$folder" "$root/tmp/edgevpn-lab" && exec chroot "$root" env "$@" /usr/lib/rabbitmq/bin/rabbitmq-server""";
        var broker = new RealBroker(new ProcessStartInfo("/usr/bin/unshare", ["--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", Script, "sh", root, folder, .. environment]));
        return await broker.ListeningAsync(port, TimeSpan.FromSeconds(90));
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<RealBroker> ListeningAsync(int port, TimeSpan patience)
    {
        for (var end = DateTime.UtcNow + patience; ;)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return this;
            }
            catch (SocketException) when (!_process.HasExited && DateTime.UtcNow < end)
            {
                await Task.Delay(50);
            }
            catch (SocketException)
            {
                lock (_said) Assert.Fail($"The broker does not listen: {_said}");
            }
        }
    }

    private void Say(string? line)
    {
        lock (_said) _said.AppendLine(line);
    }
}
