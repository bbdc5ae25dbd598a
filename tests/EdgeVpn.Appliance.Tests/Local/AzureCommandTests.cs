using System.Text.Json;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Azure;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

/// <summary><c>lint</c>, <c>rehearse</c>, and what <c>config check</c> and <c>gateway</c> have of them.</summary>
public sealed class AzureCommandTests
{
    private const string Document = """
        {
          "connections": [ {
            "name": "hub",
            "remote": { "endpoints": [ { "address": "gateway.example", "identity": "cloud.lab" } ], "networks": [ "10.20.0.0/24" ] },
            "authentication": { "type": "psk", "secret": "hub" }
          } ],
          "secrets": { "hub": { "psk": "Zq81Lkd72Mnb39Xc5TgY" } }
        }
        """;

    /// <summary>Comes up with Azure's default set; its first rekey does not.</summary>
    private static readonly string s_trap = Document.Replace(
        "\"authentication\"", "\"ike\": { \"proposals\": [\"aes256-sha256-modp1024\"] }, \"esp\": { \"proposals\": [\"aes256-sha256-modp2048\"] }, \"authentication\"", StringComparison.Ordinal);

    private readonly CommandBench _bench = new();

    [Fact]
    public async Task Lint_tells_what_will_be_negotiated_and_succeeds_where_all_will_work()
    {
        var ran = await _bench.RunAsync(["lint", "-"], Document);

        Assert.Equal((ExitCode.Done, ""), (ran.Code, ran.Error));
        Assert.StartsWith("hub against the default set (concluded from the configuration)\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("  IKE SA             aes256-sha1-modp1024  aes256-sha256-modp1024\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("warning weak-group: $.connections[0].ike.proposals: IKE will use group 2 (modp1024)", ran.Out, StringComparison.Ordinal);
        Assert.EndsWith("will work: 0 errors, 2 warnings; `edgevpn rehearse` plays it\n", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lint_fails_before_the_first_rekey_does_and_tells_scripts_the_same()
    {
        var people = await _bench.RunAsync(["lint", "-"], s_trap);
        var scripts = JsonDocument.Parse((await _bench.RunAsync(["lint", "-", "--json"], s_trap)).Out).RootElement;

        Assert.Equal(ExitCode.Failed, people.Code);
        Assert.Contains("error child-renewal-by-azure: $.connections[0].esp.proposals: ", people.Out, StringComparison.Ordinal);
        Assert.True(scripts.GetProperty("fails").GetBoolean());
        var error = scripts.GetProperty("findings")[0];
        Assert.Equal(("child-renewal-by-azure", "error"), (error.GetProperty("id").GetString(), error.GetProperty("severity").GetString()));
        Assert.Equal(JsonValueKind.Null, scripts.GetProperty("connections")[0].GetProperty("rekeyByAzure").ValueKind);
        Assert.Equal("aes256-sha256-modp2048", scripts.GetProperty("connections")[0].GetProperty("rekeyByBox").GetString());
    }

    [Theory]
    [InlineData("named", ExitCode.Done, "against the custom policy AES256/SHA256/DHGroup2/AES256/SHA256/PFS2048")]
    [InlineData("default", ExitCode.Failed, "against the default set\n")]
    [InlineData("GCMAES256/SHA384/ECP384/GCMAES256/GCMAES256/ECP384", ExitCode.Failed, "nothing in common")]
    public async Task What_azure_has_can_be_told(string policy, int code, string said)
    {
        var ran = await _bench.RunAsync(["lint", "-", "--azure-policy", policy], s_trap);

        Assert.Equal(code, ran.Code);
        Assert.Contains(said, ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rehearse_tells_when_what_will_fail_and_how_to_mend_it()
    {
        var ran = await _bench.RunAsync(["rehearse", "-"], s_trap);

        Assert.Equal(ExitCode.Failed, ran.Code);
        Assert.Contains("    7:07:30  azure  child rekey refused", ran.Out, StringComparison.Ordinal);
        Assert.Contains(
            "fails 7 h 07 min after establishing: first child rekey, started by Azure, refused: no proposal chosen (32 no-proposal-esp); the tunnel breaks 7 h 30 min after establishing\n  mend: ",
            ran.Out, StringComparison.Ordinal);
        Assert.Contains("not played: Names: endpoints have stand-in addresses.", ran.Out, StringComparison.Ordinal);
        Assert.EndsWith("1 thing will fail, 5 scenes played\n", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rehearse_succeeds_where_nothing_fails_and_tells_scripts_every_moment()
    {
        var ran = await _bench.RunAsync(["rehearse", "-", "--json"], Document);

        Assert.Equal(ExitCode.Done, ran.Code);
        var connection = Assert.Single(JsonDocument.Parse(ran.Out).RootElement.GetProperty("connections").EnumerateArray());
        var renewals = connection.GetProperty("scenes").EnumerateArray().Single(s => s.GetProperty("id").GetString() == "azure-renews").GetProperty("timeline").EnumerateArray()
            .Where(e => e.GetProperty("kind").GetString() is "child-replaced" or "ike-replaced").Select(e => e.GetProperty("after").GetString()![..8]);
        Assert.Equal(["07:07:30", "07:36:00"], renewals);
    }

    [Fact]
    public async Task A_certificate_is_not_played_and_that_is_said()
    {
        var document = Document.Replace(
            "{ \"type\": \"psk\", \"secret\": \"hub\" }", "{ \"type\": \"certificate\", \"certificate\": \"box.pem\", \"key\": \"key\", \"authorities\": [\"ca.pem\"] }", StringComparison.Ordinal)
            .Replace("\"hub\": { \"psk\": \"Zq81Lkd72Mnb39Xc5TgY\" }", "\"key\": { \"privateKey\": \"-----BEGIN PRIVATE KEY-----\" }", StringComparison.Ordinal);
        var ran = await _bench.RunAsync(["rehearse", "-"], document);

        Assert.Equal(ExitCode.Done, ran.Code);
        Assert.Contains("not played: Authentication: both ends have a stand-in key.", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoints_with_a_tunnel_each_are_rehearsed_each()
    {
        var document = Document.Replace(
            "\"endpoints\": [ { \"address\": \"gateway.example\"", "\"strategy\": \"all\", \"endpoints\": [ { \"address\": \"203.0.113.3\" }, { \"address\": \"203.0.113.2\"", StringComparison.Ordinal);
        var ran = await _bench.RunAsync(["rehearse", "-", "--json"], document);

        Assert.Equal(
            ["hub.1", "hub.2"],
            JsonDocument.Parse(ran.Out).RootElement.GetProperty("connections").EnumerateArray().Select(c => c.GetProperty("connection").GetString()));
    }

    [Theory]
    [InlineData("lint")]
    [InlineData("rehearse")]
    public async Task A_document_that_is_refused_is_told_as_config_check_tells_it(string command)
    {
        var broken = Document.Replace("\"remote\"", "\"remot\"", StringComparison.Ordinal);
        var ran = await _bench.RunAsync([command, "-"], broken);

        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Equal((await _bench.RunAsync(["config", "check", "-"], broken)).Out, ran.Out);
    }

    [Fact]
    public async Task Config_check_has_lints_findings_as_notes_and_takes_the_document_all_the_same()
    {
        var people = await _bench.RunAsync(["config", "check", "-"], s_trap);
        var scripts = JsonDocument.Parse((await _bench.RunAsync(["config", "check", "-", "--json"], s_trap)).Out).RootElement;
        var other = await _bench.RunAsync(
            ["config", "check", "-"],
            s_trap.Replace("aes256-sha256-modp1024", "chacha20poly1305-prfsha256-x25519", StringComparison.Ordinal).Replace("aes256-sha256-modp2048", "chacha20poly1305-x25519", StringComparison.Ordinal));

        Assert.Equal(ExitCode.Done, people.Code);
        Assert.Contains("note: $.connections[0].esp.proposals: The tunnel comes up, and breaks hours later", people.Out, StringComparison.Ordinal);
        Assert.Contains("edgevpn lint - tells how to mend that", people.Out, StringComparison.Ordinal);
        Assert.True(scripts.GetProperty("valid").GetBoolean());
        Assert.Contains(scripts.GetProperty("notes").EnumerateArray(), n => n.GetProperty("id").GetString() == "child-renewal-by-azure");
        Assert.DoesNotContain("note:", other.Out, StringComparison.Ordinal); // no Azure gateway could be the peer
    }

    [Fact]
    public async Task A_gateway_takes_on_azures_policy_and_calls_a_branch_that_it_knows()
    {
        await _bench.RunAsync(
            "gateway", "--as", "azure", "--policy", "GCMAES256/SHA384/ECP384/GCMAES256/GCMAES256/ECP384", "--psk", "Zq81Lkd72Mnb39Xc5TgY",
            "--local-network", "10.20.0.0/24", "--remote-network", "10.10.0.0/24", "--peer", "198.51.100.2");

        var gateway = _bench.Actions.Gateway!;
        Assert.Equal(AzurePolicy.Recommended, gateway.Policy);
        var connection = Assert.Single(gateway.Quick!.ToConfiguration().Connections);
        Assert.Equal((ConnectionMode.Default, "198.51.100.2"), (connection.Mode, connection.Remote.Endpoints[0].Address.ToString()));
    }

    [Theory]
    [InlineData("gateway --policy GCMAES256/SHA384/ECP384/GCMAES256/GCMAES256/ECP384 --config f", "--as azure")]
    [InlineData("gateway --as azure --config f --policy AES256/MD5/DHGroup2/AES256/SHA1/None", "\"md5\" is broken")]
    [InlineData("lint f --azure-policy AES256/SHA1/DHGroup2/GCMAES256/SHA256/None", "the same name")]
    [InlineData("rehearse f --azure-policy AES256", "is no policy")]
    [InlineData("rehearse f --wan-mtu 100", "576 to 9216")]
    [InlineData("lint f --sku VpnGw9AZ", "no SKU of Azure's")]
    public async Task A_policy_that_azure_would_not_take_is_wrong_usage(string words, string said)
    {
        var ran = await _bench.RunAsync(words.Split(' '));

        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains(said, ran.Error, StringComparison.Ordinal);
    }

    /// <summary>Lint computes with the arithmetic that gives the TUN its size.</summary>
    [Theory]
    [InlineData("aes256gcm16")]
    [InlineData("aes256-sha256")]
    public void The_size_that_lint_tells_is_the_size_that_the_box_uses(string esp)
    {
        var suite = TunnelSize.SuitesOf(EdgeVpn.Rehearsal.Proposals.ProposalTranslator.ToWire(ProposalParser.ParseAll([esp], ProposalUse.Esp))[0]).Single();
        Assert.Equal(suite.MaxInnerOctets(1500, ipv6Outer: false, udpEncapsulated: true), TunnelSize.For(suite, 1500, ipv6Outer: false, udpEncapsulated: true).Mtu);
    }
}
