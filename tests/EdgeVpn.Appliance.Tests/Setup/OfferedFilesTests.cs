using EdgeVpn.Appliance.Local.SetupPage;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Setup;

public sealed class OfferedFilesTests
{
    private const string Connection = """
        { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/connections/hub", "name": "hub", "type": "Microsoft.Network/connections",
          "connectionType": "IPsec", "connectionProtocol": "IKEv2",
          "virtualNetworkGateway1": { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworkGateways/gw" },
          "localNetworkGateway2": { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/localNetworkGateways/branch" } }
        """;

    private static readonly BoxConfig s_current = ConfigurationReader.Read("""
        { "device": { "name": "branch-042" },
          "connections": [{ "name": "other", "remote": { "endpoints": [{ "address": "203.0.113.7" }], "networks": ["10.70.0.0/24"] }, "authentication": { "type": "psk", "secret": "other" } }],
          "secrets": { "other": { "psk": "Zq81Lkd72Mnb39Xc5TgY" } } }
        """).Configuration!;

    [Fact]
    public void A_configuration_of_ours_is_taken_as_it_is()
    {
        var (kind, configuration, problems) = OfferedFiles.Read([new OfferedFile("config.json", """{ "schema": 1, "device": { "name": "new" } }""")], null, s_current);
        Assert.Equal(("configuration", "new", 0), (kind, configuration!.Device.Name, configuration.Connections.Length));
        Assert.Empty(problems);
    }

    [Fact]
    public void A_mistake_in_ours_is_told_with_its_path()
    {
        var (kind, configuration, problems) = OfferedFiles.Read([new OfferedFile("config.json", """{ "schema": 7 }""")], null, s_current);
        Assert.Equal(("configuration", true), (kind, configuration is null));
        Assert.Equal("$.schema", Assert.Single(problems, p => p.IsError).Path);
    }

    [Theory]
    [InlineData("""{ "schema": 1, "metrics": { "listen": "loopback" } }""", null)]
    [InlineData("""{ "device": { "name": "new" }, "conections": [] }""", "$.conections")]
    [InlineData("""{ "connections": {} }""", "$.connections")]
    public void Whatever_stands_at_the_top_of_ours_is_ours_and_so_are_its_mistakes(string text, string? mistake)
    {
        var (kind, _, problems) = OfferedFiles.Read([new OfferedFile("config.json", text)], null, s_current);
        Assert.Equal("configuration", kind);
        Assert.Equal(mistake is null ? [] : [mistake], problems.Where(static p => p.IsError).Select(static p => p.Path));
    }

    /// <summary>A virtual hub's gateway, as <c>az network vpn-gateway show</c> prints it, has connections at its top too.</summary>
    [Fact]
    public void What_has_an_Azure_id_is_Azures()
    {
        var (kind, _, _) = OfferedFiles.Read([new OfferedFile("gateway.json", """{ "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/vpnGateways/gw", "connections": [] }""")], null, s_current);
        Assert.Equal("azure", kind);
    }

    [Fact]
    public void What_is_missing_of_Azures_is_asked_for_and_nothing_changes()
    {
        var (kind, configuration, problems) = OfferedFiles.Read([new OfferedFile("connection.json", Connection)], null, s_current);
        Assert.Equal(("azure", true), (kind, configuration is null));
        Assert.Contains(problems, p => p.IsError && p.Sentence.Contains("Wanted is what this prints: az network local-gateway show", StringComparison.Ordinal));
        Assert.DoesNotContain(problems, p => p.Sentence.Contains("--psk", StringComparison.Ordinal)); // nobody types options at a page
    }

    [Fact]
    public void Azures_files_become_a_connection_beside_the_others()
    {
        OfferedFile[] files =
        [
            new("connection.json", Connection),
            new("gateway.json", """
                { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworkGateways/gw", "name": "gw", "type": "Microsoft.Network/virtualNetworkGateways",
                  "gatewayType": "Vpn", "vpnType": "RouteBased",
                  "ipConfigurations": [{ "name": "default", "publicIPAddress": { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/pip" },
                    "subnet": { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/net/subnets/GatewaySubnet" } }] }
                """),
            new("address.json", """
                { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/pip", "name": "pip", "type": "Microsoft.Network/publicIPAddresses", "ipAddress": "203.0.113.2" }
                """),
            new("site.json", """
                { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/localNetworkGateways/branch", "name": "branch", "type": "Microsoft.Network/localNetworkGateways",
                  "gatewayIpAddress": "198.51.100.2", "localNetworkAddressSpace": { "addressPrefixes": ["10.10.0.0/24"] } }
                """),
            new("vnet.json", """
                { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/net", "name": "net", "type": "Microsoft.Network/virtualNetworks",
                  "addressSpace": { "addressPrefixes": ["10.20.0.0/16"] } }
                """),
        ];
        var (kind, configuration, problems) = OfferedFiles.Read([.. files], "n3Vt81LkdQ72Mnb39Xc5", s_current);
        Assert.True(configuration is not null, string.Join('\n', problems));
        Assert.Equal(("azure", "branch-042"), (kind, configuration.Device.Name));
        Assert.Equal(["other", "hub"], configuration.Connections.Select(c => c.Name));
        Assert.Equal("203.0.113.2", Assert.Single(configuration.Connections[1].Remote.Endpoints).Address.ToString());
        Assert.Equal("n3Vt81LkdQ72Mnb39Xc5", configuration.Secrets[((PskAuthentication)configuration.Connections[1].Authentication).Secret].Psk!.Reveal());
        Assert.Equal("Zq81Lkd72Mnb39Xc5TgY", configuration.Secrets["other"].Psk!.Reveal());
    }

    /// <summary>Valid, and yet it will not work: what lint knows is told before the branch is switched over.</summary>
    [Fact]
    public void What_a_valid_document_will_come_to_is_told_with_its_mend()
    {
        var offered = """
            { "connections": [{ "name": "hub", "remote": { "endpoints": [{ "address": "203.0.113.7" }], "networks": ["10.70.0.0/24"] }, "authentication": { "type": "psk", "secret": "hub" },
                "ike": { "proposals": ["aes256-sha256-modp1024"] }, "esp": { "proposals": ["aes256-sha256-modp2048"] } }],
              "secrets": { "hub": { "psk": "Zq81Lkd72Mnb39Xc5TgY" } } }
            """;
        var (_, configuration, problems) = OfferedFiles.Read([new OfferedFile("config.json", offered)], null, s_current);
        Assert.NotNull(configuration);
        var findings = OfferedFiles.Findings(configuration, problems);
        var failing = Assert.Single(findings, static f => f.WillFail);
        Assert.Equal("$.connections[0].esp.proposals", failing.Path);
        Assert.Contains("32 no-proposal-esp", failing.Sentence, StringComparison.Ordinal);
        Assert.Contains("--pfs-group PFS2048", failing.Mend, StringComparison.Ordinal);
        Assert.DoesNotContain(findings, f => problems.Any(p => p.Path == f.Path)); // what the model said of a place is not said twice
        Assert.DoesNotContain("Zq81", string.Join('\n', findings), StringComparison.Ordinal);
    }
}
