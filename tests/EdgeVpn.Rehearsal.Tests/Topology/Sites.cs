using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Topology;

namespace EdgeVpn.Rehearsal.Tests.Topology;

/// <summary>Boxes that fit together: box n is at 198.51.100.n, has 10.n.0.0/24 and shows <c>box-n.example</c>.</summary>
internal static class Sites
{
    public const string Key = "Zq81Lkd72Mnb39Xc5TgY";
    public const string AzureAddress = "203.0.113.20";
    public static readonly IPNetwork Vnet = IPNetwork.Parse("10.200.0.0/16");

    public static string Address(int n) => $"198.51.100.{n}";

    public static string Network(int n) => $"10.{n}.0.0/24";

    /// <summary>Box <paramref name="n"/>'s end of a tunnel to box <paramref name="to"/>.</summary>
    public static ConnectionConfig End(int n, int to, params string[] networks) => new()
    {
        Name = $"to-{to}",
        Local = new LocalConfig { Address = IPAddress.Parse(Address(n)), Identity = $"box-{n}.example", Networks = [IPNetwork.Parse(Network(n))] },
        Remote = new RemoteConfig
        {
            Endpoints = [new EndpointConfig { Address = PeerAddress.Of(IPAddress.Parse(Address(to))), Identity = $"box-{to}.example" }],
            Networks = [.. networks.Length > 0 ? networks.Select(x => IPNetwork.Parse(x)) : [IPNetwork.Parse(Network(to))]],
        },
        Authentication = new PskAuthentication { Secret = "key" },
    };

    /// <summary>Box <paramref name="n"/>'s end of a tunnel to a gateway that is none of ours.</summary>
    public static ConnectionConfig Out(int n, params string[] addresses) => End(n, 200, Vnet.ToString()) with
    {
        Name = "cloud",
        Local = new LocalConfig { Identity = Address(n), Networks = [IPNetwork.Parse(Network(n))] },
        Remote = new RemoteConfig
        {
            Endpoints = [.. (addresses.Length == 0 ? [AzureAddress] : addresses).Select(static a => new EndpointConfig { Address = PeerAddress.Of(IPAddress.Parse(a)) })],
            Networks = [Vnet],
            Strategy = addresses.Length > 1 ? EndpointStrategy.All : EndpointStrategy.Failover,
        },
    };

    public static TopologySite Box(int n, params ConnectionConfig[] connections) => Box(n, Key, connections);

    public static TopologySite Box(int n, string key, params ConnectionConfig[] connections)
    {
        var site = new TopologySite($"box-{n}", new BoxConfig
        {
            Connections = [.. connections],
            Secrets = ImmutableDictionary<string, SecretConfig>.Empty.Add("key", new SecretConfig { Psk = new SecretText(key) }),
        });
        Assert.DoesNotContain(ConfigurationReader.Check(site.Configuration), static p => p.Severity == ProblemSeverity.Error); // a picture is made of valid documents
        return site;
    }

    /// <summary>Two boxes, each changed.</summary>
    public static TopologySite[] Two(Func<ConnectionConfig, ConnectionConfig>? first = null, Func<ConnectionConfig, ConnectionConfig>? second = null) =>
        [Box(1, (first ?? Same)(End(1, 2))), Box(2, (second ?? Same)(End(2, 1)))];

    /// <summary>Box 100 in the middle of boxes 1 to <paramref name="spokes"/>, each sending to all others through it.</summary>
    public static TopologySite[] Star(int spokes, Func<int, ConnectionConfig, ConnectionConfig>? change = null)
    {
        var all = Enumerable.Range(1, spokes).ToList();
        return
        [
            Box(100, [.. all.Select(n => End(100, n))]),
            .. all.Select(n => Box(n, (change ?? ((_, c) => c))(n, End(n, 100, [.. all.Where(o => o != n).Append(100).Select(Network)])))),
        ];
    }

    public static TopologySite[] Mesh(int boxes, params (int, int)[] without) =>
    [
        .. Enumerable.Range(1, boxes).Select(n => Box(n, [.. Enumerable.Range(1, boxes).Where(o => o != n && !without.Contains((Math.Min(n, o), Math.Max(n, o)))).Select(o => End(n, o))])),
    ];

    public static TopologyReport Check(params TopologySite[] sites) => Check(AzurePicture.Empty, null, sites);

    public static TopologyReport Check(AzurePicture azure, string? sku, params TopologySite[] sites) =>
        Topologist.Check(new TopologyParts([.. sites], azure, sku), AlgorithmCatalog.Default);

    public static TopologyFinding[] Grave(this TopologyReport report) => [.. report.Findings.Where(static f => f.Severity != FindingSeverity.Info)];

    private static ConnectionConfig Same(ConnectionConfig connection) => connection;
}
