using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Topology;

namespace EdgeVpn.Rehearsal.Tests.Topology;

/// <summary>Two boxes that fit but for one thing: each fault alone, and nothing else is said.</summary>
public class FaultTests
{
    private static readonly BgpConfig s_bgp = new() { LocalAsn = 64_601, PeerAsn = 64_602, LocalAddress = IPAddress.Parse("10.1.0.1"), PeerAddress = IPAddress.Parse("10.2.0.1") };
    private static readonly BgpConfig s_back = new() { LocalAsn = 64_602, PeerAsn = 64_601, LocalAddress = IPAddress.Parse("10.2.0.1"), PeerAddress = IPAddress.Parse("10.1.0.1") };

    public static TheoryData<string, string, string, Func<ConnectionConfig, ConnectionConfig>, Func<ConnectionConfig, ConnectionConfig>> Faults => new()
    {
        { TopologyFindingId.IdentityDiffers, "box-2", "$.connections[0].remote.endpoints[0].identity", static a => a with { Local = a.Local with { Identity = "bx-1.example" } }, Same },
        { TopologyFindingId.AuthenticationDiffers, "box-1", "$.connections[0].authentication.type", static a => a with { Authentication = s_certificate }, Same },
        { TopologyFindingId.NoProposalIke, "box-1", "$.connections[0].ike.proposals", static a => a with { Ike = a.Ike with { Proposals = ["aes256-sha256-ecp384"] } }, static b => b with { Ike = b.Ike with { Proposals = ["aes256-sha256-modp2048"] } } },
        { TopologyFindingId.NoProposalEsp, "box-1", "$.connections[0].esp.proposals", static a => a with { Esp = a.Esp with { Proposals = ["aes256gcm16"] } }, static b => b with { Esp = b.Esp with { Proposals = ["aes256-sha256"] } } },
        { TopologyFindingId.RekeyRefused, "box-1", "$.connections[0].esp.proposals", static a => a with { Esp = a.Esp with { Proposals = ["aes256gcm16-ecp384"] } }, static b => b with { Esp = b.Esp with { Proposals = ["aes256gcm16-ecp256"] } } },
        { TopologyFindingId.NobodyCalls, "box-1", "$.connections[0].mode", static a => a with { Mode = ConnectionMode.Responder }, static b => b with { Mode = ConnectionMode.Responder } },
        { TopologyFindingId.NobodyAnswers, "box-1", "$.connections[0].mode", static a => a with { Mode = ConnectionMode.Initiator }, static b => b with { Mode = ConnectionMode.Initiator } },
        { TopologyFindingId.SelectorsDiffer, "box-1", "$.connections[0].trafficSelectors", static a => a with { TrafficSelectors = Pair("10.1.0.0/24", "10.2.0.0/24") }, static b => b with { TrafficSelectors = Pair("10.2.0.0/24", "10.9.0.0/24") } },
        { TopologyFindingId.BgpDiffers, "box-1", "$.connections[0].bgp", static a => a with { Bgp = s_bgp }, Same },
        { TopologyFindingId.BgpDiffers, "box-1", "$.connections[0].bgp.peerAsn", static a => a with { Bgp = s_bgp with { PeerAsn = 64_603 } }, static b => b with { Bgp = s_back } },
        { TopologyFindingId.BgpDiffers, "box-1", "$.connections[0].bgp.peerAddress", static a => a with { Bgp = s_bgp with { PeerAddress = IPAddress.Parse("10.2.0.9") } }, static b => b with { Bgp = s_back } },
        { TopologyFindingId.NetworksDiffer, "box-1", "$.connections[0].remote.networks[1]", static a => a with { Remote = a.Remote with { Networks = a.Remote.Networks.Add(IPNetwork.Parse("10.77.0.0/24")) } }, Same },
        { TopologyFindingId.NetworkUnreached, "box-1", "$.connections[0].remote.networks", Same, static b => b with { Local = b.Local with { Networks = b.Local.Networks.Add(IPNetwork.Parse("10.78.0.0/24")) } } },
    };

    private static readonly CertificateAuthentication s_certificate = new() { Certificate = "branch.pem", Key = "branch-key", Authorities = ["root.pem"] };

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_does_not_match_is_named_with_box_and_path(string id, string box, string path, Func<ConnectionConfig, ConnectionConfig> first, Func<ConnectionConfig, ConnectionConfig> second)
    {
        var sites = Sites.Two(first: id == TopologyFindingId.AuthenticationDiffers ? Same : first, second: second);
        if (id == TopologyFindingId.AuthenticationDiffers) sites[0] = WithKey(sites[0], first);
        var report = Sites.Check(sites);
        Assert.Equal((id, box, path), Assert.Single(report.Grave().Select(static f => (f.Id, f.Box, f.Path))));
        Assert.Equal(id != TopologyFindingId.NetworkUnreached, report.Fails);
        Assert.NotNull(report.Grave()[0].Mend);
        Assert.Equal(TopologyKind.BoxToBox, Assert.Single(report.Shapes).Kind); // they were recognised as two ends of one tunnel all the same
    }

    [Fact]
    public void Secrets_are_compared_and_never_printed()
    {
        var report = Sites.Check(Sites.Box(1, Sites.End(1, 2)), Sites.Box(2, "another-Zq81Lkd72Mnb39Xc5", Sites.End(2, 1)));
        var finding = Assert.Single(report.Findings);
        Assert.Equal((TopologyFindingId.SecretDiffers, "$.secrets.key"), (finding.Id, finding.Path));
        Assert.DoesNotContain("Zq81", $"{finding}", StringComparison.Ordinal);
    }

    /// <summary>A secret that is sealed to its box cannot be compared, and nothing is made of that.</summary>
    [Fact]
    public void A_sealed_secret_is_no_finding()
    {
        var sealed1 = Sites.Box(1, Sites.End(1, 2)) is var s ? s with { Configuration = s.Configuration with { Secrets = s.Configuration.Secrets.SetItem("key", new SecretConfig { Sealed = new SecretText("a.b.c.d.e") }) } } : null!;
        Assert.Empty(Sites.Check(sealed1, Sites.Box(2, Sites.End(2, 1))).Findings);
    }

    [Fact]
    public void An_end_without_the_other_is_one_sided_and_drawn_as_such()
    {
        var report = Sites.Check(Sites.Box(1, Sites.End(1, 2)), Sites.Box(2, Sites.End(2, 3)), Sites.Box(3, Sites.End(3, 2)));
        var finding = Assert.Single(report.Grave(), static f => f.Severity == FindingSeverity.Error);
        Assert.Equal((TopologyFindingId.OneSided, "box-1", "$.connections[0].remote"), (finding.Id, finding.Box, finding.Path));
        Assert.Contains("\"address\": \"198.51.100.1\", \"identity\": \"box-1.example\"", finding.Mend, StringComparison.Ordinal);
        Assert.Contains(report.Links, static l => l is { From: 0, To: 1, IsWhole: false });
    }

    [Fact]
    public void A_lifetime_that_differs_is_allowed_and_explained()
    {
        var report = Sites.Check(Sites.Two(static a => a with { Esp = a.Esp with { Lifetime = TimeSpan.FromHours(1) } }));
        Assert.Equal((TopologyFindingId.LifetimeDiffers, FindingSeverity.Info, "box-2"), Assert.Single(report.Findings.Select(static f => (f.Id, f.Severity, f.Box))));
    }

    [Fact]
    public void The_same_network_at_two_spokes_is_an_error_where_they_meet_and_a_translation_mends_it()
    {
        static ConnectionConfig Twice(int n, ConnectionConfig c) => n == 3 ? c with { Local = c.Local with { Networks = [IPNetwork.Parse("10.1.0.0/25")] } } : c;
        var report = Sites.Check(Sites.Star(4, Twice));
        var finding = Assert.Single(report.Findings, static f => f.Id == TopologyFindingId.PrefixOverlap);
        Assert.Equal((FindingSeverity.Error, "box-3", "$.connections[0].local.networks[0]"), (finding.Severity, finding.Box, finding.Path));
        Assert.Contains("they meet at box-100", finding.Message, StringComparison.Ordinal);

        var nat = new NatRuleConfig { Internal = IPNetwork.Parse("10.1.0.0/25"), External = IPNetwork.Parse("10.3.0.0/25") };
        Assert.DoesNotContain(Sites.Check(Sites.Star(4, (n, c) => n == 3 ? Twice(n, c) with { Nat = [nat] } : c)).Findings, static f => f.Id == TopologyFindingId.PrefixOverlap);
    }

    [Fact]
    public void A_spoke_that_the_others_reach_and_one_does_not_is_missing_there()
    {
        var report = Sites.Check(Sites.Star(4, static (n, c) => n == 2 ? c with { Remote = c.Remote with { Networks = c.Remote.Networks.Remove(IPNetwork.Parse("10.4.0.0/24")) } } : c));
        var finding = Assert.Single(report.Findings, static f => f.Id == TopologyFindingId.MissingSpoke);
        Assert.Equal(("box-2", "add \"10.4.0.0/24\""), (finding.Box, finding.Mend));
        Assert.Contains("box-4", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Spokes_that_only_want_the_hub_miss_nobody() =>
        Assert.DoesNotContain(Sites.Check([Sites.Box(100, Sites.End(100, 1), Sites.End(100, 2)), Sites.Box(1, Sites.End(1, 100)), Sites.Box(2, Sites.End(2, 100))]).Findings, static f => f.Id == TopologyFindingId.MissingSpoke);

    [Fact]
    public void Who_names_one_address_of_an_active_active_gateway_is_told_of_the_other()
    {
        // Another box knows both.
        var report = Sites.Check(Sites.Box(1, Sites.Out(1, "203.0.113.20", "203.0.113.21")), Sites.Box(2, Sites.Out(2)));
        var finding = Assert.Single(report.Grave());
        Assert.Equal((TopologyFindingId.OneEndpoint, "box-2", "$.connections[0].remote.endpoints"), (finding.Id, finding.Box, finding.Path));
        Assert.Contains("203.0.113.21", finding.Mend, StringComparison.Ordinal);

        // Azure says so.
        var gateway = new PictureGateway("vpngw", "gw.json", [IPAddress.Parse("203.0.113.20"), IPAddress.Parse("203.0.113.21")], true, "VpnGw1AZ", 65515, [Sites.Vnet]);
        Assert.Equal(TopologyFindingId.OneEndpoint, Assert.Single(Sites.Check(new AzurePicture([gateway], [], []), null, Sites.Box(2, Sites.Out(2))).Grave()).Id);
    }

    [Fact]
    public void A_second_address_of_another_box_is_told_of()
    {
        var two = Sites.Box(2, Sites.End(2, 1), Sites.Out(2) with { Local = new LocalConfig { Address = IPAddress.Parse("192.0.2.77"), Networks = [IPNetwork.Parse("10.2.0.0/24")] } });
        Assert.Equal(TopologyFindingId.OneEndpoint, Assert.Single(Sites.Check(Sites.Box(1, Sites.End(1, 2)), two).Grave()).Id);
    }

    [Theory]
    [InlineData(31, "VpnGw1AZ", "VpnGw4AZ takes 100")]
    [InlineData(11, "basic", "takes (10)")]
    [InlineData(101, null, "Virtual WAN")]
    public void A_gateway_with_more_tunnels_than_it_takes_is_told(int boxes, string? sku, string said)
    {
        var sites = Enumerable.Range(1, boxes).Select(static n => Sites.Box(n, Sites.Out(n))).ToArray();
        Assert.Contains(said, Assert.Single(Sites.Check(AzurePicture.Empty, sku, sites).Findings, static f => f.Id == TopologyFindingId.TooManyTunnels).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Sites.Check(AzurePicture.Empty, sku, sites[1..]).Findings, static f => f.Id == TopologyFindingId.TooManyTunnels);
    }

    [Fact]
    public void Two_sites_with_one_AS_number_at_a_gateway_do_not_hear_of_each_other()
    {
        var report = Sites.Check(Sites.Box(1, Sites.Out(1) with { Bgp = s_bgp }), Sites.Box(2, Sites.Out(2) with { Bgp = s_bgp }));
        Assert.Equal((TopologyFindingId.AsnTwice, "box-2"), Assert.Single(report.Findings.Where(static f => f.Id == TopologyFindingId.AsnTwice).Select(static f => (f.Id, f.Box))));
    }

    public static TheoryData<string, Func<PictureConnection, PictureConnection>> AzureFaults => new()
    {
        { TopologyFindingId.SecretDiffers, static c => c with { Key = new SecretText("another1another2another3") } },
        { TopologyFindingId.IdentityDiffers, static c => c with { SiteAddress = IPAddress.Parse("198.51.100.99") } },
        { TopologyFindingId.NetworkUnreached, static c => c with { SiteNetworks = [IPNetwork.Parse("10.66.0.0/24")] } },
        { TopologyFindingId.NoProposalIke, static c => c with { Policy = new AzurePolicy("AES128", "SHA384", "ECP384", "GCMAES256", "GCMAES256", "None") } },
        { TopologyFindingId.RekeyRefused, static c => c with { Policy = new AzurePolicy("AES256", "SHA256", "DHGroup14", "GCMAES256", "GCMAES256", "ECP384") } },
    };

    /// <summary>Site to site with Azure's own files at hand: what they say of the connection is compared with the box.</summary>
    [Theory]
    [MemberData(nameof(AzureFaults))]
    public void A_box_that_does_not_fit_what_azure_printed_is_named(string id, Func<PictureConnection, PictureConnection> change)
    {
        var gateway = new PictureGateway("vpngw", "gw.json", [IPAddress.Parse(Sites.AzureAddress)], false, "VpnGw1AZ", 65515, [Sites.Vnet]);
        var fits = new PictureConnection("lyon", "c.json", 0) { SiteAddress = IPAddress.Parse(Sites.Address(1)), SiteNetworks = [IPNetwork.Parse(Sites.Network(1))], Key = new SecretText(Sites.Key) };
        var box = Sites.Box(1, id is TopologyFindingId.NoProposalIke or TopologyFindingId.RekeyRefused
            ? Sites.Out(1) with { Ike = new IkeConfig { Proposals = ["aes256-sha256-modp2048"] }, Esp = new EspConfig { Proposals = ["aes256gcm16"] } } : Sites.Out(1));
        if (id is not (TopologyFindingId.NoProposalIke or TopologyFindingId.RekeyRefused)) Assert.Empty(Sites.Check(new AzurePicture([gateway], [fits], []), null, box).Findings);
        var finding = Assert.Single(Sites.Check(new AzurePicture([gateway], [change(fits)], []), null, box).Findings);
        Assert.Equal((id, FindingSeverity.Error, "box-1"), (finding.Id, finding.Severity, finding.Box));
    }

    [Fact]
    public void Every_id_is_listed_once() => Assert.Equal(
        typeof(TopologyFindingId).GetFields().Where(static f => f.IsLiteral).Select(static f => (string)f.GetRawConstantValue()!).Order(), TopologyFindingId.All.Order());

    private static ConnectionConfig Same(ConnectionConfig connection) => connection;

    private static TrafficSelectorsConfig Pair(string local, string remote) =>
        TrafficSelectorsConfig.Of([new TrafficSelectorConfig { Local = IPNetwork.Parse(local), Remote = IPNetwork.Parse(remote) }]);

    /// <summary>A certificate's key is a secret of its own.</summary>
    private static TopologySite WithKey(TopologySite site, Func<ConnectionConfig, ConnectionConfig> change) => site with
    {
        Configuration = site.Configuration with { Connections = [.. site.Configuration.Connections.Select(change)] },
    };
}
