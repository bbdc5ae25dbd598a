using System.Net;
using System.Net.Sockets;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Linux.Netlink;
using Xunit;
using static EdgeVpn.Appliance.Tests.Network.Plans;

namespace EdgeVpn.Appliance.Tests.Network;

public class NetworkPlanTests
{
    private static readonly NetworkFacts Machine = new(
    [
        Link(1, "lo", InterfaceUse.Other, "127.0.0.1/8"), Link(2, "wan0", InterfaceUse.Wan, "192.0.2.2/24", "192.0.2.1"),
        Link(3, "lan0", InterfaceUse.Lan, "10.10.0.1/24"), Link(4, "evpn-hub", InterfaceUse.Tunnel, mtu: 1422),
    ]);

    [Fact]
    public void Every_remote_network_has_a_route_over_its_tunnel_and_an_unreachable_twin_at_worse_metric()
    {
        var target = NetworkTarget.Of(Box(Connection("hub", "10.20.0.0/24 10.21.0.0/24")), Machine);
        foreach (var network in new[] { Net("10.20.0.0/24"), Net("10.21.0.0/24") })
        {
            var over = Assert.Single(target.Routes, r => r.Destination == network && r.Type == RouteType.Unicast);
            var twin = Assert.Single(target.Routes, r => r.Destination == network && r.Type == RouteType.Unreachable);
            Assert.Equal((4, 4556u, 4556u), (over.InterfaceIndex, over.Table, twin.Table));
            Assert.True(twin.Metric > over.Metric);
            Assert.Equal(IPAddress.Parse("10.10.0.1"), over.PreferredSource); // what the peer's selectors and routes know
        }
    }

    [Fact]
    public void What_leaves_through_a_tunnel_whose_peer_gives_the_address_is_translated_to_it()
    {
        const string Translated = "into tunnels from the address that the peer gave";
        var connection = Connection("hub", "10.20.0.0/24");
        Assert.DoesNotContain(NetworkTarget.Of(Box(connection), Machine).Filter!.Outline, rule => rule.Comment == Translated);
        var asking = connection.Replace("\"networks\": [\"10.10.0.0/24\"]", "\"networks\": [\"10.10.0.0/24\"], \"requestAddress\": true", StringComparison.Ordinal);
        Assert.Contains(NetworkTarget.Of(Box(asking), Machine).Filter!.Outline, rule => rule is { Chain: "translate", Comment: Translated });
    }

    [Fact]
    public void The_addresses_that_are_given_to_callers_lead_into_the_tunnel()
    {
        var giving = Connection("hub", "10.20.0.0/24").Replace("\"networks\": [\"10.20.0.0/24\"]", "\"networks\": [\"10.20.0.0/24\"], \"addressPool\": [\"10.99.0.0/24\"]", StringComparison.Ordinal);
        var target = NetworkTarget.Of(Box(giving), Machine);
        Assert.Equal([RouteType.Unicast, RouteType.Unreachable], target.Routes.Where(r => r.Destination == Net("10.99.0.0/24")).Select(r => r.Type).Order());
    }

    [Fact]
    public void Without_its_tunnel_interface_a_connection_has_its_walls_and_no_route()
    {
        var target = NetworkTarget.Of(Box(Connection("hub", "10.20.0.0/24")), Machine with { Interfaces = Machine.Interfaces[..3] });
        var only = Assert.Single(target.Routes, r => r.Destination == Net("10.20.0.0/24"));
        Assert.Equal(RouteType.Unreachable, only.Type);
        Assert.NotNull(target.Filter);
    }

    [Fact]
    public void The_chosen_WAN_has_one_more_default_route_before_all_others_and_nobody_elses_is_touched()
    {
        var plan = From($$"""{{Wan}}, { "name": "wan1", "role": "wan" }, {{Lan}}""", Connection("hub", "10.20.0.0/24"));
        var machine = Machine with { Interfaces = Machine.Interfaces.Add(Link(5, "wan1", InterfaceUse.Wan, "198.18.0.2/24", "198.18.0.1")) };
        Assert.DoesNotContain(NetworkTarget.Of(plan, machine).Routes, r => r.InterfaceIndex == 5);
        var added = Assert.Single(NetworkTarget.Of(plan, machine, "wan1").Routes, r => r.InterfaceIndex == 5);
        Assert.Equal((IPAddress.Parse("198.18.0.1"), 0, 40u, Route.MainTable), (added.Gateway, added.Destination.PrefixLength, added.Metric, added.Table));
        Assert.Contains(NetworkTarget.Of(plan, machine, "wan1").Routes, r => r is { InterfaceIndex: 2, Metric: 45 });
        Assert.DoesNotContain(NetworkTarget.Of(plan, Machine, "wan1").Routes, r => r.Metric == 40); // gone, cable and all
    }

    [Fact]
    public void A_session_has_a_default_route_without_next_hop_and_its_port_is_closed_too()
    {
        var plan = From($$"""{ "name": "dsl0", "role": "wan", "pppoe": { "parent": "eth0", "user": "u", "secret": "dsl" } }, {{Lan}}""", Connection("hub", "10.20.0.0/24"));
        Assert.Equal(["dsl0", "eth0"], plan.WanInterfaces);
        var machine = Machine with { Interfaces = [.. Machine.Interfaces.Where(i => i.Name != "wan0"), Link(6, "dsl0", InterfaceUse.Wan, "198.51.100.7/32")] };
        var route = Assert.Single(NetworkTarget.Of(plan, machine).Routes, r => r.InterfaceIndex == 6);
        Assert.Equal((null, 0, 45u), (route.Gateway, route.Destination.PrefixLength, route.Metric));
    }

    [Fact]
    public void Marked_packets_are_asked_of_main_before_the_tunnel_table()
    {
        var target = NetworkTarget.Of(Box(Connection("hub", "10.20.0.0/24")), Machine);
        Assert.Equal([(4555u, 0x4556u, Route.MainTable), (4556u, null, 4556u)], target.Rules.Select(r => (r.Priority, r.Mark, r.Table)));
        Assert.All(target.Rules, r => Assert.Equal(AddressFamily.InterNetwork, r.Family)); // nothing of IPv6 is protected: no rule
    }

    [Fact]
    public void A_default_route_through_a_tunnel_takes_what_is_forwarded_and_what_speaks_as_the_LAN_and_nothing_else()
    {
        var target = NetworkTarget.Of(Box(Connection("hub", "0.0.0.0/0")), Machine);
        var rules = target.Rules.Where(r => r.Table == 4557).ToList();
        Assert.Contains(rules, r => r is { InputInterface: "lo", IsInverted: true, Source: null });
        Assert.Contains(rules, r => r.Source == Net("10.10.0.0/24"));
        Assert.Equal(2, rules.Count);
        Assert.Contains(target.Routes, r => r is { Type: RouteType.Throw, Table: 4557 } && r.Destination == Net("10.10.0.0/24"));
        Assert.DoesNotContain(target.Routes, r => r.Table == 4556);
    }

    [Fact]
    public void A_LAN_inside_a_wider_remote_network_is_thrown_back_to_main()
    {
        var target = NetworkTarget.Of(Box(Connection("hub", "10.0.0.0/8")), Machine);
        Assert.Contains(target.Routes, r => r is { Type: RouteType.Throw, Table: 4556 } && r.Destination == Net("10.10.0.0/24"));
    }

    [Fact]
    public void A_LAN_with_an_address_by_DHCP_stays_here_too()
    {
        var plan = From($$"""{{Wan}}, { "name": "lan0", "role": "lan", "ipv4": { "method": "dhcp" } }""", Connection("hub", "10.0.0.0/8", local: null));
        Assert.True(plan.Interfaces[1].LeavesIPv4);
        var target = NetworkTarget.Of(plan, Machine);
        Assert.Contains(target.Routes, r => r.Type == RouteType.Throw && r.Destination == Net("10.10.0.0/24"));
        Assert.DoesNotContain(target.Addresses, a => a.Index == 3); // and its address is not ours
    }

    [Fact]
    public void A_hub_does_not_keep_back_a_spokes_network_that_it_calls_local_to_another_spoke()
    {
        var plan = Box($"{Connection("a", "10.20.0.0/16", "10.10.0.0/24 10.30.0.0/16")}, {Connection("b", "10.30.0.0/16", "10.10.0.0/24 10.20.0.0/16")}");
        Assert.Equal([Net("10.10.0.0/24")], plan.StaysHere);
        Assert.DoesNotContain(NetworkTarget.Of(plan, Machine).Routes, r => r.Type == RouteType.Throw);
    }

    [Fact]
    public void Removing_a_connection_frees_what_it_alone_protected()
    {
        var plan = Box($"{Connection("a", "10.20.0.0/16")}, {Connection("b", "10.20.5.0/24 0.0.0.0/0")}");
        Assert.Equal([Net("10.20.0.0/16")], plan.Protected); // the narrower one is inside: a set of the filter must not overlap
        Assert.Equal([AddressFamily.InterNetwork], plan.ProtectsEverything);
        var rest = plan.Without("a");
        Assert.Equal([Net("10.20.5.0/24")], rest.Protected);
        Assert.Empty(plan.Without("b").ProtectsEverything);
    }

    [Fact]
    public void A_static_WAN_has_its_gateway_in_main_and_a_DHCP_WAN_is_left_alone()
    {
        var target = NetworkTarget.Of(Box(Connection("hub", "10.20.0.0/24")), Machine);
        var gateway = Assert.Single(target.Routes, r => r.Table == Route.MainTable);
        Assert.Equal((2, IPAddress.Parse("192.0.2.1")), (gateway.InterfaceIndex, gateway.Gateway));
        Assert.Equal(["192.0.2.2/24", "10.10.0.1/24"], target.Addresses.Select(a => $"{a.Address}"));

        var dhcp = NetworkTarget.Of(From("""{ "name": "wan0", "role": "wan" }""", Connection("hub", "10.20.0.0/24")), Machine);
        Assert.Empty(dhcp.Addresses);
        Assert.DoesNotContain(dhcp.Routes, r => r.Table == Route.MainTable);
    }

    [Fact]
    public void Interfaces_that_are_not_there_are_named()
    {
        var target = NetworkTarget.Of(Box(Connection("hub", "10.20.0.0/24")), Machine with { Interfaces = Machine.Interfaces.RemoveAt(1) });
        Assert.Equal(["wan0"], target.Missing);
        Assert.DoesNotContain(target.Routes, r => r.Table == Route.MainTable);
        Assert.NotNull(target.Filter); // named by name: it stands before the interface comes
    }

    [Fact]
    public void A_box_without_interfaces_guards_the_default_routes_interface_and_leaves_the_rest_alone()
    {
        var facts = new NetworkFacts([Link(1, "lo", InterfaceUse.Other), Link(2, "eth0", InterfaceUse.Other, "192.0.2.2/24", "192.0.2.1"), Link(3, "eth1", InterfaceUse.Other, "10.10.0.1/24")]);
        var target = NetworkTarget.Of(From("", Connection("hub", "10.0.0.0/8")), facts);
        Assert.Empty(target.Addresses);
        Assert.Contains(target.Routes, r => r.Type == RouteType.Throw && r.Destination == Net("10.10.0.0/24")); // eth1 is connected and not outside
        var rules = target.Filter!.ToCommands().ToJsonString();
        Assert.Contains("\"eth0\"", rules);
        Assert.DoesNotContain("eth1", rules);
        Assert.DoesNotContain("masquerade", rules);
        Assert.DoesNotContain("\"hook\":\"input\"", rules);
    }

    [Fact]
    public void Without_connections_and_interfaces_nothing_is_asked_of_the_kernel()
    {
        var target = NetworkTarget.Of(From("", ""), Machine);
        Assert.Empty(target.Rules);
        Assert.Empty(target.Routes);
        Assert.Null(target.Filter);
    }

    [Fact]
    public void IPv6_is_routed_guarded_and_thrown_back_like_IPv4()
    {
        var lan = """{ "name": "lan0", "role": "lan", "ipv4": { "method": "none" }, "ipv6": { "method": "static", "address": "fd10:10::1/64" } }""";
        var facts = new NetworkFacts([Link(2, "wan0", InterfaceUse.Wan, "2001:db8::2/64"), Link(3, "lan0", InterfaceUse.Lan, "fd10:10::1/64"), Link(4, "evpn-hub", InterfaceUse.Tunnel)]);
        var target = NetworkTarget.Of(From($"{Wan}, {lan}", Connection("hub", "::/0 fd10::/16", "fd10:10::/64")), facts);
        Assert.All(target.Rules, r => Assert.Equal(AddressFamily.InterNetworkV6, r.Family));
        Assert.Contains(target.Routes, r => r is { Type: RouteType.Unicast, Table: 4557, InterfaceIndex: 4 } && r.Destination == Net("::/0") && r.PreferredSource!.Equals(IPAddress.Parse("fd10:10::1")));
        foreach (var table in new[] { 4556u, 4557u })
            Assert.Contains(target.Routes, r => r.Type == RouteType.Throw && r.Table == table && r.Destination == Net("fd10:10::/64"));
        Assert.Contains(target.Routes, r => r is { Type: RouteType.Throw, Table: 4557 } && r.Destination == Net("fe80::/10"));
    }

    [Fact]
    public void The_same_plan_and_machine_make_the_same_document_and_another_MTU_another()
    {
        var plan = Box(Connection("hub", "10.20.0.0/24"));
        var before = NetworkTarget.Of(plan, Machine).Filter!;
        Assert.Equal(before.Hash, NetworkTarget.Of(plan, Machine).Filter!.Hash);
        var other = NetworkTarget.Of(plan, Machine with { Interfaces = Machine.Interfaces.SetItem(3, Machine.Interfaces[3] with { Mtu = 1400 }) }).Filter!;
        Assert.NotEqual(before.Hash, other.Hash);
        Assert.Contains(other.Outline, r => r.Comment.StartsWith("1360 octets through evpn-hub", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{ "mssClamp": 1300 }""", 1300, 1300)]
    [InlineData("""{ "mssClamp": 1400, "mtu": 1420 }""", 1382, 1362)] // the interface says 1422: what does not fit is lowered
    [InlineData("{}", 1382, 1362)]
    public void Segments_are_clamped_to_what_was_asked_and_fits(string tunnel, int ipv4, int ipv6)
    {
        var rules = NetworkTarget.Of(Box(Connection("hub", "10.20.0.0/24", tunnel: tunnel)), Machine).Filter!.Outline.Where(r => r.Chain == "segments");
        string Comment(int octets) => $"{octets} octets through evpn-hub";
        Assert.Equal([Comment(ipv4), Comment(ipv4), Comment(ipv6), Comment(ipv6)], rules.Select(r => r.Comment)); // in and out, each family
    }

    [Fact]
    public void A_session_that_is_narrower_than_the_LAN_clamps_segments_of_what_leaves_in_clear_too()
    {
        var plan = Plans.From($$"""{ "name": "dsl0", "role": "wan", "pppoe": { "parent": "eth0", "user": "u", "secret": "dsl" } }, {{Plans.Lan}}""", "");
        var facts = new NetworkFacts([Plans.Link(2, "eth0", InterfaceUse.Other), Plans.Link(3, "lan0", InterfaceUse.Lan, "10.10.0.1/24"), Plans.Link(4, "dsl0", InterfaceUse.Wan, "100.64.7.2/32", mtu: 1492)]);
        var rules = NetworkTarget.Of(plan, facts).Filter!.Outline.Where(r => r.Chain == "segments").Select(r => r.Comment);
        Assert.Equal(["1452 octets through dsl0", "1452 octets through dsl0", "1432 octets through dsl0", "1432 octets through dsl0"], rules);
    }
}
