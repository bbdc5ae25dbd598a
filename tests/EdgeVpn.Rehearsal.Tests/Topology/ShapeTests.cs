using System.Net;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Topology;

namespace EdgeVpn.Rehearsal.Tests.Topology;

public class ShapeTests
{
    [Fact]
    public void A_box_and_a_gateway_are_site_to_site()
    {
        var report = Sites.Check(Sites.Box(1, Sites.Out(1)));
        Assert.Equal((TopologyKind.SiteToSite, "site-to-site"), (Assert.Single(report.Shapes).Kind, report.Shapes[0].Words));
        Assert.Equal(Sites.AzureAddress, report.Nodes[1].Name);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void Two_boxes_that_fit_have_nothing_to_mend()
    {
        var report = Sites.Check(Sites.Two());
        Assert.Equal(TopologyKind.BoxToBox, Assert.Single(report.Shapes).Kind);
        Assert.Equal(new TopologyLink(0, 1, 1, true, false), Assert.Single(report.Links));
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void Spokes_of_one_box_are_hub_and_spoke_and_the_hub_is_a_single_point()
    {
        var report = Sites.Check(Sites.Star(5));
        var shape = Assert.Single(report.Shapes);
        Assert.Equal((TopologyKind.HubAndSpoke, 0), (shape.Kind, shape.Centre));
        Assert.Equal(5, report.Links.Length);
        var finding = Assert.Single(report.Findings);
        Assert.Equal((TopologyFindingId.SinglePoint, FindingSeverity.Warning, "box-100"), (finding.Id, finding.Severity, finding.Box));
    }

    [Fact]
    public void Callers_from_anywhere_are_told_apart_by_their_identities()
    {
        // The hub knows no address of its spokes, and lists them the other way round.
        var hub = Sites.Box(100, [.. Enumerable.Range(1, 8).Reverse().Select(static n => Sites.End(100, n) is var e
            ? e with { Remote = e.Remote with { Endpoints = [new EndpointConfig { Address = PeerAddress.Any, Identity = $"box-{n}.example" }] }, Mode = ConnectionMode.Responder } : e)]);
        var report = Sites.Check([hub, .. Enumerable.Range(1, 8).Select(static n => Sites.Box(n, Sites.End(n, 100)))]);
        Assert.Equal(TopologyKind.HubAndSpoke, Assert.Single(report.Shapes).Kind);
        Assert.All(report.Findings, static f => Assert.Equal(TopologyFindingId.SinglePoint, f.Id));
    }

    [Fact]
    public void Boxes_behind_one_gateway_are_hub_and_spoke_around_it()
    {
        var report = Sites.Check([.. Enumerable.Range(1, 3).Select(static n => Sites.Box(n, Sites.Out(n)))]);
        Assert.Equal((TopologyKind.HubAndSpoke, 3), (Assert.Single(report.Shapes).Kind, report.Shapes[0].Centre));
    }

    [Fact]
    public void Each_with_each_is_a_full_mesh_and_a_pair_that_lacks_is_named()
    {
        Assert.Equal((TopologyKind.FullMesh, 0), (Assert.Single(Sites.Check(Sites.Mesh(5)).Shapes).Kind, Sites.Check(Sites.Mesh(5)).Findings.Length));
        var report = Sites.Check(Sites.Mesh(5, (2, 4)));
        Assert.Equal(TopologyKind.PartialMesh, Assert.Single(report.Shapes).Kind);
        var finding = Assert.Single(report.Grave());
        Assert.Equal((TopologyFindingId.MissingLink, "box-2"), (finding.Id, finding.Box));
        Assert.Contains("box-4", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tunnels_to_both_addresses_are_active_active()
    {
        var report = Sites.Check(Sites.Box(1, Sites.Out(1, "203.0.113.20", "203.0.113.21")));
        Assert.Equal("site-to-site, active-active", Assert.Single(report.Shapes).Words);
        Assert.Equal(2, Assert.Single(report.Links).Tunnels);
    }

    [Fact]
    public void A_private_address_before_a_public_one_is_failover_beside_a_private_line()
    {
        var line = Sites.Out(1, "10.255.0.4", "203.0.113.20") is var c ? c with { Remote = c.Remote with { Strategy = EndpointStrategy.Failover }, Probes = [new ProbeConfig { Address = IPAddress.Parse("10.200.0.1") }] } : null!;
        var report = Sites.Check(Sites.Box(1, line));
        Assert.Equal("site-to-site, failover beside a private line", Assert.Single(report.Shapes).Words);
        Assert.Equal("203.0.113.20", report.Nodes[1].Name);
        Assert.Empty(report.Findings);

        var turned = line with { Remote = line.Remote with { Endpoints = [.. line.Remote.Endpoints.Reverse()] }, Probes = [] };
        Assert.Equal([TopologyFindingId.PrivateLineSecond, TopologyFindingId.PrivateLineUnproved], Sites.Check(Sites.Box(1, turned)).Findings.Select(static f => f.Id));
    }

    /// <summary>The private line as a connection of its own leads to the same gateway, not to a second one.</summary>
    [Fact]
    public void Two_connections_to_the_same_networks_are_two_ways_to_one_gateway()
    {
        var report = Sites.Check(Sites.Box(1, Sites.Out(1), Sites.Out(1, "10.255.0.4") is var c ? c with { Name = "line", Remote = c.Remote with { Networks = [IPNetwork.Parse("10.200.0.0/17"), IPNetwork.Parse("10.200.128.0/17")] } } : null!));
        Assert.Equal("site-to-site, failover beside a private line", Assert.Single(report.Shapes).Words);
    }

    [Fact]
    public void Gateways_of_azures_among_themselves_are_vnet_to_vnet()
    {
        PictureGateway[] gateways = [new("east", "east.json", [], false, "VpnGw1AZ", 65515, [IPNetwork.Parse("10.1.0.0/16")]), new("west", "west.json", [], false, "VpnGw1AZ", 65515, [IPNetwork.Parse("10.2.0.0/16")])];
        PictureConnection[] both = [new("e2w", "c.json", 0) { OtherGateway = 1, Key = new SecretText(Sites.Key) }, new("w2e", "c.json", 1) { OtherGateway = 0, Key = new SecretText(Sites.Key) }];
        var report = Sites.Check(new AzurePicture([.. gateways], [.. both], []), null);
        Assert.Equal("VNet-to-VNet", Assert.Single(report.Shapes).Words);
        Assert.Empty(report.Findings);

        var half = Assert.Single(Sites.Check(new AzurePicture([.. gateways], [both[0]], []), null).Findings);
        Assert.Equal((TopologyFindingId.OneSided, "c.json"), (half.Id, half.Box));
        Assert.Contains("--vnet-gateway1 west --vnet-gateway2 east", half.Mend, StringComparison.Ordinal);

        var wrong = Assert.Single(Sites.Check(new AzurePicture([.. gateways], [both[0], both[1] with { Key = new SecretText("another") }], []), null).Findings);
        Assert.Equal(TopologyFindingId.SecretDiffers, wrong.Id);
        Assert.DoesNotContain("another ", wrong.ToString()!.Replace("is another one", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain(Sites.Key, wrong.ToString(), StringComparison.Ordinal);

        var meeting = gateways[1] with { Networks = gateways[0].Networks };
        Assert.Equal(TopologyFindingId.PrefixOverlap, Assert.Single(Sites.Check(new AzurePicture([gateways[0], meeting], [.. both], []), null).Findings).Id);

        var bgp = both.Select(static c => c with { HasBgp = true });
        Assert.Equal(TopologyFindingId.AsnTwice, Assert.Single(Sites.Check(new AzurePicture([.. gateways], [.. bgp], []), null).Findings).Id);

        var custom = both[0] with { Policy = Model.Proposals.AzurePolicy.Recommended };
        var policy = Assert.Single(Sites.Check(new AzurePicture([.. gateways], [custom, both[1]], []), null).Findings);
        Assert.StartsWith("az network vpn-connection ipsec-policy add --resource-group GROUP --connection-name w2e --ike-encryption GCMAES256", policy.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_without_a_tunnel_is_alone_and_said_to_be()
    {
        var report = Sites.Check([.. Sites.Two(), Sites.Box(3)]);
        Assert.Equal([TopologyKind.BoxToBox, TopologyKind.Alone], report.Shapes.Select(static s => s.Kind));
        Assert.Equal((TopologyFindingId.Isolated, "box-3"), (Assert.Single(report.Findings).Id, report.Findings[0].Box));
    }
}
