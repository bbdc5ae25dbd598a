using System.Net;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Model.Tests.Validation;

/// <summary>Addresses inside the tunnel: <c>local.requestAddress</c> and <c>remote.addressPool</c>.</summary>
public sealed class AddressPoolTests
{
    [Fact]
    public void A_pool_is_read_with_its_name_servers_and_domains()
    {
        var result = Read("", """, "addressPool": ["10.99.0.0/24", "2001:db8:99::/112"], "dnsServers": ["10.10.0.53"], "dnsDomains": ["corp.example"]""");
        Assert.Empty(result.Problems);
        var remote = result.Configuration!.Connections[0].Remote;
        Assert.Equal([IPNetwork.Parse("10.99.0.0/24"), IPNetwork.Parse("2001:db8:99::/112")], remote.AddressPool);
        Assert.Equal([IPAddress.Parse("10.10.0.53")], remote.DnsServers);
        Assert.Equal(["corp.example"], remote.DnsDomains);
    }

    [Fact]
    public void Who_calls_may_ask_for_an_address()
    {
        var result = Read(""", "requestAddress": true""", "");
        Assert.Empty(result.Problems);
        Assert.True(result.Configuration!.Connections[0].Local.RequestAddress);
    }

    [Theory]
    [InlineData(""", "requestAddress": true""", "", "responder", "any", "$.connections[0].local.requestAddress")]
    [InlineData(""", "requestAddress": true""", "", "default", "pairs", "$.connections[0].local.requestAddress")]
    [InlineData(""", "requestAddress": true""", """, "addressPool": ["10.99.0.0/24"]""", "default", "any", "$.connections[0].remote.addressPool")]
    [InlineData("", """, "addressPool": ["10.99.0.0/24"]""", "initiator", "any", "$.connections[0].remote.addressPool")]
    [InlineData("", """, "addressPool": ["10.10.0.128/25"]""", "default", "any", "$.connections[0].remote.addressPool[0]")]
    [InlineData("", """, "addressPool": ["10.20.0.0/24"]""", "default", "any", "$.connections[0].remote.addressPool[0]")]
    [InlineData("", """, "addressPool": ["0.0.0.0/0"]""", "default", "any", "$.connections[0].remote.addressPool[0]")]
    [InlineData("", """, "addressPool": ["10.99.0.0/24"], "dnsDomains": ["corp example"]""", "default", "any", "$.connections[0].remote.dnsDomains[0]")]
    public void What_cannot_be_is_named_by_its_path(string local, string remote, string mode, string selectors, string path)
    {
        var result = Read(local, remote, mode, selectors == "any" ? "\"any\"" : """[{ "local": "10.10.0.0/24", "remote": "10.20.0.0/24" }]""");
        Assert.Contains(result.Errors, problem => problem.Path.ToString() == path);
    }

    [Fact]
    public void Name_servers_without_a_pool_reach_nobody() =>
        Assert.Contains(Read("", """, "dnsServers": ["10.10.0.53"]""").Warnings, problem => problem.Path.ToString() == "$.connections[0].remote.dnsServers");

    [Fact]
    public void Another_pool_needs_new_SAs()
    {
        var diff = ConfigurationDiff.Between(Read("", """, "addressPool": ["10.99.0.0/24"]""").Configuration!, Read("", """, "addressPool": ["10.98.0.0/24"]""").Configuration!);
        Assert.True(Assert.Single(diff.Connections).NeedsNewSas);
    }

    private static ConfigurationResult Read(string local, string remote, string mode = "default", string selectors = "\"any\"") => ConfigurationReader.Read($$"""
        {
          "schema": 1,
          "connections": [ {
            "name": "hub", "mode": "{{mode}}", "trafficSelectors": {{selectors}},
            "local": { "networks": [ "10.10.0.0/24" ]{{local}} },
            "remote": { "endpoints": [ { "address": "203.0.113.2", "identity": "cloud.lab" } ], "networks": [ "10.20.0.0/24" ]{{remote}} },
            "authentication": { "type": "psk", "secret": "hub" } } ],
          "secrets": { "hub": { "psk": "Zq81Lkd72Mnb39Xc5TgY" } }
        }
        """);
}
