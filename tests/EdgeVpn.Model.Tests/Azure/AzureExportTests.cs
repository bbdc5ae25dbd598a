using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests.Azure;

public class AzureExportTests
{
    private static readonly AzureExportOptions s_open = new() { WithSecrets = true };

    private static FakeAz Az() => new(new Dictionary<string, string> { ["GROUP"] = "lyon", ["GATEWAY"] = "vpngw", ["PSK_HUB"] = "askedFor12345678901234", ["WAN_ADDRESS"] = "198.51.100.99" });

    private static BoxConfig Of(ConnectionConfig connection, string psk = "Zq81Lkd72Mnb39Xc5TgY") => new()
    {
        Connections = [connection],
        Secrets = ImmutableDictionary<string, SecretConfig>.Empty.Add(connection.Name, new SecretConfig { Psk = new SecretText(psk) }),
    };

    private static ConnectionConfig Hub => new()
    {
        Name = "hub",
        Local = new LocalConfig { Identity = "198.51.100.7", Networks = [IPNetwork.Parse("10.10.0.0/24")] },
        Remote = new RemoteConfig { Endpoints = [new EndpointConfig { Address = PeerAddress.Of(IPAddress.Parse("203.0.113.20")) }], Networks = [IPNetwork.Parse("10.20.0.0/16")] },
        Authentication = new PskAuthentication { Secret = "hub" },
    };

    /// <summary>Whatever the configuration that Azure can express: its commands, run, shown in each shape and imported, give it back.</summary>
    [Fact]
    public void Import_after_export_gives_the_same_configuration()
    {
        Func<JsonNode, JsonNode>[] shapes = [n => n, AzureShapes.Flattened, AzureShapes.Rest, AzureShapes.PowerShell, AzureShapes.PowerShellCut];
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var config = Random(random);
            Assert.DoesNotContain(ConfigurationReader.Check(config), p => p.Severity == ProblemSeverity.Error);
            var export = AzureExport.Write(config, s_open);
            Assert.Empty(export.Remarks);
            var az = Az();
            az.Run(export.Script);
            JsonObject[] shown = [.. az.Connections.Values, .. az.Sites.Values, .. Cloud(config, az)];
            var shape = shapes[random.Next(shapes.Length)];
            var import = AzureShapes.Import([.. shown.OrderBy(_ => random.Next()).Select(d => shape(d))]);
            Assert.True(import.Configuration is not null, $"seed {seed}: {string.Join('\n', import.Remarks)} {string.Join('\n', import.Problems)}\n{export.Script}");
            Assert.True(Text(config) == Text(import.Configuration), $"seed {seed}\n{export.Script}\n{Text(config)}\n{Text(import.Configuration)}");
        }
    }

    [Fact]
    public void The_key_is_asked_for_unless_it_is_wanted()
    {
        var closed = AzureExport.Write(Of(Hub), new AzureExportOptions());
        Assert.DoesNotContain("Zq81", closed.Script);
        var az = Az();
        az.Run(closed.Script);
        Assert.Equal("askedFor12345678901234", az.Connections["hub"]["properties"]!["sharedKey"]!.GetValue<string>());
        Assert.Contains("Zq81", AzureExport.Write(Of(Hub), s_open).Script);
    }

    [Fact]
    public void A_key_of_shell_characters_arrives_whole()
    {
        const string psk = "it's \"$(reboot)\" `x` $HOME \\ ;&|";
        var az = Az();
        az.Run(AzureExport.Write(Of(Hub, psk), s_open).Script);
        Assert.Equal(psk, az.Connections["hub"]["properties"]!["sharedKey"]!.GetValue<string>());
    }

    [Fact]
    public void What_azure_has_no_names_for_is_said()
    {
        var named = AzureExport.Write(Of(Hub with { Ike = new IkeConfig { Proposals = ["chacha20poly1305-prfsha256-x25519"] } }), s_open);
        Assert.Contains(named.Remarks, r => r.Kind == ImportRemarkKind.Missing && r.Sentence.Contains("x25519", StringComparison.Ordinal));
        Assert.DoesNotContain("ipsec-policy", named.Script);
        var readable = AzureExport.Write(Of(Hub with { Esp = new EspConfig { Proposals = ["aes256gmac-ecp384"] } }), s_open);
        Assert.Contains(readable.Remarks, r => r.Kind == ImportRemarkKind.Missing && r.Sentence.Contains("aes256gmac", StringComparison.Ordinal) && r.Remedy == "add a proposal such as aes256gcm16-ecp384");
        Assert.DoesNotContain("ipsec-policy", readable.Script);
        var several = AzureExport.Write(Of(Hub with { Ike = new IkeConfig { Proposals = ["aes256-aes128-sha256-x25519-ecp384"] }, Esp = new EspConfig { Proposals = ["aes256gcm16-ecp384"] } }), s_open);
        Assert.Contains(several.Remarks, r => r.Kind == ImportRemarkKind.Note && r.Sentence.Contains("aes256-sha256-ecp384 was taken", StringComparison.Ordinal));
        Assert.Contains("--dh-group ECP384", several.Script);
        var any = AzureExport.Write(Of(Hub with { Mode = ConnectionMode.Responder, Remote = Hub.Remote with { Endpoints = [new EndpointConfig { Address = PeerAddress.Any }] } }), s_open);
        Assert.False(any.HasCommands);
        Assert.Single(any.Remarks);
    }

    [Fact]
    public void A_box_whose_identity_is_a_name_is_asked_for_its_address()
    {
        var az = Az();
        az.Run(AzureExport.Write(Of(Hub with { Local = Hub.Local with { Identity = "branch.example" } }), s_open).Script);
        Assert.Equal("198.51.100.99", az.Sites["hub"]["properties"]!["gatewayIpAddress"]!.GetValue<string>());
    }

    private static string Text(BoxConfig config) => Encoding.UTF8.GetString(ConfigurationWriter.WriteForStorage(config));

    private static BoxConfig Random(Random random)
    {
        T Pick<T>(params T[] of) => of[random.Next(of.Length)];
        bool Coin() => random.Next(2) == 0;
        var both = Coin();
        var isCustom = Coin();
        IPNetwork[] lan = [IPNetwork.Parse("10.10.0.0/24"), .. Coin() ? [IPNetwork.Parse("10.11.0.0/16")] : Array.Empty<IPNetwork>()];
        IPNetwork[] vnet = [IPNetwork.Parse("10.20.0.0/16"), .. Coin() ? [IPNetwork.Parse("10.30.0.0/16")] : Array.Empty<IPNetwork>()];
        NatRuleConfig[] nat =
        [
            .. Coin() ? [new NatRuleConfig { By = NatTranslator.Peer, Side = NatSide.Local, Internal = lan[0], External = IPNetwork.Parse("172.16.1.0/24") }] : Array.Empty<NatRuleConfig>(),
            .. Coin() ? [new NatRuleConfig { By = NatTranslator.Peer, Side = NatSide.Remote, Internal = IPNetwork.Parse("192.168.0.0/24"), External = vnet[0] }] : Array.Empty<NatRuleConfig>(),
        ];
        var bgp = Coin() ? new BgpConfig { LocalAsn = Pick(65_010L, 4_200_000_001L), PeerAsn = 65_515, LocalAddress = IPAddress.Parse("10.10.0.1"), PeerAddress = IPAddress.Parse("10.20.255.30") } : null;
        EndpointConfig[] endpoints = both
            ? [Endpoint("203.0.113.20", bgp is null ? null : "10.20.255.30"), Endpoint("203.0.113.21", bgp is null ? null : "10.20.255.31")] : [Endpoint("203.0.113.20", null)];
        return Of(Hub with
        {
            Mode = Pick(ConnectionMode.Default, ConnectionMode.Initiator, ConnectionMode.Responder),
            Local = Hub.Local with { Networks = [.. lan] },
            Remote = new RemoteConfig { Endpoints = [.. endpoints], Strategy = both ? EndpointStrategy.All : EndpointStrategy.Failover, Networks = [.. vnet] },
            TrafficSelectors = isCustom && Coin() ? TrafficSelectorsConfig.Of([.. lan.Select(l => new TrafficSelectorConfig { Local = l, Remote = Pick(vnet) })]) : TrafficSelectorsConfig.Any,
            Ike = new IkeConfig { Proposals = isCustom ? [Pick("aes256-sha256", "aes128-sha1", "aes192-sha384", "aes256gcm16-prfsha384", "aes128gcm16-prfsha256") + Pick("-modp2048", "-ecp384", "-ecp256", "-modp1024", "-modp2048s256")] : [] },
            Esp = isCustom
                ? new EspConfig
                {
                    Proposals = [Pick("aes256gcm16", "aes192gcm16", "aes128gcm16", "aes256-sha256", "aes192-sha1", "3des-sha256") + Pick("", "-modp2048", "-ecp384", "-ecp256", "-modp1024", "-modp2048s256")],
                    Lifetime = TimeSpan.FromSeconds(random.Next(300, 90_000)),
                    LifetimeKilobytes = random.Next(1_024, 200_000_000),
                }
                : new EspConfig(),
            Dpd = new DpdConfig { Timeout = TimeSpan.FromSeconds(Coin() ? 45 : random.Next(9, 3_600)) },
            Nat = [.. nat],
            Bgp = bgp,
        });
    }

    private static EndpointConfig Endpoint(string address, string? peer) =>
        new() { Address = PeerAddress.Of(IPAddress.Parse(address)), BgpPeer = peer is null ? null : IPAddress.Parse(peer) };

    /// <summary>What stood there before: the gateway with its rules, and its network.</summary>
    private static JsonObject[] Cloud(BoxConfig config, FakeAz az)
    {
        var connection = config.Connections[0];
        var gateway = AzureShapes.Gateway(g =>
        {
            if (connection.Remote.Strategy == EndpointStrategy.All) AzureShapes.ActiveActive(g);
            g["natRules"] = new JsonArray([.. az.NatRules.Select(r => r.DeepClone())]);
        });
        var network = AzureShapes.Network();
        network["properties"]!["addressSpace"]!["addressPrefixes"] = new JsonArray([.. connection.Remote.Networks.Select(n =>
            (JsonNode)(connection.Nat.FirstOrDefault(r => r.Side == NatSide.Remote && r.External.Equals(n))?.Internal ?? n).ToString())]);
        return [gateway, network];
    }
}
