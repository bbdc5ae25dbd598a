using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using static EdgeVpn.Model.Tests.Azure.AzureShapes;

namespace EdgeVpn.Model.Tests.Azure;

/// <summary>What Azure prints and does not mean, and what it means and does not print.</summary>
public class AzureTrapTests
{
    private static readonly AzureImportOptions s_none = new();

    private static ConnectionConfig One(AzureImportResult result)
    {
        Assert.True(result.Configuration is not null, string.Join('\n', result.Remarks) + string.Join('\n', result.Problems));
        return Assert.Single(result.Configuration.Connections);
    }

    private static ConnectionConfig With(Action<JsonObject>? connection = null, Action<JsonObject>? gateway = null, Action<JsonObject>? site = null) =>
        One(Import(Connection(connection), Gateway(gateway), Site(site), Network()));

    private static ImportRemark Missing(AzureImportResult result)
    {
        Assert.Null(result.Configuration);
        return Assert.Single(result.Remarks, r => r.Kind == ImportRemarkKind.Missing);
    }

    private static ImportRemark Refused(AzureImportResult result)
    {
        Assert.Null(result.Configuration);
        var refused = Assert.Single(result.Remarks, r => r.Kind == ImportRemarkKind.Refused);
        Assert.False(string.IsNullOrEmpty(refused.Remedy), "a refusal names its remedy");
        return refused;
    }

    [Fact]
    public void Dpd_of_zero_means_45_seconds()
    {
        Assert.Equal(TimeSpan.FromSeconds(45), With(c => c["dpdTimeoutSeconds"] = 0).Dpd.Timeout);
        Assert.Equal(TimeSpan.FromSeconds(30), With(c => c["dpdTimeoutSeconds"] = 30).Dpd.Timeout);
    }

    [Fact]
    public void No_policy_means_the_default_set()
    {
        foreach (var connection in new[] { With(c => c["ipsecPolicies"] = new JsonArray()), With(c => c["ipsecPolicies"] = null), With(c => c.Remove("ipsecPolicies")) })
        {
            Assert.Empty(connection.Ike.Proposals);
            Assert.Empty(connection.Esp.Proposals);
            Assert.Equal(TimeSpan.FromSeconds(27_000), connection.Esp.Lifetime);
        }
    }

    [Fact]
    public void A_policy_is_translated_with_its_lifetimes()
    {
        var connection = With(c => c["ipsecPolicies"] = new JsonArray(Policy()));
        Assert.Equal(["aes256-sha256-ecp384"], connection.Ike.Proposals);
        Assert.Equal(["aes256gcm16-ecp384"], connection.Esp.Proposals);
        Assert.Equal(TimeSpan.FromSeconds(14_400), connection.Esp.Lifetime);
        Assert.Equal(2_048_000, connection.Esp.LifetimeKilobytes);
        Assert.Equal(TimeSpan.FromSeconds(28_800), connection.Ike.Lifetime);
    }

    [Theory]
    [InlineData("IPsec")]
    [InlineData("IPSec")]
    [InlineData("ipsec")]
    public void Case_of_words_does_not_count(string type)
    {
        var connection = With(
            c =>
            {
                c["connectionType"] = type;
                c["connectionProtocol"] = "ikev2";
                c["connectionMode"] = "RESPONDERONLY";
                c["ipsecPolicies"] = new JsonArray(Policy("gcmaes256", "sha384", "ecp384", "gcmaes256", "GcmAes256", "none"));
                c["virtualNetworkGateway1"]!["id"] = $"{Group}/virtualNetworkGateways/vpngw".ToUpperInvariant();
            },
            g => g["vpnType"] = "routebased");
        Assert.Equal(["aes256gcm16-prfsha384-ecp384"], connection.Ike.Proposals);
        Assert.Equal(["aes256gcm16"], connection.Esp.Proposals);
    }

    [Fact]
    public void An_address_written_as_x_x_x_x_is_asked_for_by_name()
    {
        JsonNode[] files = [Connection(), Gateway(), Network(), Site(s => s["gatewayIpAddress"] = "x.x.x.x")];
        var missing = Missing(Import(files));
        Assert.Contains("x.x.x.x", missing.Sentence);
        Assert.Contains("--wan-address", missing.Remedy);
        var told = AzureImport.Read([.. files.Select((f, i) => File(f, $"{i}"))], s_none with { WanAddress = IPAddress.Parse("198.51.100.9") });
        Assert.Equal("198.51.100.9", One(told).Local.Identity);
    }

    [Fact]
    public void A_box_that_azure_finds_by_name_needs_no_address()
    {
        var result = Import(Connection(), Gateway(), Network(), Site(s =>
        {
            s.Remove("gatewayIpAddress");
            s["fqdn"] = "lyon.example";
        }));
        Assert.Null(One(result).Local.Identity);
        Assert.Contains(result.Remarks, r => r.Sentence.Contains("lyon.example", StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_key_is_asked_for_and_taken_from_what_prints_it()
    {
        JsonNode[] files = [Connection(c => c["sharedKey"] = null), Gateway(), Site(), Network()];
        var missing = Missing(Import(files));
        Assert.Contains("--psk", missing.Remedy);
        Assert.Contains("shared-key show", missing.Remedy);

        var printed = Parse($$"""{ "id": "{{Group}}/connections/lyon-hub/sharedkey", "value": "fromSharedKeyShow12345" }""");
        Assert.Equal("fromSharedKeyShow12345", Import([.. files, printed]).Configuration!.Secrets["lyon-hub"].Psk!.Reveal());
        var nameless = Parse("""{ "value": "fromSharedKeyShow12345" }""");
        Assert.Equal("fromSharedKeyShow12345", Import([.. files, nameless]).Configuration!.Secrets["lyon-hub"].Psk!.Reveal());
        var given = AzureImport.Read([.. files.Select((f, i) => File(f, $"{i}"))], s_none with { Psk = "givenOnTheCommandLine1" });
        Assert.Equal("givenOnTheCommandLine1", given.Configuration!.Secrets["lyon-hub"].Psk!.Reveal());
    }

    [Fact]
    public void The_gateways_address_is_the_tunnel_address_never_the_resource_id()
    {
        Assert.Equal("203.0.113.20", Assert.Single(With().Remote.Endpoints).Address.ToString());
        // Without BGP settings (Basic) the address is in the public IP's own document.
        JsonNode[] basic = [Connection(), Gateway(g => g.Remove("bgpSettings")), Site(), Network()];
        Assert.Contains("az network public-ip show -g GROUP -n pip1", Missing(Import(basic)).Remedy);
        var address = Parse($$"""{ "id": "{{Group}}/publicIPAddresses/pip1", "type": "Microsoft.Network/publicIPAddresses", "properties": { "ipAddress": "203.0.113.44" } }""");
        Assert.Equal("203.0.113.44", One(Import([.. basic, address])).Remote.Endpoints[0].Address.ToString());
    }

    [Fact]
    public void Private_tunnel_addresses_are_taken_only_for_a_connection_over_a_private_line()
    {
        void Two(JsonObject gateway) => gateway["bgpSettings"]!["bgpPeeringAddresses"]![0]!["tunnelIpAddresses"] = new JsonArray("10.20.255.4", "203.0.113.20");
        Assert.Equal("203.0.113.20", With(null, Two).Remote.Endpoints[0].Address.ToString());
        Assert.Equal("10.20.255.4", With(c => c["useLocalAzureIpAddress"] = true, Two).Remote.Endpoints[0].Address.ToString());
    }

    [Fact]
    public void Placeholders_of_a_script_are_no_values()
    {
        var result = AzureImport.Read([File(Script())], s_none);
        Assert.Null(One(result).Bgp);
        var bgp = One(AzureImport.Read([File(Script(bgp: "True"))], s_none)).Bgp!;
        Assert.Equal((65010, 65515, "10.10.0.1", "10.20.255.30"), (bgp.LocalAsn, bgp.PeerAsn, bgp.LocalAddress!.ToString(), bgp.PeerAddress.ToString()));
    }

    [Fact]
    public void A_script_of_the_default_policy_says_3600_and_means_27000()
    {
        var result = AzureImport.Read([File(Script())], s_none);
        var connection = One(result);
        Assert.Empty(connection.Ike.Proposals);
        Assert.Equal(TimeSpan.FromSeconds(27_000), connection.Esp.Lifetime);
        Assert.Contains(result.Remarks, r => r.Kind == ImportRemarkKind.Note && r.Sentence.Contains("3600", StringComparison.Ordinal) && r.Sentence.Contains("27,000", StringComparison.Ordinal));
    }

    [Fact]
    public void A_script_of_a_custom_policy_is_taken_at_its_word()
    {
        var connection = One(AzureImport.Read([File(Script(dh: "DHGroup14", pfs: "PFS2048", lifetime: "7200"))], s_none));
        Assert.Equal(["aes256-sha256-modp2048"], connection.Ike.Proposals);
        Assert.Equal(["aes256-sha256-modp2048"], connection.Esp.Proposals);
        Assert.Equal(TimeSpan.FromSeconds(7_200), connection.Esp.Lifetime);
    }

    [Fact]
    public void Active_active_has_two_addresses_in_whichever_case_its_ids_are_written()
    {
        void Site2(JsonObject site) => site["bgpSettings"] = Parse("""{ "asn": 65010, "bgpPeeringAddress": "10.10.0.1" }""");
        var connection = With(c => c["enableBgp"] = true, ActiveActive, Site2);
        Assert.Equal(EndpointStrategy.All, connection.Remote.Strategy);
        Assert.Equal(["203.0.113.20", "203.0.113.21"], connection.Remote.Endpoints.Select(e => e.Address.ToString()));
        Assert.Equal(["10.20.255.30", "10.20.255.31"], connection.Remote.Endpoints.Select(e => e.BgpPeer!.ToString()));
        Assert.Equal("10.20.255.30", connection.Bgp!.PeerAddress.ToString());

        var script = One(AzureImport.Read([File(Script("/Data/VNG_GATEWAYIPS/IpAddress/IP = 203.0.113.20\n/Data/VNG_GATEWAYIPS/IpAddress/IP = 203.0.113.21"))], s_none));
        Assert.Equal((EndpointStrategy.All, 2), (script.Remote.Strategy, script.Remote.Endpoints.Length));
    }

    [Fact]
    public void A_link_local_bgp_address_meets_the_gateways_link_local_one()
    {
        void Link(JsonObject site) => site["bgpSettings"] = Parse("""{ "asn": 65010, "bgpPeeringAddress": "169.254.21.2" }""");
        void Custom(JsonObject gateway)
        {
            ActiveActive(gateway);
            gateway["bgpSettings"]!["bgpPeeringAddresses"]![0]!["customBgpIpAddresses"] = new JsonArray("169.254.21.1");
        }

        var result = Import(Connection(c => c["enableBgp"] = true), Gateway(Custom), Site(Link), Network());
        Assert.Equal(["169.254.21.1", "169.254.21.3"], One(result).Remote.Endpoints.Select(e => e.BgpPeer!.ToString()));
        Assert.Contains(result.Remarks, r => r.Sentence.Contains("the box has to open it", StringComparison.Ordinal));

        var chosen = With(
            c =>
            {
                c["enableBgp"] = true;
                c["gatewayCustomBgpIpAddresses"] = new JsonArray(Parse($$"""{ "ipConfigurationId": "{{Group}}/virtualNetworkGateways/vpngw/ipConfigurations/activeActive", "customBgpIpAddress": "169.254.22.9" }"""));
            },
            Custom, Link);
        Assert.Equal(["169.254.21.1", "169.254.22.9"], chosen.Remote.Endpoints.Select(e => e.BgpPeer!.ToString()));
        Assert.Contains(result.Problems, p => p.Kind == ProblemKind.NotActedOn && p.Path.Text.EndsWith("bgp", StringComparison.Ordinal));
    }

    [Fact]
    public void The_prefix_that_is_the_boxs_own_bgp_address_is_no_network()
    {
        JsonNode[] files = [Connection(c => c["enableBgp"] = true), Gateway(), Network(), Site(s =>
        {
            s["localNetworkAddressSpace"]!["addressPrefixes"] = new JsonArray("10.10.0.1/32");
            s["bgpSettings"] = Parse("""{ "asn": 65010, "bgpPeeringAddress": "10.10.0.1" }""");
        })];
        Assert.Contains("--lan", Missing(Import(files)).Remedy);
        var told = AzureImport.Read([.. files.Select((f, i) => File(f, $"{i}"))], s_none with { Lan = [IPNetwork.Parse("10.10.0.0/24")] });
        Assert.Equal("10.10.0.0/24", Assert.Single(One(told).Local.Networks).ToString());
    }

    [Theory]
    [InlineData("Default", ConnectionMode.Default)]
    [InlineData("InitiatorOnly", ConnectionMode.Responder)]
    [InlineData("ResponderOnly", ConnectionMode.Initiator)]
    public void Azures_mode_is_about_azures_side(string azure, ConnectionMode ours) => Assert.Equal(ours, With(c => c["connectionMode"] = azure).Mode);

    [Fact]
    public void Selector_policies_are_turned_round_and_policy_based_means_all_pairs()
    {
        var pairs = With(c => c["trafficSelectorPolicies"] = new JsonArray(Parse("""{ "localAddressRanges": ["10.20.1.0/24", "10.20.2.0/24"], "remoteAddressRanges": ["10.10.0.0/25"] }"""))).TrafficSelectors.Pairs;
        Assert.Equal(["10.10.0.0/25 10.20.1.0/24", "10.10.0.0/25 10.20.2.0/24"], pairs.Select(p => $"{p.Local} {p.Remote}"));
        var all = With(c => c["usePolicyBasedTrafficSelectors"] = true, null, s => s["localNetworkAddressSpace"]!["addressPrefixes"] = new JsonArray("10.10.0.0/24", "10.11.0.0/24")).TrafficSelectors.Pairs;
        Assert.Equal(["10.10.0.0/24 10.20.0.0/16", "10.11.0.0/24 10.20.0.0/16"], all.Select(p => $"{p.Local} {p.Remote}"));
    }

    [Fact]
    public void Address_translation_of_the_gateway_is_kept_and_routes_follow_it()
    {
        JsonObject Rule(string name, string mode, string from, string to) => Parse($$"""
            { "name": "{{name}}", "id": "{{Group}}/virtualNetworkGateways/vpngw/natRules/{{name}}", "type": "Microsoft.Network/virtualNetworkGateways/natRules",
              "properties": { "type": "Static", "mode": "{{mode}}", "internalMappings": [{ "addressSpace": "{{from}}" }], "externalMappings": [{ "addressSpace": "{{to}}" }] } }
            """);
        JsonObject[] estate =
        [
            Connection(c =>
            {
                c["ingressNatRules"] = new JsonArray(Parse($$"""{ "id": "{{Group}}/virtualNetworkGateways/vpngw/natRules/in" }"""));
                c["egressNatRules"] = new JsonArray(Parse($$"""{ "id": "{{Group}}/virtualNetworkGateways/vpngw/natRules/out" }"""));
            }),
            Gateway(g => g["natRules"] = new JsonArray(Rule("in", "IngressSnat", "10.10.0.0/24", "172.16.5.0/24"), Rule("out", "EgressSnat", "10.20.0.0/16", "172.20.0.0/16"), Rule("other", "EgressSnat", "10.20.0.0/24", "172.30.0.0/24"))),
            Site(), Network(),
        ];
        foreach (var shape in new Func<JsonNode, JsonNode>[] { n => n, Flattened, PowerShell })
        {
            var result = Import([.. estate.Select(e => shape(e))]);
            var connection = One(result);
            Assert.Equal(
                [(NatSide.Local, NatTranslator.Peer, "10.10.0.0/24", "172.16.5.0/24"), (NatSide.Remote, NatTranslator.Peer, "10.20.0.0/16", "172.20.0.0/16")],
                connection.Nat.Select(r => (r.Side, r.By, r.Internal.ToString(), r.External.ToString())));
            Assert.Equal("172.20.0.0/16", Assert.Single(connection.Remote.Networks).ToString());
            Assert.Contains(result.Remarks, r => r.Sentence.Contains("translates addresses by itself", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Networks_peered_with_the_gateways_are_behind_it_too()
    {
        var network = Network();
        network["properties"]!["virtualNetworkPeerings"] = new JsonArray(
            Parse("""{ "name": "spoke", "properties": { "allowGatewayTransit": true, "remoteVirtualNetworkAddressSpace": { "addressPrefixes": ["10.30.0.0/16"] } } }"""),
            Parse("""{ "name": "apart", "properties": { "allowGatewayTransit": false, "remoteVirtualNetworkAddressSpace": { "addressPrefixes": ["10.40.0.0/16"] } } }"""));
        Assert.Equal(["10.20.0.0/16", "10.30.0.0/16"], One(Import(Connection(), Gateway(), Site(), network)).Remote.Networks.Select(n => n.ToString()));
    }

    [Fact]
    public void What_lies_behind_the_gateway_is_asked_for_with_the_command_that_prints_it() =>
        Assert.Contains("az network vnet show -g GROUP -n vnet1", Missing(Import(Connection(), Gateway(), Site())).Remedy);

    [Fact]
    public void A_connection_without_its_gateway_or_site_asks_for_them_by_name()
    {
        var remedies = Import(Connection()).Remarks.Where(r => r.Kind == ImportRemarkKind.Missing).Select(r => r.Remedy!).ToList();
        Assert.Contains(remedies, r => r.Contains("az network vnet-gateway show -g GROUP -n vpngw", StringComparison.Ordinal));
        Assert.Contains(remedies, r => r.Contains("az network local-gateway show -g GROUP -n lyon", StringComparison.Ordinal));
        Assert.Contains("az network vpn-connection show", Missing(Import(Gateway(), Site(), Network())).Remedy);
    }

    [Fact]
    public void A_policy_based_gateway_is_refused_with_the_remedy()
    {
        var refused = Refused(Import(Connection(), Gateway(g => g["vpnType"] = "PolicyBased"), Site(), Network()));
        Assert.Contains("IKEv1", refused.Sentence);
        Assert.Contains("--vpn-type RouteBased", refused.Remedy);
        Assert.Contains("IKEv1", Refused(Import(Connection(c => c["connectionProtocol"] = "IKEv1"), Gateway(), Site(), Network())).Sentence);
    }

    [Theory]
    [InlineData("<?xml version=\"1.0\"?><AzVpnProfile xmlns=\"http://schemas.datacontract.org/2004/07/\"><any/></AzVpnProfile>", "point-to-site")]
    [InlineData("<VpnProfile><VpnServer>azuregateway-1.vpn.azure.com</VpnServer><VpnType>IKEv2</VpnType></VpnProfile>", "point-to-site")]
    [InlineData("PK\u0003\u0004zip", "zip archive")]
    [InlineData("client\nremote azuregateway-1.vpn.azure.com 443\nverify-x509-name x\nremote-cert-tls server\ndev tun\n", "OpenVPN")]
    [InlineData("param location string = 'x'\nresource gw 'Microsoft.Network/virtualNetworkGateways@2024-05-01' = {}", "Bicep")]
    [InlineData("ERROR: (ResourceNotFound) The Resource was not found.", "error message")]
    [InlineData("{ \"error\": { \"code\": \"AuthorizationFailed\", \"message\": \"The client has no access.\" } }", "AuthorizationFailed")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "certificate, as point-to-site")]
    [InlineData("{ \"schema\": 1, \"connections\": [] }", "configuration of this box already")]
    public void What_is_no_connection_is_recognised_and_refused(string text, string says) => Assert.Contains(says, Refused(AzureImport.Read([File(text)], s_none)).Sentence);

    [Fact]
    public void Other_kinds_of_connections_are_left_out_and_said()
    {
        var result = Import(Connection(), Connection(c => c["connectionType"] = "Vnet2Vnet", "to-paris"), Connection(c => c["connectionType"] = "ExpressRoute", "er"), Gateway(), Site(), Network());
        One(result);
        Assert.Equal(2, result.Remarks.Count(r => r.Sentence.Contains("not site to site", StringComparison.Ordinal)));
        Missing(Import(Connection(c => c["connectionType"] = "ExpressRoute"), Gateway(), Site(), Network()));
    }

    [Theory]
    [InlineData("DES", "SHA256", "ECP384", "GCMAES256", "des")]
    [InlineData("AES256", "MD5", "ECP384", "GCMAES256", "md5")]
    [InlineData("AES256", "SHA256", "DHGroup1", "GCMAES256", "modp768")]
    [InlineData("AES256", "SHA256", "None", "GCMAES256", "None")]
    [InlineData("AES256", "SHA256", "ECP384", "None", "null")]
    public void A_policy_this_box_refuses_is_refused_with_the_command_that_mends_it(string ike, string integrity, string group, string esp, string says)
    {
        var result = Import(Connection(c => c["ipsecPolicies"] = new JsonArray(Policy(ike, integrity, group, esp, "SHA256"))), Gateway(), Site(), Network());
        Assert.Null(result.Configuration);
        Assert.Contains(result.Remarks, r => r.Kind == ImportRemarkKind.Refused && r.Sentence.Contains(says, StringComparison.Ordinal) && r.Remedy!.Contains("ipsec-policy add", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_that_a_box_cannot_carry_are_changed_and_said()
    {
        var name = "connection_of_the_branch_in_lyon_to_the_hub_in_paris";
        var result = Import(Connection(null, name), Connection(null, name.ToUpperInvariant() + "2"), Gateway(), Site(s => s["localNetworkAddressSpace"]!["addressPrefixes"] = new JsonArray("10.10.0.0/24")), Network());
        Assert.Contains(result.Remarks, r => r.Sentence.Contains("is called", StringComparison.Ordinal));
        Assert.Contains(result.Problems, p => p.Severity == ProblemSeverity.Error); // both lead to the same network: the check says so
    }

    [Fact]
    public void No_remark_tells_the_key()
    {
        var results = new[] { Import(Connection(), Gateway(), Site(), Network()), AzureImport.Read([File(Script())], s_none with { Psk = "anotherKeyAltogether99" }) };
        foreach (var text in results.SelectMany(r => r.Remarks.Select(x => x.ToString()).Concat(r.Problems.Select(p => p.ToString()))).Append(new AzureImportOptions { Psk = "anotherKeyAltogether99" }.ToString()))
        {
            Assert.DoesNotContain(Psk, text);
            Assert.DoesNotContain("anotherKey", text);
        }
    }
}
