using System.Text.Json.Nodes;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests.Validation;

public class RuleTests
{
    private const string Second = """
        { "name": "second", "local": { "identity": "branch.lab" }, "remote": { "endpoints": [{ "address": "203.0.113.9" }], "networks": ["10.30.0.0/24"] },
          "authentication": { "type": "psk", "secret": "hub" } }
        """;

    /// <summary>Each row: the place, what stands there, the place of the one error, its kind.</summary>
    [Theory]
    // Document, device, cloud
    [InlineData("schema", "2", "$.schema", ProblemKind.BadValue)]
    [InlineData("device.name", "\"branch/042\"", "$.device.name", ProblemKind.BadValue)]
    [InlineData("device.site", "\"two\\nlines\"", "$.device.site", ProblemKind.BadValue)]
    [InlineData("cloud.fleet", "\"+\"", "$.cloud.fleet", ProblemKind.BadValue)]
    [InlineData("cloud.fleet", "\"enrol\"", "$.cloud.fleet", ProblemKind.BadValue)]
    [InlineData("cloud.broker", "\"mqtt://broker.example\"", "$.cloud.broker", ProblemKind.Weak)]
    [InlineData("cloud.broker", "\"https://broker.example\"", "$.cloud.broker", ProblemKind.BadValue)]
    [InlineData("cloud.broker", "\"mqtts://user:word@broker.example\"", "$.cloud.broker", ProblemKind.BadValue)]
    [InlineData("cloud.broker", "\"mqtts://broker.example/path\"", "$.cloud.broker", ProblemKind.BadValue)]
    [InlineData("cloud.commitConfirm", "\"00:00:05\"", "$.cloud.commitConfirm", ProblemKind.BadValue)]
    [InlineData("button", "{ \"reset\": \"none\" }", "$.button.reset", ProblemKind.BadValue)]
    [InlineData("metrics", "{ \"listen\": \"wan\" }", "$.metrics.listen", ProblemKind.BadValue)]
    [InlineData("metrics", "{ \"port\": 70000 }", "$.metrics.port", ProblemKind.BadValue)]
    // Interfaces
    [InlineData("interfaces[1].name", "\"wan0\"", "$.interfaces[1].name", ProblemKind.Contradiction)]
    [InlineData("interfaces[1].name", "\"a-name-far-too-long\"", "$.interfaces[1].name", ProblemKind.BadValue)]
    [InlineData("interfaces[1].name", "\"a/b\"", "$.interfaces[1].name", ProblemKind.BadValue)]
    [InlineData("interfaces[1].name", "\"..\"", "$.interfaces[1].name", ProblemKind.BadValue)]
    [InlineData("interfaces[0].mtu", "100", "$.interfaces[0].mtu", ProblemKind.BadValue)]
    [InlineData("interfaces[0].ipv4", "{ \"method\": \"static\" }", "$.interfaces[0].ipv4.address", ProblemKind.MissingField)]
    [InlineData("interfaces[0].ipv4", "{ \"method\": \"dhcp\", \"address\": \"192.0.2.2/24\" }", "$.interfaces[0].ipv4.address", ProblemKind.Contradiction)]
    [InlineData("interfaces[0].ipv4", "{ \"address\": \"192.0.2.0/24\" }", "$.interfaces[0].ipv4.address", ProblemKind.BadValue)]
    [InlineData("interfaces[0].ipv4", "{ \"address\": \"192.0.2.255/24\" }", "$.interfaces[0].ipv4.address", ProblemKind.BadValue)]
    [InlineData("interfaces[0].ipv4", "{ \"address\": \"2001:db8::1/64\" }", "$.interfaces[0].ipv4.address", ProblemKind.BadValue)]
    [InlineData("interfaces[0].ipv4", "{ \"address\": \"192.0.2.2/24\", \"gateway\": \"192.0.3.1\" }", "$.interfaces[0].ipv4.gateway", ProblemKind.Contradiction)]
    [InlineData("interfaces[0].ipv4", "{ \"address\": \"192.0.2.2/24\", \"gateway\": \"192.0.2.2\" }", "$.interfaces[0].ipv4.gateway", ProblemKind.Contradiction)]
    [InlineData("interfaces[0].ipv4", "{ \"address\": \"127.0.0.2/8\" }", "$.interfaces[0].ipv4.address", ProblemKind.BadValue)]
    [InlineData("interfaces[0].ipv4", "{ \"address\": \"224.0.0.1/24\" }", "$.interfaces[0].ipv4.address", ProblemKind.BadValue)]
    [InlineData("interfaces[0].ipv6", "{ \"address\": \"::1/64\" }", "$.interfaces[0].ipv6.address", ProblemKind.BadValue)]
    [InlineData("interfaces[0].ipv6", "{ \"address\": \"ff02::1/64\" }", "$.interfaces[0].ipv6.address", ProblemKind.BadValue)]
    [InlineData("interfaces[0].ipv4", "{ \"address\": \"10.10.0.77/25\" }", "$.interfaces[1].ipv4.address", ProblemKind.Contradiction)]
    [InlineData("interfaces[0].ipv4", "{ \"dns\": [\"2001:db8::53\"] }", "$.interfaces[0].ipv4.dns[0]", ProblemKind.BadValue)]
    [InlineData("interfaces[0].ipv6", "{ \"method\": \"static\", \"address\": \"10.9.0.1/24\" }", "$.interfaces[0].ipv6.address", ProblemKind.BadValue)]
    [InlineData("interfaces[0].ipv4.dhcpServer", "true", "$.interfaces[0].ipv4.dhcpServer", ProblemKind.Contradiction, 2)]
    [InlineData("interfaces[1].ipv4.dhcpRange", "{ \"first\": \"10.10.1.10\", \"last\": \"10.10.1.9\" }", "$.interfaces[1].ipv4.dhcpRange.first", ProblemKind.Contradiction, 3)]
    [InlineData("interfaces[1].ipv4.dhcpRange", "{ \"first\": \"10.10.0.99\", \"last\": \"10.10.0.9\" }", "$.interfaces[1].ipv4.dhcpRange", ProblemKind.Contradiction)]
    [InlineData("interfaces[0].vlan", "{ \"parent\": \"wan0\", \"id\": 7 }", "$.interfaces[0].vlan.parent", ProblemKind.Contradiction)]
    [InlineData("interfaces[0].name", "\"-wan0\"", "$.interfaces[0].name", ProblemKind.BadValue)]
    [InlineData("interfaces[0].vlan", "{ \"parent\": \"eth0\", \"id\": 4095 }", "$.interfaces[0].vlan.id", ProblemKind.BadValue)]
    [InlineData("interfaces[0].pppoe", "{ \"parent\": \"wan0\", \"user\": \"u\", \"secret\": \"dsl\" }", "$.interfaces[0].pppoe.parent", ProblemKind.Contradiction, 2)]
    [InlineData("interfaces[0].pppoe", "{ \"parent\": \"eth0\", \"user\": \"u\\nplugin evil.so\", \"secret\": \"dsl\" }", "$.interfaces[0].pppoe.user", ProblemKind.BadValue, 2)]
    [InlineData("interfaces[0].lte", "{ \"apn\": \"a\", \"user\": \"o'n\\\"e\" }", "$.interfaces[0].lte.user", ProblemKind.BadValue)]
    [InlineData("interfaces[0].pppoe", "{ \"parent\": \"eth0\", \"user\": \"u\", \"secret\": \"dsl\", \"service\": \"a\\u0000b\" }", "$.interfaces[0].pppoe.service", ProblemKind.BadValue, 2)]
    [InlineData("interfaces[0].lte", "{ \"apn\": \"internet,user=x\" }", "$.interfaces[0].lte.apn", ProblemKind.BadValue)]
    [InlineData("interfaces[1].lte", "{ \"apn\": \"internet\" }", "$.interfaces[1].role", ProblemKind.Contradiction, 2)]
    [InlineData("interfaces[0].reach", "[\"224.0.0.1\"]", "$.interfaces[0].reach[0]", ProblemKind.BadValue)]
    [InlineData("interfaces[1].reach", "[\"198.51.100.1\"]", "$.interfaces[1].reach", ProblemKind.Contradiction)]
    [InlineData("interfaces[0].reach", "[\"10.1.0.1\", \"10.1.0.2\", \"10.1.0.3\", \"10.1.0.4\", \"10.1.0.5\"]", "$.interfaces[0].reach", ProblemKind.TooMuch)]
    // Endpoints and identities
    [InlineData("connections[0].name", "\"-hub\"", "$.connections[0].name", ProblemKind.BadValue)]
    [InlineData("connections[0].remote.endpoints", "[]", "$.connections[0].remote.endpoints", ProblemKind.MissingField)]
    [InlineData("connections[0].remote.endpoints", "[{ \"address\": \"a.example\" }, { \"address\": \"a.example\" }]", "$.connections[0].remote.endpoints[1].address", ProblemKind.Contradiction)]
    [InlineData("connections[0].remote.endpoints", "[{ \"address\": \"a.example\" }, { \"address\": \"%any\" }]", "$.connections[0].remote.endpoints[1].address", ProblemKind.Contradiction)]
    [InlineData("connections[0].remote.endpoints[0].address", "\"0.0.0.0\"", "$.connections[0].remote.endpoints[0].address", ProblemKind.BadValue)]
    [InlineData("connections[0].remote.endpoints[0].address", "\"224.0.0.1\"", "$.connections[0].remote.endpoints[0].address", ProblemKind.BadValue)]
    [InlineData("connections[0].remote.endpoints[0].identity", "\"\"", "$.connections[0].remote.endpoints[0].identity", ProblemKind.BadValue)]
    [InlineData("connections[0].remote.endpoints[0].identity", "\"%any\"", "$.connections[0].remote.endpoints[0].identity", ProblemKind.BadValue)]
    [InlineData("connections[0].local.identity", "\"@#0g\"", "$.connections[0].local.identity", ProblemKind.BadValue)]
    [InlineData("connections[0].dpd.timeout", "\"00:00:05\"", "$.connections[0].dpd.timeout", ProblemKind.BadValue)]
    [InlineData("connections[0].dpd.timeout", "\"02:00:00\"", "$.connections[0].dpd.timeout", ProblemKind.BadValue)]
    [InlineData("connections[0].rateLimit", "{ \"outMbps\": 0 }", "$.connections[0].rateLimit.outMbps", ProblemKind.BadValue)]
    // Networks
    [InlineData("connections[0].remote.networks[0]", "\"10.10.0.0/24\"", "$.connections[0].remote.networks[0]", ProblemKind.Contradiction, 2)]
    [InlineData("connections[0].remote.networks[0]", "\"10.10.0.128/25\"", "$.connections[0].remote.networks[0]", ProblemKind.Contradiction, 2)]
    [InlineData("connections[0].remote.networks[0]", "\"127.0.0.0/8\"", "$.connections[0].remote.networks[0]", ProblemKind.BadValue)]
    [InlineData("connections[0].remote.networks[0]", "\"ff00::/8\"", "$.connections[0].remote.networks[0]", ProblemKind.BadValue)]
    [InlineData("connections[0].remote.networks", "[\"10.20.0.0/24\", \"10.20.0.0/24\"]", "$.connections[0].remote.networks[1]", ProblemKind.Contradiction)]
    [InlineData("connections[0].trafficSelectors", "[{ \"local\": \"10.10.0.0/24\", \"remote\": \"2001:db8::/64\" }]", "$.connections[0].trafficSelectors[0]", ProblemKind.Contradiction)]
    [InlineData("connections[0].trafficSelectors", "[{ \"local\": \"10.10.0.0/24\", \"remote\": \"10.20.0.0/24\", \"protocol\": 256 }]", "$.connections[0].trafficSelectors[0].protocol", ProblemKind.BadValue)]
    [InlineData("connections[0].probes[0].kind", "\"tcp\"", "$.connections[0].probes[0].port", ProblemKind.MissingField)]
    [InlineData("connections[0].probes[0].interval", "\"00:00:00\"", "$.connections[0].probes[0].interval", ProblemKind.BadValue)]
    // Secrets
    [InlineData("connections[0].authentication.secret", "\"hob\"", "$.connections[0].authentication.secret", ProblemKind.UnknownName)]
    [InlineData("secrets.hub", "{}", "$.secrets.hub", ProblemKind.MissingField, 2)]
    [InlineData("secrets.hub", "{ \"password\": \"x\" }", "$.connections[0].authentication.secret", ProblemKind.Contradiction)]
    [InlineData("secrets.hub.password", "\"x\"", "$.secrets.hub", ProblemKind.Contradiction)]
    [InlineData("secrets.hub.psk", "\"\"", "$.secrets.hub.psk", ProblemKind.BadValue)]
    [InlineData("secrets.hub.psk", "\"(hidden)\"", "$.secrets.hub.psk", ProblemKind.BadValue)]
    [InlineData("secrets.hub", "{ \"sealed\": \"a.b.c\" }", "$.secrets.hub.sealed", ProblemKind.BadValue)]
    // Suites
    [InlineData("connections[0].ike.lifetime", "\"00:04:59\"", "$.connections[0].ike.lifetime", ProblemKind.BadValue)]
    [InlineData("connections[0].esp.lifetime", "\"00:04:59\"", "$.connections[0].esp.lifetime", ProblemKind.BadValue)]
    [InlineData("connections[0].esp.lifetimeKilobytes", "1023", "$.connections[0].esp.lifetimeKilobytes", ProblemKind.BadValue)]
    [InlineData("connections[0].ike.authenticationLifetime", "\"00:04:59\"", "$.connections[0].ike.authenticationLifetime", ProblemKind.BadValue)]
    [InlineData("connections[0].ike.unique", "\"no\"", "$.connections[0].ike.unique", ProblemKind.BadValue)]
    [InlineData("connections[0].esp.replayWindow", "63", "$.connections[0].esp.replayWindow", ProblemKind.BadValue)]
    [InlineData("connections[0].esp.replayWindow", "4097", "$.connections[0].esp.replayWindow", ProblemKind.BadValue)]
    [InlineData("connections[0].esp.proposals[0]", "\"null-sha256\"", "$.connections[0].esp.proposals[0]", ProblemKind.Weak)]
    [InlineData("connections[0].esp.proposals[0]", "\"des-sha256\"", "$.connections[0].esp.proposals[0]", ProblemKind.Weak)]
    [InlineData("connections[0].esp.proposals[0]", "\"aes256-md5\"", "$.connections[0].esp.proposals[0]", ProblemKind.Weak)]
    [InlineData("connections[0].ike.proposals[0]", "\"aes256-sha256-modp768\"", "$.connections[0].ike.proposals[0]", ProblemKind.Weak)]
    [InlineData("connections[0].ike.proposals[0]", "\"aes256-sha256\"", "$.connections[0].ike.proposals[0]", ProblemKind.BadValue)]
    // Tunnel
    [InlineData("connections[0].tunnel.interface", "\"lan0\"", "$.connections[0].tunnel.interface", ProblemKind.Contradiction)]
    [InlineData("connections[0].tunnel.interface", "\"a b\"", "$.connections[0].tunnel.interface", ProblemKind.BadValue)]
    [InlineData("connections[0].tunnel.mtu", "1279", "$.connections[0].tunnel.mtu", ProblemKind.BadValue)]
    [InlineData("connections[0].tunnel.mssClamp", "200", "$.connections[0].tunnel.mssClamp", ProblemKind.BadValue)]
    public void Refused(string path, string json, string place, ProblemKind kind, int errors = 1)
    {
        var result = ConfigurationReader.Read(Documents.With(path, json));
        Assert.Null(result.Configuration);
        Assert.Equal(errors, result.Errors.Count());
        Assert.Contains(result.Errors, e => e.Path.Text == place && e.Kind == kind);
    }

    /// <summary>Each row: the place, what stands there, the place of a warning, its kind. The document is accepted.</summary>
    [Theory]
    [InlineData("secrets.hub.psk", "\"has a space and more of it\"", "$.secrets.hub.psk", ProblemKind.Doubtful)]
    [InlineData("secrets.hub.psk", "\"has-hyphens-and-more-of-it\"", "$.secrets.hub.psk", ProblemKind.Doubtful)]
    [InlineData("secrets.hub.psk", "\"tildes~are~refused~as~well\"", "$.secrets.hub.psk", ProblemKind.Doubtful)]
    [InlineData("secrets.hub.psk", "\"schlüsselundnochmehrdavon\"", "$.secrets.hub.psk", ProblemKind.Doubtful)]
    [InlineData("secrets.hub.psk", "\"short19charactersxx\"", "$.secrets.hub.psk", ProblemKind.Weak)]
    [InlineData("secrets.spare", "{ \"psk\": \"Zq81Lkd72Mnb39Xc5TgY\" }", "$.secrets.spare", ProblemKind.Doubtful)]
    [InlineData("connections[0].remote.networks[0]", "\"10.0.0.0/8\"", "$.connections[0].remote.networks[0]", ProblemKind.Doubtful)]
    [InlineData("connections[0].remote.networks", "[]", "$.connections[0].remote.networks", ProblemKind.Doubtful)]
    [InlineData("connections[0].probes[0].address", "\"10.99.0.1\"", "$.connections[0].probes[0].address", ProblemKind.Doubtful)]
    [InlineData("connections[0].trafficSelectors", "[{ \"local\": \"10.10.0.0/24\", \"remote\": \"10.99.0.0/24\" }]", "$.connections[0].remote.networks[0]", ProblemKind.Doubtful)]
    [InlineData("connections[0].esp.replayWindow", "0", "$.connections[0].esp.replayWindow", ProblemKind.Weak)]
    [InlineData("connections[0].esp.proposals[0]", "\"3des-sha1\"", "$.connections[0].esp.proposals[0]", ProblemKind.Weak, 2)]
    [InlineData("connections[0].esp.proposals[0]", "\"aes256gcm16-sha256\"", "$.connections[0].esp.proposals[0]", ProblemKind.Doubtful)]
    [InlineData("connections[0].tunnel", "{ \"mtu\": 1400, \"mssClamp\": 1400 }", "$.connections[0].tunnel.mssClamp", ProblemKind.Doubtful)]
    [InlineData("interfaces[0].role", "\"lan\"", "$.interfaces", ProblemKind.Doubtful)]
    [InlineData("connections[0].bgp", "{ \"localAsn\": 64512, \"peerAsn\": 65515, \"peerAddress\": \"10.20.0.30\" }", "$.connections[0].bgp", ProblemKind.NotActedOn)]
    [InlineData("lab.shortTimes", "true", "$.lab.shortTimes", ProblemKind.Doubtful)]
    public void Doubted(string path, string json, string place, ProblemKind kind, int warnings = 1)
    {
        var result = ConfigurationReader.Read(Documents.With(path, json));
        Assert.Empty(result.Errors);
        Assert.Equal(warnings, result.Warnings.Count(w => w.Path.Text == place && w.Kind == kind));
    }

    /// <summary>What looks unusual and is right.</summary>
    [Theory]
    [InlineData("interfaces[0].vlan", "{ \"parent\": \"eth0\", \"id\": 7 }")]
    [InlineData("interfaces[0].lte", "{ \"apn\": \"internet.example\" }")]
    [InlineData("interfaces[0].reach", "[\"198.51.100.1\", \"2001:db8::1\"]")]
    [InlineData("connections[0].remote.networks[0]", "\"0.0.0.0/0\"")]
    [InlineData("connections[0].remote.networks[0]", "\"10.20.0.0/32\"")]
    [InlineData("connections[0].remote.endpoints[0].address", "\"2001:db8::2\"")]
    [InlineData("connections[0].remote.endpoints[0].address", "\"gw.example.\"")]
    [InlineData("connections[0].local.identity", "\"@#0a0b\"")]
    [InlineData("connections[0].esp.lifetimeKilobytes", "0")]
    [InlineData("connections[0].ike.authenticationLifetime", "\"00:00:00\"")]
    [InlineData("connections[0].ike.authenticationLifetime", "\"1.00:00:00\"")]
    [InlineData("connections[0].ike.unique", "\"keep\"")]
    [InlineData("connections[0].ike.unique", "\"never\"")]
    [InlineData("connections[0].esp.lifetime", "\"7.00:00:00\"")]
    [InlineData("connections[0].tunnel.mtu", "1400")]
    [InlineData("cloud.broker", "\"mqtt://127.0.0.1:1883\"")]
    [InlineData("cloud.broker", "\"mqtt://localhost\"")]
    [InlineData("internet.access", "\"off\"")]
    [InlineData("interfaces[0].ipv4", "{ \"address\": \"192.0.2.0/31\", \"gateway\": \"192.0.2.1\" }")]
    [InlineData("interfaces[0].ipv6", "{ \"address\": \"2001:db8::1/64\", \"gateway\": \"fe80::1\" }")]
    public void Taken_without_remark(string path, string json)
    {
        var document = Documents.With("connections[0].ike.proposals", "[]", Documents.With("connections[0].probes", "[]"));
        Assert.Empty(ConfigurationReader.Read(Documents.With(path, json, document)).Problems);
    }

    [Fact]
    public void Ports_that_stand_on_each_other_in_a_circle_are_told_each_and_what_stands_on_them_is_not()
    {
        var result = ConfigurationReader.Read("""
            {
              "schema": 1, "secrets": { "p": { "password": "x" } },
              "interfaces": [
                { "name": "a", "role": "wan", "vlan": { "parent": "b", "id": 1 } },
                { "name": "b", "role": "wan", "pppoe": { "parent": "a", "user": "u", "secret": "p" } },
                { "name": "c", "role": "wan", "vlan": { "parent": "a", "id": 2 } },
                { "name": "d", "role": "wan", "vlan": { "parent": "eth0", "id": 2 } }
              ]
            }
            """);
        Assert.Equal(["$.interfaces[0].vlan.parent", "$.interfaces[1].pppoe.parent"], result.Errors.Select(static e => e.Path.ToString()));
    }

    [Fact]
    public void Names_of_connections_are_unique_and_networks_lead_to_one()
    {
        var twin = Second.Replace("second", "hub", StringComparison.Ordinal).Replace("10.30.0.0/24", "10.20.0.0/24", StringComparison.Ordinal);
        var errors = ConfigurationReader.Read(WithSecond(twin)).Errors.Select(e => e.Path.Text);
        Assert.Equal(["$.connections[1].name", "$.connections[1].remote.networks[0]"], errors.Order());
        Assert.True(ConfigurationReader.Read(WithSecond(Second)).IsValid);
    }

    [Fact]
    public void A_longer_prefix_inside_another_connections_network_is_no_contradiction() =>
        Assert.True(ConfigurationReader.Read(WithSecond(Second.Replace("10.30.0.0/24", "10.20.0.128/25", StringComparison.Ordinal))).IsValid);

    [Fact]
    public void Connections_with_any_address_must_differ_in_an_identity()
    {
        const string any = """{ "endpoints": [{ "address": "%any" }], "networks": [] }""";
        var first = Documents.With("connections[0].remote", any, Documents.With("connections[0].mode", "\"responder\""));
        var second = Documents.With("connections[0].remote", any, WithSecond(Second, first));
        second = Documents.With("connections[1].remote", any, second);
        var error = Documents.OneError(second, "$.connections[1].remote.endpoints[0]");
        Assert.Equal(ProblemKind.Contradiction, error.Kind);
        Assert.Contains("cannot be told", error.Sentence, StringComparison.Ordinal);

        const string named = """{ "endpoints": [{ "address": "%any", "identity": "lyon.example" }], "networks": [] }""";
        Assert.True(ConfigurationReader.Read(Documents.With("connections[1].remote", named, second)).IsValid);
        Assert.True(ConfigurationReader.Read(Documents.With("connections[1].local.identity", "\"other.example\"", second)).IsValid);
    }

    [Fact]
    public void An_initiator_cannot_call_any_address()
    {
        var document = Documents.With("connections[0].remote.endpoints", """[{ "address": "%any" }]""");
        Assert.True(ConfigurationReader.Read(document).IsValid);
        Documents.OneError(Documents.With("connections[0].mode", "\"initiator\"", document), "$.connections[0].remote.endpoints[0].address");
    }

    [Fact]
    public void A_laboratory_may_have_short_times_and_says_so()
    {
        var document = Documents.With("connections[0].esp.lifetime", "\"00:00:20\"", Documents.With("connections[0].dpd.timeout", "\"00:00:03\""));
        Assert.Equal(2, ConfigurationReader.Read(document).Errors.Count(e => e.Mend!.Contains("shortTimes", StringComparison.Ordinal)));
        document = Documents.With("lab", """{ "shortTimes": true }""", document);
        Documents.OneWarning(document, "$.lab.shortTimes");
        Documents.OneError(Documents.With("connections[0].esp.lifetime", "\"00:00:00\"", document), "$.connections[0].esp.lifetime");
    }

    [Fact]
    public void A_plain_broker_needs_the_word_insecure()
    {
        var document = Documents.With("cloud.broker", "\"mqtt://broker.example\"");
        Assert.Contains("insecure", Documents.OneError(document, "$.cloud.broker").Mend, StringComparison.Ordinal);
        Assert.True(ConfigurationReader.Read(Documents.With("cloud.insecure", "true", document)).IsValid);
    }

    [Fact]
    public void Tunnels_share_an_interface_only_with_the_same_mtu()
    {
        var document = WithSecond(Second.Replace("\"authentication\"", "\"tunnel\": { \"interface\": \"evpn0\", \"mtu\": 1400 }, \"authentication\"", StringComparison.Ordinal));
        Documents.OneError(document, "$.connections[1].tunnel.mtu");
        Assert.True(ConfigurationReader.Read(Documents.With("connections[0].tunnel.mtu", "1400", document)).IsValid);
    }

    [Fact]
    public void A_named_interface_cannot_be_another_connections_own()
    {
        var document = Documents.With("connections[0].tunnel.interface", "\"evpn-second\"", WithSecond(Second));
        Documents.OneError(document, "$.connections[1].tunnel.interface");
    }

    [Fact]
    public void Certificates_need_a_named_peer_a_key_and_an_authority()
    {
        var document = Documents.With("connections[0].authentication", """{ "type": "certificate", "certificate": "box.pem", "key": "hub", "authorities": [] }""");
        document = Documents.With("connections[0].remote.endpoints", """[{ "address": "203.0.113.2" }]""", document);
        Assert.Equal(
            ["$.connections[0].authentication.authorities", "$.connections[0].authentication.key", "$.connections[0].remote.endpoints[0].identity"],
            ConfigurationReader.Read(document).Errors.Select(e => e.Path.Text).Order());
    }

    [Fact]
    public void A_configuration_made_by_code_is_held_to_the_same_rules()
    {
        var config = ConfigurationReader.Read(Documents.Example).Configuration!;
        var problems = ConfigurationReader.Check(config with { Connections = [config.Connections[0] with { Name = "" }] });
        Assert.Equal("$.connections[0].name", Assert.Single(problems, p => p.Severity == ProblemSeverity.Error).Path.Text);
    }

    [Fact]
    public void Every_sentence_is_a_sentence_and_tells_no_secret()
    {
        var documents = typeof(RuleTests).GetMethods().SelectMany(m => m.GetCustomAttributes(typeof(InlineDataAttribute), false)).Cast<InlineDataAttribute>();
        var count = 0;
        foreach (var row in documents)
        {
            foreach (var problem in ConfigurationReader.Read(Documents.With((string)row.Data[0]!, (string)row.Data[1]!)).Problems)
            {
                Assert.Matches("^[\"A-Z0-9].*\\.$", problem.Sentence);
                Assert.DoesNotContain(Documents.Psk, problem.ToString(), StringComparison.Ordinal);
                if (problem.Mend is { } mend) Assert.DoesNotMatch("\\.$", mend);
                count++;
            }
        }

        Assert.True(count > 90, $"only {count} problems seen");
    }

    private static string WithSecond(string second, string document = Documents.Example)
    {
        var root = JsonNode.Parse(document)!;
        root["connections"]!.AsArray().Add(JsonNode.Parse(second));
        return root.ToJsonString();
    }
}
