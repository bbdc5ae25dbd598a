using System.Globalization;
using System.Text.Json.Nodes;
using EdgeVpn.Benchmarks.Tunnels;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Benchmarks.Gateway;

/// <summary>A gateway with many connections, and one process that plays all of its branches; the same hosts behind both, however many connections there are.</summary>
/// <remarks>
/// <code>
///     host n: 10.64.0.0 + 256 n + 1                                       host n: 10.128.0.0 + 256 n + 1
///     branches [ 198.18.0.0 + n  ── wan0 ──────────────────────────── 203.0.113.2 ] gateway
/// </code>
/// With one connection it carries the networks of all hosts; with many each carries one, comes from an address of its own, and has an identity and a secret of its own.
/// Either way one TUN interface at each end.
/// </remarks>
internal sealed class GatewayPair : IAsyncDisposable
{
    private static readonly TimeSpan EachMayTake = TimeSpan.FromMilliseconds(100);

    private readonly Lab _lab;
    private readonly ApplianceEnd _gateway;
    private readonly ApplianceEnd _branches;
    private readonly int _connections;

    private GatewayPair(Lab lab, string executable, int connections)
    {
        (_lab, _connections) = (lab, connections);
        _gateway = new ApplianceEnd(lab, TunnelEnd.Cloud with { Quiet = true }, executable: executable, document: Document(connections, isGateway: true));
        _branches = new ApplianceEnd(lab, TunnelEnd.Branch with { Quiet = true }, executable: executable, document: Document(connections, isGateway: false));
    }

    public Lab Lab => _lab;

    public Daemon Gateway => _gateway.Daemon!;

    /// <summary>The gateway's, configured and without a peer.</summary>
    public Footprint Empty { get; private set; }

    /// <summary>How long it took until every connection was up, and the gateway's processor time for that.</summary>
    public (TimeSpan Time, double GatewaySeconds) Setup { get; private set; }

    /// <param name="hosts">Pairs of hosts behind both ends.</param>
    public static async Task<GatewayPair> StartAsync(string executable, int connections, int hosts, CancellationToken stop)
    {
        var lab = await DirectLab.StartAsync($"gateway-{connections}");
        var pair = new GatewayPair(lab, executable, connections);
        try
        {
            await pair.AddressAsync(hosts);
            await pair.ConnectAsync(stop);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    public static (string Branch, string Cloud) HostPair(int number) => (Address(10, 64, number, 1), Address(10, 128, number, 1));

    public async ValueTask DisposeAsync()
    {
        await _branches.DisposeAsync();
        await _gateway.DisposeAsync();
        await _lab.DisposeAsync();
    }

    private async Task AddressAsync(int hosts)
    {
        await _lab.RunAsync(Node.Box, ["ip", "-batch", "-"], string.Concat(Enumerable.Range(0, hosts).Select(n => $"addr add {HostPair(n).Branch}/32 dev lo\naddr add {Outside(n)}/32 dev lo\n")));
        await _lab.RunAsync(Node.Gateway, ["ip", "-batch", "-"], string.Concat(Enumerable.Range(0, hosts).Select(n => $"addr add {HostPair(n).Cloud}/32 dev lo\n")));
        await _lab.RunAsync(Node.Gateway, ["ip", "route", "add", "198.18.0.0/16", "via", LabAddresses.BoxWan, "dev", "wan0", "onlink"]);
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        await _gateway.StartAsync();
        await Task.Delay(1000, stop); // its threads settle
        Empty = Footprint.Of(Gateway);
        var (start, cpu) = (System.Diagnostics.Stopwatch.GetTimestamp(), Processors.Now([Gateway]));
        await _branches.StartAsync();
        var up = 0;
        await Until.TrueAsync(
            $"{_connections} connections come up", TimeSpan.FromSeconds(60) + (_connections * EachMayTake),
            async () =>
            {
                stop.ThrowIfCancellationRequested();
                up = await _branches.ConnectionsUpAsync();
                if (up < _connections) await Task.Delay(500, stop);
                return up == _connections;
            },
            () => $"{up} are up");
        Setup = (System.Diagnostics.Stopwatch.GetElapsedTime(start), (Processors.Now([Gateway]) - cpu).Daemons);
    }

    private static JsonObject Document(int connections, bool isGateway)
    {
        var list = new JsonArray();
        var secrets = new JsonObject();
        for (var n = 0; n < connections; n++)
        {
            var isAlone = connections == 1;
            var (branchNet, cloudNet) = isAlone ? ("10.64.0.0/10", "10.128.0.0/10") : (Address(10, 64, n, 0) + "/24", Address(10, 128, n, 0) + "/24");
            var name = string.Create(CultureInfo.InvariantCulture, $"branch-{n}");
            var branch = new JsonObject { ["identity"] = name + ".lab", ["networks"] = new JsonArray(branchNet) };
            var local = isGateway ? new JsonObject { ["identity"] = "cloud.lab", ["networks"] = new JsonArray(cloudNet) } : branch;
            if (!isGateway) local["address"] = Outside(n);
            list.Add(new JsonObject
            {
                ["name"] = name,
                ["mode"] = isGateway ? "responder" : "initiator",
                ["local"] = local,
                ["remote"] = new JsonObject
                {
                    ["endpoints"] = new JsonArray(new JsonObject
                    {
                        ["address"] = isGateway ? Outside(n) : LabAddresses.GatewayWan,
                        ["identity"] = isGateway ? name + ".lab" : "cloud.lab",
                    }),
                    ["networks"] = new JsonArray(isGateway ? branchNet : cloudNet),
                },
                ["trafficSelectors"] = new JsonArray(new JsonObject { ["local"] = isGateway ? cloudNet : branchNet, ["remote"] = isGateway ? branchNet : cloudNet }),
                ["authentication"] = new JsonObject { ["type"] = "psk", ["secret"] = name },
                ["ike"] = new JsonObject { ["proposals"] = new JsonArray("aes256gcm16-prfsha256-x25519") },
                ["esp"] = new JsonObject { ["proposals"] = new JsonArray("aes256gcm16"), ["encapsulation"] = "udp" },
                ["tunnel"] = new JsonObject { ["interface"] = "many0" },
            });
            secrets[name] = new JsonObject { ["psk"] = string.Create(CultureInfo.InvariantCulture, $"Zq81Lkd72Mnb39Xc5TgY-{n}") };
        }

        return new JsonObject { ["schema"] = 1, ["connections"] = list, ["lab"] = new JsonObject { ["shortTimes"] = true }, ["secrets"] = secrets };
    }

    private static string Outside(int number) => string.Create(CultureInfo.InvariantCulture, $"198.18.{number >> 8}.{number & 255}");

    private static string Address(int first, int second, int number, int last) =>
        string.Create(CultureInfo.InvariantCulture, $"{first}.{second + (number >> 8)}.{number & 255}.{last}");
}
