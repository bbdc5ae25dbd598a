using System.Net.Sockets;
using System.Text;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>Two wireguard-go processes; configured over their own control socket, so that no other tool is needed.</summary>
internal sealed class WireGuardPair(string name, string executable) : Contender(name, Suites.Gcm)
{
    private const string Interface = "wg0";
    private const int Port = 51820;
    private const int Mtu = 1420; // wireguard-go's own default

    private readonly List<Daemon> _ends = [];

    public override IReadOnlyList<Daemon> Daemons => _ends;

    protected override async Task ConnectAsync()
    {
        var random = new SecureRandom();
        var (box, gateway) = (new X25519PrivateKeyParameters(random), new X25519PrivateKeyParameters(random));
        await StartAsync(Node.Gateway, gateway, box, LabAddresses.BoxWan, LabAddresses.BranchNetwork, LabAddresses.GatewayLan);
        await StartAsync(Node.Box, box, gateway, LabAddresses.GatewayWan, LabAddresses.CloudNetwork, LabAddresses.BoxLan);
    }

    protected override async ValueTask DisconnectAsync()
    {
        foreach (var end in _ends) await end.DisposeAsync();
    }

    private async Task StartAsync(Node node, X25519PrivateKeyParameters own, X25519PrivateKeyParameters peer, string endpoint, string network, string source)
    {
        var daemon = Lab.Start(node, new DaemonSetup { Name = $"wireguard-{node}", Command = ["env", "LOG_LEVEL=error", executable, "-f", Interface] });
        _ends.Add(daemon);
        // /run is the daemon's own folder, and /var/run leads there.
        var socket = Path.Combine(Lab.RunFolder, daemon.Name, "run", "wireguard", Interface + ".sock");
        await Until.TrueAsync($"{Name} makes its control socket", TimeSpan.FromSeconds(5), () =>
            daemon.IsRunning ? File.Exists(socket) : throw new InvalidOperationException($"{executable} ended:\n{daemon.Log()}"), daemon.Log);
        await SetAsync(socket, $"""
            set=1
            private_key={Hex(own.GetEncoded())}
            listen_port={Port}
            public_key={Hex(peer.GeneratePublicKey().GetEncoded())}
            endpoint={endpoint}:{Port}
            allowed_ip={network}

            """);
        await Lab.RunAsync(node, ["ip", "link", "set", Interface, "mtu", $"{Mtu}", "up"]);
        await Lab.RunAsync(node, ["ip", "route", "add", network, "dev", Interface, "src", source]);
    }

    private static async Task SetAsync(string path, string request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await socket.SendAsync(Encoding.ASCII.GetBytes(request + "\n"));
        var answer = new byte[256];
        var text = Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer));
        if (!text.Contains("errno=0", StringComparison.Ordinal)) throw new InvalidOperationException($"wireguard-go refused its configuration: {text}");
    }

    private static string Hex(byte[] octets) => Convert.ToHexStringLower(octets);
}
