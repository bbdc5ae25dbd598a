using EdgeVpn.Appliance.Local.SetupPage;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Setup;

public sealed class WanChangeTests
{
    private static readonly BoxConfig s_box = ConfigurationReader.Read("""
        { "interfaces": [ { "name": "wan0", "role": "wan", "mtu": 1492 }, { "name": "lan0", "role": "lan", "ipv4": { "address": "10.10.0.1/24" } } ] }
        """).Configuration!;

    [Fact]
    public void A_fixed_address_replaces_DHCP_and_nothing_else()
    {
        var (changed, problems) = WanChange.Of(s_box, new WanSettings("wan0", "static", "192.0.2.10/24", "192.0.2.1", ["192.0.2.53"]));
        Assert.DoesNotContain(problems, p => p.IsError);
        var wan = changed!.Interfaces[0];
        Assert.Equal((Ipv4Method.Static, "192.0.2.10/24", "192.0.2.1", 1492), (wan.Ipv4.Method, wan.Ipv4.Address.ToString(), wan.Ipv4.Gateway!.ToString(), wan.Mtu));
        Assert.Equal("192.0.2.53", Assert.Single(wan.Ipv4.Dns).ToString());
        Assert.Same(s_box.Interfaces[1], changed.Interfaces[1]);

        var shown = WanChange.Show(changed)!;
        Assert.Equal(("wan0", "static", "192.0.2.10/24", "192.0.2.1"), (shown.Interface, shown.Method, shown.Address, shown.Gateway));
        Assert.Equal(Ipv4Method.Dhcp, WanChange.Of(changed, new WanSettings("wan0", "dhcp")).Configuration!.Interfaces[0].Ipv4.Method);
    }

    [Theory]
    [InlineData("lan0", "dhcp", null, null, "interface")]
    [InlineData("wan0", "guess", "192.0.2.10/24", null, "method")]
    [InlineData("wan0", "static", null, null, "address")]
    [InlineData("wan0", "static", "192.0.2.10", null, "address")]
    [InlineData("wan0", "static", "192.0.2.10/24", "next", "gateway")]
    [InlineData("wan0", "static", "192.0.2.10/24", "198.51.100.1", "$.interfaces[0].ipv4.gateway")]
    [InlineData("wan0", "static", "10.10.0.9/24", null, "$.interfaces[1].ipv4.address")]
    [InlineData("a-name-far-too-long", "dhcp", null, null, "$.interfaces[2].name")]
    [InlineData("wan0\"; reboot", "dhcp", null, null, "$.interfaces[2].name")]
    [InlineData("wän0", "dhcp", null, null, "$.interfaces[2].name")]
    [InlineData("../wan0", "dhcp", null, null, "$.interfaces[2].name")]
    [InlineData("", "dhcp", null, null, "$.interfaces[2].name")]
    [InlineData("lo", "dhcp", null, null, "$.interfaces[2].name")]
    [InlineData("wan0", "static", "2001:db8::2/64", null, "$.interfaces[0].ipv4.address")]
    [InlineData("wan0", "static", "127.0.0.2/8", null, "$.interfaces[0].ipv4.address")]
    [InlineData("wan0", "static", "224.0.0.1/24", null, "$.interfaces[0].ipv4.address")]
    [InlineData("wan0", "static", "192.0.2.0/24", null, "$.interfaces[0].ipv4.address")]
    [InlineData("wan0", "static", "192.0.2.255/24", null, "$.interfaces[0].ipv4.address")]
    [InlineData("wan0", "static", "192.0.2.2/24", "2001:db8::1", "$.interfaces[0].ipv4.gateway")]
    [InlineData("wan0", "static", "192.0.2.2/24", "192.0.2.2", "$.interfaces[0].ipv4.gateway")]
    public void What_makes_no_sense_is_told_where_it_is_and_nothing_changes(string port, string method, string? address, string? gateway, string path)
    {
        var (changed, problems) = WanChange.Of(s_box, new WanSettings(port, method, address, gateway));
        Assert.Null(changed);
        Assert.Contains(problems, p => p.IsError && p.Path == path);
    }

    [Theory]
    [InlineData(null, new[] { "dsl0", "lan0" }, "wan0")]
    [InlineData(7, new[] { "wan0.7", "dsl0", "lan0" }, "wan0.7")]
    public void A_session_takes_the_ports_place_and_a_tag_lies_between(int? tag, string[] names, string parent)
    {
        var (changed, problems) = WanChange.Of(s_box, new WanSettings("wan0", "pppoe", User: " branch-042@isp.example ", Password: " Zq81Lkd7 ü", Vlan: tag));
        Assert.True(changed is not null, string.Join('\n', problems));
        Assert.Equal(names, changed.Interfaces.Select(static i => i.Name));
        var pppoe = changed.Interfaces.Single(static i => i.Pppoe is not null).Pppoe!;
        Assert.Equal((parent, "branch-042@isp.example", " Zq81Lkd7 ü"), (pppoe.Parent, pppoe.User, changed.Secrets[pppoe.Secret].Password!.Reveal())); // a password may begin with a space
        if (tag is { } id) Assert.Equal((id, Ipv4Method.None), (changed.Interfaces[0].Vlan!.Id, changed.Interfaces[0].Ipv4.Method!.Value));

        var shown = WanChange.Show(changed)!;
        Assert.Equal(("wan0", "pppoe", "branch-042@isp.example", null, tag), (shown.Interface, shown.Method, shown.User, shown.Password, shown.Vlan));
        Assert.DoesNotContain("Zq81", shown.ToString() + new WanSettings("wan0", "pppoe", Password: "Zq81"), StringComparison.Ordinal);
        Assert.Contains("dsl0", WanChange.Above(changed));

        // Shown and sent back: the same, the password with it.
        var (again, _) = WanChange.Of(changed, shown);
        Assert.True(ConfigurationDiff.Between(changed, again!).Box.IsEmpty);

        // And back to a plain port: nothing of the session stands in the way.
        var (plain, _) = WanChange.Of(changed, new WanSettings("wan0", "dhcp"));
        Assert.Equal(["wan0", "lan0"], plain!.Interfaces.Select(static i => i.Name));
    }

    [Fact]
    public void A_tag_alone_moves_the_address_onto_the_VLAN()
    {
        var (changed, _) = WanChange.Of(s_box, new WanSettings("wan0", "static", "192.0.2.10/24", "192.0.2.1", Vlan: 132));
        Assert.Equal(("wan0.132", "wan0", 132, "192.0.2.10/24"), (changed!.Interfaces[0].Name, changed.Interfaces[0].Vlan!.Parent, changed.Interfaces[0].Vlan!.Id, changed.Interfaces[0].Ipv4.Address.ToString()));
        Assert.Equal(("wan0", "static", "192.0.2.10/24", 132), (WanChange.Show(changed)!.Interface, WanChange.Show(changed)!.Method, WanChange.Show(changed)!.Address, WanChange.Show(changed)!.Vlan));
    }

    [Theory]
    [InlineData("", "secret", null, "user")]
    [InlineData("branch", "", null, "password")]
    [InlineData("bra\tnch", "secret", null, "$.interfaces[1].pppoe.user")]
    [InlineData("branch", "sec\nret", null, "$.interfaces[1].pppoe.secret")]
    [InlineData("branch", "secret", 0, "$.interfaces[1].vlan.id")]
    [InlineData("branch", "secret", 4095, "$.interfaces[1].vlan.id")]
    public void What_makes_no_sense_of_a_session_is_told(string user, string password, int? tag, string path)
    {
        var lan = s_box with { Interfaces = [s_box.Interfaces[1]] };
        var (changed, problems) = WanChange.Of(lan, new WanSettings("wan0", "pppoe", User: user, Password: password, Vlan: tag));
        Assert.Null(changed);
        Assert.Contains(problems, p => p.IsError && p.Path == path);
        Assert.DoesNotContain(problems, p => p.Sentence.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void A_box_without_any_interface_gets_its_first()
    {
        Assert.Null(WanChange.Show(new BoxConfig()));
        var wan = Assert.Single(WanChange.Of(new BoxConfig(), new WanSettings("eth0", "dhcp")).Configuration!.Interfaces);
        Assert.Equal(("eth0", InterfaceRole.Wan), (wan.Name, wan.Role));
    }
}
