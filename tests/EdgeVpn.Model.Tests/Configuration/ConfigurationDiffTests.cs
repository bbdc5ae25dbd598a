using System.Collections.Immutable;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests.Configuration;

public class ConfigurationDiffTests
{
    private static readonly BoxConfig s_before = ConfigurationReader.Read(Documents.Example).Configuration!;

    [Fact]
    public void A_document_read_twice_has_no_difference()
    {
        var diff = ConfigurationDiff.Between(s_before, ConfigurationReader.Read(Documents.Example).Configuration!);
        Assert.True(diff.IsEmpty);
        Assert.Equal(ChangeKind.Unchanged, Assert.Single(diff.Connections).Kind);
    }

    [Fact]
    public void Writing_out_a_default_changes_nothing()
    {
        var before = ConfigurationReader.Read(Documents.Shortest).Configuration!;
        var hub = before.Connections[0];
        var after = before with
        {
            Connections = [hub with { Ike = hub.Ike with { Proposals = DefaultProposals.Ike }, Tunnel = hub.Tunnel with { Interface = "evpn-hub" } }],
        };
        Assert.True(ConfigurationDiff.Between(before, after).IsEmpty);
    }

    [Theory]
    [InlineData("connections[0].esp.lifetime", "\"01:00:00\"", "esp.lifetime", false)]
    [InlineData("connections[0].ike.authenticationLifetime", "\"08:00:00\"", "ike.authenticationLifetime", false)]
    [InlineData("connections[0].ike.unique", "\"keep\"", "ike.unique", false)]
    [InlineData("connections[0].esp.proposals", "[\"aes128gcm16\"]", "esp.proposals[0]", true)]
    [InlineData("connections[0].esp.proposals", "[\"aes256gcm16\", \"aes128gcm16\"]", "esp.proposals", true)]
    [InlineData("connections[0].remote.networks", "[\"10.20.0.0/24\", \"10.21.0.0/24\"]", "remote.networks", false)]
    [InlineData("connections[0].remote.endpoints[0].address", "\"203.0.113.3\"", "remote.endpoints[0].address", true)]
    [InlineData("connections[0].remote.endpoints[0].identity", "null", "remote.endpoints[0].identity", true)]
    [InlineData("connections[0].authentication.secret", "\"other\"", "authentication.secret", true)]
    [InlineData("connections[0].trafficSelectors", "[{ \"local\": \"10.10.0.0/24\", \"remote\": \"10.20.0.0/24\" }]", "trafficSelectors", true)]
    [InlineData("connections[0].probes", "[]", "probes", false)]
    [InlineData("connections[0].rateLimit", "{ \"outMbps\": 50 }", "rateLimit", false)]
    [InlineData("connections[0].tunnel.mtu", "1400", "tunnel.mtu", false)]
    [InlineData("connections[0].tunnel.interface", "\"evpn9\"", "tunnel.interface", true)]
    [InlineData("secrets.hub.psk", "\"AnotherKeyOfTwentyChars\"", "secrets.hub", true)]
    public void A_change_names_its_field_and_whether_the_sas_can_stay(string path, string json, string field, bool needsNewSas)
    {
        var document = Documents.With("secrets.other", "{ \"psk\": \"Zq81Lkd72Mnb39Xc5TgY\" }");
        var after = ConfigurationReader.Read(Documents.With(path, json, document)).Configuration!;
        var change = Assert.Single(ConfigurationDiff.Between(s_before, after).Connections);
        Assert.Equal(ChangeKind.Changed, change.Kind);
        Assert.Contains(field, change.Fields);
        Assert.Equal(needsNewSas, change.NeedsNewSas);
    }

    [Fact]
    public void Added_removed_and_reordered_connections_leave_the_others_alone()
    {
        var hub = s_before.Connections[0];
        var second = hub with { Name = "second" };
        var third = hub with { Name = "third" };
        var diff = ConfigurationDiff.Between(s_before with { Connections = [hub, second] }, s_before with { Connections = [third, hub] });
        Assert.Equal(
            [("third", ChangeKind.Added), ("hub", ChangeKind.Unchanged), ("second", ChangeKind.Removed)],
            diff.Connections.Select(c => (c.Name, c.Kind)));
        Assert.Empty(diff.Box);
        Assert.False(diff.IsEmpty);
        Assert.DoesNotContain(diff.Connections, c => c.NeedsNewSas);
    }

    [Fact]
    public void What_concerns_the_box_is_told_apart_from_the_connections()
    {
        var after = ConfigurationReader.Read(Documents.With("interfaces[0].mtu", "1400", Documents.With("cloud", "null", Documents.With("button", """{ "reset": "confirmed" }""")))).Configuration!;
        var diff = ConfigurationDiff.Between(s_before, after);
        Assert.Equal(["button.reset", "cloud", "interfaces[0].mtu"], diff.Box.Order());
        Assert.All(diff.Connections, c => Assert.Equal(ChangeKind.Unchanged, c.Kind));
    }

    [Fact]
    public void A_rotated_secret_touches_only_its_connections_and_is_not_told()
    {
        var hub = s_before.Connections[0];
        var other = hub with { Name = "other", Authentication = new PskAuthentication { Secret = "other" } };
        var before = s_before with { Connections = [hub, other], Secrets = s_before.Secrets.Add("other", new SecretConfig { Psk = new("one") }) };
        var after = before with { Secrets = before.Secrets.SetItem("other", new SecretConfig { Psk = new("two") }) };
        var diff = ConfigurationDiff.Between(before, after);
        Assert.Equal([ChangeKind.Unchanged, ChangeKind.Changed], diff.Connections.Select(c => c.Kind));
        Assert.Equal(["secrets.other"], diff.Connections[1].Fields);
    }
}
