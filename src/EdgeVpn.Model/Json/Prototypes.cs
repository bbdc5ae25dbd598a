using System.Net;
using System.Text.Json;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Model.Json;

/// <summary>Each record as it is when nothing was written: the source of defaults for reading, and of stand-ins for required fields.</summary>
internal static class Prototypes
{
    private static readonly IPNetwork s_anyNetwork = new(IPAddress.Any, 0);
    private static readonly EndpointConfig s_endpoint = new() { Address = PeerAddress.Any };
    private static readonly RemoteConfig s_remote = new() { Endpoints = [] };
    private static readonly PskAuthentication s_psk = new() { Secret = "" };

    // One line per record; a test walks the metadata and finds a record that is missing here.
    private static readonly object[] s_all =
    [
        new BoxConfig(), new DeviceConfig(), new InternetConfig(), new ButtonConfig(), new MetricsConfig(), new LabConfig(),
        new InterfaceConfig { Name = "", Role = InterfaceRole.Lan }, new Ipv4Config(), new Ipv6Config(),
        new DhcpRangeConfig { First = IPAddress.Any, Last = IPAddress.Any }, new VlanConfig { Parent = "", Id = 1 },
        new PppoeConfig { Parent = "", User = "", Secret = "" }, new LteConfig { Apn = "" },
        new ConnectionConfig { Name = "", Remote = s_remote, Authentication = s_psk }, new LocalConfig(), s_remote, s_endpoint,
        new TrafficSelectorConfig { Local = s_anyNetwork, Remote = s_anyNetwork },
        s_psk, new CertificateAuthentication { Certificate = "", Key = "", Authorities = [] },
        new EapMschapv2Authentication { User = "", Secret = "", Authorities = [] },
        new EapTlsAuthentication { Certificate = "", Key = "", Authorities = [] }, new PpkConfig { Id = "", Secret = "" },
        new IkeConfig(), new EspConfig(), new DpdConfig(), new TunnelConfig(), new RateLimitConfig(),
        new ProbeConfig { Address = IPAddress.Any },
        new NatRuleConfig { Internal = s_anyNetwork, External = s_anyNetwork },
        new BgpConfig { LocalAsn = 0, PeerAsn = 0, PeerAddress = IPAddress.Any },
        new SecretConfig(), new CloudConfig { Broker = new BrokerAddress("placeholder.invalid", 8883, true) },
    ];

    private static readonly Dictionary<Type, JsonElement> s_json = s_all.ToDictionary(
        o => o.GetType(), o => JsonSerializer.SerializeToElement(o, ConfigurationJson.Default.Options.GetTypeInfo(o.GetType())));

    /// <summary>The record's fields with their defaults, as JSON.</summary>
    public static JsonElement Of(Type record) => s_json[record];

    /// <summary>True if the record has a line here.</summary>
    public static bool Has(Type record) => s_json.ContainsKey(record);
}
