using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>Something that carries packets between two ends, in namespaces of its own, up from its start to its end.</summary>
internal abstract class Contender(string name, string suite) : IAsyncDisposable
{
    public const string None = "none", OursNative = "edgevpn-aot", OursJit = "edgevpn-jit", OursProtocol50 = "edgevpn-esp", StrongSwan = "strongswan", WireGuard = "wireguard", WireGuardGiven = "wireguard-given";

    private Lab? _lab;

    public string Name => name;

    /// <summary>Of <see cref="Suites"/>; for one that has no choice, the one it is compared under.</summary>
    public string Suite => suite;

    public Lab Lab => _lab ?? throw new InvalidOperationException($"{name} was not started");

    /// <summary>Address the load leaves from, and the one it goes to.</summary>
    public virtual (string From, string To) Addresses => (LabAddresses.BoxLan, LabAddresses.GatewayLan);

    /// <summary>Both ends; none without a tunnel.</summary>
    public abstract IReadOnlyList<Daemon> Daemons { get; }

    /// <summary>The two ends of a tunnel that can be asked for something; the answering one first.</summary>
    public virtual IReadOnlyList<IVpnEnd> Ends => [];

    /// <summary>Octets that both ends have allocated so far, and collections; null for what does not tell.</summary>
    public virtual Task<(long Octets, long Collections)?> AllocatedAsync() => Task.FromResult<(long, long)?>(null);

    /// <summary>Makes the namespaces, starts both ends, brings the tunnel up, and starts the load's other half.</summary>
    public async Task StartAsync()
    {
        _lab = await DirectLab.StartAsync(name + "-" + suite);
        await ConnectAsync();
        var server = _lab.Start(Node.Gateway, new DaemonSetup { Name = "iperf3", Command = ["iperf3", "-s", "--forceflush"] });
        await Until.TrueAsync("iperf3 listens", TimeSpan.FromSeconds(5), () => server.Log().Contains("Server listening", StringComparison.Ordinal), server.Log);
        await Until.TrueAsync(
            $"{name} carries packets", TimeSpan.FromSeconds(20),
            async () => (await _lab.TryRunAsync(Node.Box, ["ping", "-q", "-c", "1", "-W", "1", "-I", Addresses.From, Addresses.To])).Ok,
            () => string.Concat(Daemons.Select(daemon => daemon.Log())));
    }

    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        if (_lab is not null) await _lab.DisposeAsync();
    }

    protected abstract Task ConnectAsync();

    protected abstract ValueTask DisconnectAsync();
}

/// <summary>The suites that are measured, by the names they go by here.</summary>
internal static class Suites
{
    public const string Gcm = "aes-gcm", Cbc = "aes-cbc", ChaCha = "chacha20";

    /// <summary>In the keywords of both products' configurations.</summary>
    public static (string Ike, string Esp) Proposals(string suite) => suite switch
    {
        Gcm => ("aes256gcm16-prfsha256-ecp256", "aes256gcm16"),
        Cbc => ("aes256-sha256-ecp256", "aes256-sha256"),
        _ => ("chacha20poly1305-prfsha256-x25519", "chacha20poly1305"),
    };

    /// <summary>What ESP then uses.</summary>
    public static EspSuite Esp(string suite) => suite switch
    {
        Gcm => new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None),
        Cbc => new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128),
        _ => new(EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None),
    };

    public static string Title(string suite) => suite switch
    {
        Gcm => "AES-256-GCM",
        Cbc => "AES-256-CBC with HMAC-SHA-256",
        _ => "ChaCha20-Poly1305",
    };
}
